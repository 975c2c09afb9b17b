/**
 * Rules that the comparison with the HL7 validator brought to light (docs/conformance.md), each by the text of the
 * specification.
 */
import assert from 'node:assert/strict'
import { H, profile, summaries, validatorOf } from './validator-of.ts'

const validator = validatorOf([])
const basic = (more: object) => ({ resourceType: 'Basic', code: { text: 'x' }, ...more })
const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }
const measured = (low: object, high: object) => ({
  resourceType: 'RiskAssessment',
  status: 'final',
  subject: { display: 'x' },
  prediction: [{ whenRange: { low, high } }],
})
const h = { system: 'http://unitsofmeasure.org', code: 'h' }
const div = (inner: string) => ({
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">x ${inner}</div>` },
})
const inside = { resourceType: 'Patient', id: 'a' }
const photo = (extension: object) => ({
  resourceType: 'Patient',
  photo: [{ url: 'https://state.example/a', extension: [extension] }],
})
const search = (expression: string) => ({
  resourceType: 'SearchParameter',
  url: 'https://state.example/s',
  name: 'Sought',
  status: 'draft',
  description: 'x',
  code: 'x',
  base: ['Patient'],
  type: 'string',
  expression,
  xpathUsage: 'normal',
})
const BROKEN_RANGE = ['invariant RiskAssessment.prediction[0].when.ofType(Range)']
const MINUTE = { ...h, code: 'min' }

const CASES: readonly [what: string, resource: object, issues: readonly string[]][] = [
  ['a text of spaces, with advice', basic({ code: { text: '  ' } }), ['warning value-format Basic.code.text']],
  ['a control character, with advice', basic({ code: { text: '\u0007' } }), ['warning value-format Basic.code.text']],
  ['a reference with white space', basic({ author: { reference: 'Patient/a b' } }), ['reference-format Basic.author']],
  [
    'a reference of spaces',
    basic({ author: { reference: ' ' } }),
    ['reference-format Basic.author', 'warning value-format Basic.author.reference'],
  ],
  [
    'two contained resources of one id',
    basic({ contained: [inside, { ...inside }], author: { reference: '#a' } }),
    ['contained-invalid Basic.contained[1]'],
  ],
  [
    'an extension that is named as a part',
    photo({ url: 'x', valueString: 'x' }),
    ['extension-unknown Patient.photo[0].extension[0]'],
  ],
  [
    'the same security label twice',
    basic({ meta: { security: [label, { ...label, display: 'restricted' }] } }),
    ['value-conflict Basic.meta.security[1]'],
  ],
  ['two security labels', basic({ meta: { security: [label, { ...label, code: 'V' }] } }), []],
  [
    'the resource itself as what it refers to',
    basic({ subject: { reference: '#' } }),
    ['contained-invalid Basic.subject'],
  ],
  [
    'what contains a resource as what that refers to',
    basic({ contained: [{ resourceType: 'Basic', id: 'a', code: { text: 'x' }, subject: { reference: '#' } }] }),
    [],
  ],
  [
    'a value set as a system, with advice',
    basic({
      subject: {
        type: 'Patient',
        identifier: {
          type: { coding: [{ system: 'http://hl7.org/fhir/ValueSet/identifier-type', code: 'x' }] },
          value: '1',
        },
      },
    }),
    [
      'warning code-unexpected Basic.subject.identifier.type',
      'warning code-unexpected Basic.subject.identifier.type.coding[0].system',
    ],
  ],
  [
    'a SearchParameter that searches by spaces',
    search(' '),
    ['definition-invalid SearchParameter.expression', 'warning value-format SearchParameter.expression'],
  ],
  ['a SearchParameter that searches by FHIRPath', search('Patient.name.given | Patient.name.family'), []],
  ['the id of the id of a resource', basic({ id: 'a', _id: { id: 'x' } }), []],
  ['nothing beside a primitive', basic({ created: '2020', _created: {} }), ['element-empty Basic.created']],
  ['an image that is not here', basic(div('<img src="#x" alt="x"/>')), ['invariant Basic.text.div']],
  ['an image of elsewhere', basic(div('<img src="https://state.example/x.png" alt="x"/>')), []],
  ['a Range of no unit that falls', measured({ value: 9 }, { value: 1 }), BROKEN_RANGE],
  ['a Range of one unit that falls', measured({ value: 9, unit: 'pills' }, { value: 1, unit: 'pills' }), BROKEN_RANGE],
  [
    'a Range of two units that nothing converts',
    measured({ value: 1, unit: 'pills' }, { value: 9, unit: 'boxes' }),
    BROKEN_RANGE,
  ],
  [
    'a Range of one unit in words, of which one has the code',
    measured({ value: 1, ...h, unit: 'hours' }, { value: 9, unit: 'hours', system: h.system }),
    [],
  ],
  ['a Range of no unit that rises', measured({ value: 1 }, { value: 9 }), []],
  ['a Range of two units of UCUM that rises', measured({ value: 9, ...MINUTE }, { value: 1, ...h }), []],
  ['a Range of two units of UCUM that falls', measured({ value: 90, ...MINUTE }, { value: 1, ...h }), BROKEN_RANGE],
  [
    'a claim of a profile that is not known',
    basic({ meta: { profile: ['https://state.example/p'] } }),
    ['warning profile-unknown Basic.meta.profile[0]'],
  ],
  ['a claim that is no url', basic({ meta: { profile: ['p'] } }), ['profile-unknown Basic.meta.profile[0]']],
  [
    'a claim of an abstract type',
    basic({ meta: { profile: ['http://hl7.org/fhir/StructureDefinition/DomainResource'] } }),
    ['profile-unknown Basic'],
  ],
]

describe('validate / compared with the HL7 validator', () => {
  for (const [what, resource, issues] of CASES) {
    const lets = issues.every((one) => one.startsWith('warning'))
    it(`${lets ? 'lets pass' : 'refuses'} ${what}`, async () => {
      assert.deepEqual(summaries(await validator.check(resource)), issues)
    })
  }

  it('does not take advice on the form of a value for a reason to pass its content', async () => {
    const rule = { key: 'x-1', severity: 'error', human: 'Letters.', expression: "matches('^[a-z]+$')" }
    const own = validatorOf([profile('Basic', [{ id: 'Basic.code.text', constraint: [rule], maxLength: 3 }])])
    const claiming = (text: string) => basic({ meta: { profile: [`${H}/StructureDefinition/x`] }, code: { text } })
    assert.deepEqual(summaries(await own.check(claiming('  '))), [
      'invariant Basic.code.text',
      'warning value-format Basic.code.text',
    ])
    assert.deepEqual(summaries(await own.check(claiming('\u0007\u0007\u0007\u0007'))), [
      'invariant Basic.code.text',
      'value-range Basic.code.text',
      'warning value-format Basic.code.text',
    ])
  })

  it('refuses an extension beside a fixed value, which has none', async () => {
    const own = validatorOf([profile('Basic', [{ id: 'Basic.created', fixedDate: '2020' }])])
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }]
    const claiming = (more: object) =>
      basic({ meta: { profile: [`${H}/StructureDefinition/x`] }, created: '2020', ...more })
    assert.deepEqual(summaries(await own.check(claiming({}))), [])
    assert.deepEqual(summaries(await own.check(claiming({ _created: { id: 'a' } }))), [])
    assert.deepEqual(summaries(await own.check(claiming({ _created: { extension } }))), [
      'element-too-many Basic.created.extension',
    ])
  })
})
