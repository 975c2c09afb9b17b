/** _filter as conditions. https://hl7.org/fhir/R4/search_filter.html#ops */
import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { extract } from '../../server/search/extract.ts'
import { match } from '../../server/search/match.ts'
import { parse } from '../../server/search/parse.ts'
import { CAPABILITY, CONTEXT, NOW, OFFERED } from './capability.ts'

const context = { ...CONTEXT, now: NOW, viewer: { agency: 'abe', at: NOW }, handling: 'strict' } as const
const read = (filter: string, more: object = { offered: OFFERED }) =>
  parse(CAPABILITY, [['_filter', filter]], { ...context, ...more })

const RECORD = {
  resourceType: 'ServiceRequest',
  id: 'r',
  status: 'active',
  code: { coding: [{ system: 'urn:s', code: 'a|b' }] },
  subject: { reference: 'Patient/1' },
  authoredOn: '2026-03-05',
  occurrencePeriod: { start: '2026-01-01', end: '2026-02-10' },
  dose: 5,
  instantiatesUri: ['http://a.example/x'],
  patientInstruction: 'Take, with Møre water',
}
const record = { id: 'r', at: NOW, entries: extract(RECORD as never, CAPABILITY.searchParameters, CONTEXT) }
const holds = (filter: string): boolean => match(read(filter).query.where, record)

const TRUE = [
  'status eq active',
  'status ne draft',
  'not (status eq draft)',
  'code eq urn:s|a\\|b',
  'status pr true',
  'requisition pr false',
  'authored eq 2026-03-05',
  'authored gt 2026-03-04',
  'authored le 2026-03-05',
  'authored sa 2026-03-04',
  'authored eb 2026-03-06',
  'authored ap 2026-03-05',
  'occurrence po 2026-02',
  'occurrence po 2026-01-01',
  'dose ge 4.5',
  'dose ne 6',
  'title eq "take, with more WATER"',
  'title ne "take"',
  'title co "with mo"',
  'title sw take',
  'title ew "re water"',
  'rule eq http://a.example/x',
  'subject eq Patient/1',
  'subject re Patient/1',
  'subject ne Patient/2',
  '_id eq r',
  '_id ne x',
  '_lastUpdated ge 2020-01-01',
  '(status eq draft or dose eq 5) and subject pr true',
]
const FALSE = [
  'status eq draft',
  'status ne active',
  'requisition ne x',
  'occurrence po 2026-03',
  'occurrence po 2025',
  'title eq "take"',
  'title ew "take"',
  'dose gt 5',
  'subject re Patient/2',
  'status eq active and dose eq 6',
  'status eq active or dose eq 5 and dose eq 6',
]

function refuses(filter: string, text: RegExp, more?: object): void {
  assert.throws(
    () => read(filter, more),
    (error) => {
      assert.ok(error instanceof OutcomeError, String(error))
      assert.equal(error.status, 400)
      assert.match(error.message, text)
      return true
    },
  )
}

describe('search / filter-expression', () => {
  for (const filter of TRUE) it(`finds the record by ${filter}`, () => assert.equal(holds(filter), true))
  for (const filter of FALSE) it(`does not find the record by ${filter}`, () => assert.equal(holds(filter), false))

  it('is one condition among others', () => {
    const { query, self } = parse(CAPABILITY, [...new URLSearchParams('_filter=dose eq 5&status=active')], context)
    assert.equal(match(query.where, record), true)
    assert.deepEqual(self[0], ['_filter', 'dose eq 5'])
  })

  it('follows references, and compares one record with what is in brackets and what follows', () => {
    assert.deepEqual(read('patient.family sw "ro"').chained, [
      {
        op: 'chain',
        param: 'patient',
        of: [{ types: ['Patient'], where: { op: 'string', param: 'family', how: 'starts', value: 'ro' } }],
      },
    ])
    const [chain] = read('status eq active or subject[identifier eq x].organization.name eq y').chained
    assert.equal(chain?.op, 'or')
    assert.match(
      JSON.stringify(chain),
      /"types":\["Patient"\],"where":\{"op":"and","of":\[\{"op":"token","param":"identifier"/,
    )
  })

  it('says where it is wrong, and what would work', () => {
    refuses('stat eq x', /In `_filter`, at character 1: .*no search parameter `stat`/)
    refuses('status eq a and titel eq b', /at character 17: .*Did you mean `title`/)
    refuses('status co a', /is a token and takes no operator `co`\. It takes `eq`, `ne`.*`pr`/)
    refuses('status xx a', /takes no operator `xx`/)
    refuses('authored eq soon', /at character 1: .*`eqsoon`|is not a date/)
    refuses('status pr maybe', /neither `true` nor `false`/)
    refuses('status:not eq a', /has operators in its place/)
    refuses('status.x eq a', /is a token/)
    refuses('patient.organization.partof.partof.name eq x', /more than 3 references/)
    refuses('patient.family eq x', /Only a search takes that/, {})
    refuses('status eq ""', /empty value/)
  })
})
