/** The names of chained parameters, read. https://hl7.org/fhir/R4/search.html#chaining and #has */
import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { isChained } from '../../server/search/chain.ts'
import { parse } from '../../server/search/parse.ts'
import { CONTEXT, NOW, OFFERED } from './capability.ts'

const viewer = { agency: 'abe', at: NOW }
const read = (query: string, type = 'ServiceRequest', handling: 'strict' | 'lenient' = 'strict') =>
  parse(OFFERED.capability(type)!, [...new URLSearchParams(query)], {
    ...CONTEXT,
    now: NOW,
    viewer,
    handling,
    offered: OFFERED,
  })
const chained = (query: string, type?: string) => read(query, type).chained

function refuses(text: RegExp, query: string, type?: string): void {
  assert.throws(
    () => read(query, type),
    (error) => error instanceof OutcomeError && error.status === 400 && text.test(error.message),
    query,
  )
}

const family = (value: string) => ({ op: 'string', param: 'family', how: 'starts', value })

describe('search / chain', () => {
  it('tells a chained name from a parameter with a modifier', () => {
    const chains = ['a.b', 'a:T.b', 'a:T.b:exact', 'a.b.c', '_has:T:p:c', '_has', 'a._has:T:p:c']
    assert.deepEqual(chains.filter(isChained), chains)
    assert.deepEqual(['a', 'a:T', 'a:not', '_hash', '_id', '.', 'a.', ''].filter(isChained), [])
  })

  it('reads a chain as a reference to a record that meets the condition, beside those of the record itself', () => {
    const { query, chained: conditions } = read('patient.family=Ro&status=active')
    assert.deepEqual(query.where, { op: 'token', param: 'status', code: 'active' })
    assert.deepEqual(conditions, [{ op: 'chain', param: 'patient', of: [{ types: ['Patient'], where: family('ro') }] }])
  })

  it('follows a reference of several types to those that have the parameter, or to the one that is named', () => {
    const where = { op: 'token', param: 'identifier', code: 'x' }
    assert.deepEqual(chained('subject.identifier=x'), [
      { op: 'chain', param: 'subject', of: [{ types: ['Patient', 'Group'], where }] },
    ])
    assert.deepEqual(chained('subject:Group.identifier=x'), [
      { op: 'chain', param: 'subject', of: [{ types: ['Group'], where }] },
    ])
    assert.deepEqual(chained('subject.family=Ro'), [
      { op: 'chain', param: 'subject', of: [{ types: ['Patient'], where: family('ro') }] },
    ])
  })

  it('takes modifiers, prefixes, alternatives and the parameters of every record at the end', () => {
    for (const [query, where] of [
      ['patient.identifier:not=x', { op: 'not', of: { op: 'token', param: 'identifier', code: 'x' } }],
      ['patient.birthdate:missing=true', { op: 'missing', param: 'birthdate' }],
      ['patient._id=a,b', { op: 'id', ids: ['a', 'b'] }],
      ['patient.family=a,b', { op: 'or', of: [family('a'), family('b')] }],
    ] as const)
      assert.deepEqual(chained(query), [{ op: 'chain', param: 'patient', of: [{ types: ['Patient'], where }] }], query)
  })

  it('reads _has, nested, and within a chain', () => {
    const authored = (from: string) => ({ op: 'token', param: 'status', code: from })
    const has = {
      op: 'has',
      types: ['Patient'],
      from: 'ServiceRequest',
      param: 'patient',
      where: authored('active'),
    }
    assert.deepEqual(chained('_has:ServiceRequest:patient:status=active', 'Patient'), [has])
    assert.deepEqual(chained('_has:Patient:organization:_has:ServiceRequest:patient:status=active', 'Organization'), [
      { op: 'has', types: ['Organization'], from: 'Patient', param: 'organization', where: has },
    ])
    assert.deepEqual(chained('patient._has:ServiceRequest:patient:status=active'), [
      { op: 'chain', param: 'patient', of: [{ types: ['Patient'], where: has }] },
    ])
    assert.deepEqual(chained('_has:ServiceRequest:patient:requester.name=x', 'Patient')[0]?.op, 'has')
  })

  it('leads over three references at most, of either direction', () => {
    chained('patient.organization.partof.name=x')
    refuses(/leads over more than 3 references.*two steps/, 'patient.organization.partof.partof.name=x')
    refuses(/more than 3/, '_has:Patient:organization:organization.partof.partof.name=x', 'Organization')
  })

  it('names what is wrong with a chain, and what would work', () => {
    refuses(/`status` of `ServiceRequest` is a token.*A chain begins with `patient`, `subject`/, 'status.family=x')
    refuses(/no search parameter `patiant`\. Did you mean `patient`\?/, 'patiant.family=x')
    refuses(/`Patient` has no search parameter `famly`\. Did you mean `family`\?/, 'patient.famly=x')
    refuses(/leads to `Patient`, `Group`; what follows it is a parameter of none/, 'subject.famly=x')
    refuses(
      /`subject` of `ServiceRequest` leads to no `Organization`.*`Patient`, `Group`/,
      'subject:Organization.name=x',
    )
    refuses(/`family` has no modifier `nott`/, 'patient.family:nott=x')
    refuses(/has an empty value/, 'patient.family=')
    refuses(/the value `soon`|`soon`/i, 'patient.birthdate=soon')
    refuses(/`_has` is not complete|write `_has:Type:reference:parameter`/, '_has=x', 'Patient')
    refuses(/write `_has:Type:reference:parameter`/, '_has:ServiceRequest:patient=x', 'Patient')
    refuses(
      /names the type `ServiceReqest`.*Did you mean `ServiceRequest`/,
      '_has:ServiceReqest:patient:status=x',
      'Patient',
    )
    refuses(
      /`requester` of `ServiceRequest` leads to no `Patient`/,
      '_has:ServiceRequest:requester:status=x',
      'Patient',
    )
    refuses(/`status` of `ServiceRequest` is a token/, '_has:ServiceRequest:status:status=x', 'Patient')
  })

  it('drops a chain that it does not support with lenient handling, and lists it', () => {
    const { chained: none, ignored } = read('patient.famly=x&_has:Foo:x:y=1&status=a', 'ServiceRequest', 'lenient')
    assert.deepEqual([none, ignored], [[], ['patient.famly', '_has:Foo:x:y']])
  })

  it('is refused where the record alone decides: in the condition of a write or of a subscription', () => {
    for (const query of ['patient.family=x', '_has:Task:focus:status=x'])
      assert.throws(
        () =>
          parse(OFFERED.capability('ServiceRequest')!, [...new URLSearchParams(query)], {
            ...CONTEXT,
            now: NOW,
            viewer,
            handling: 'strict',
          }),
        /is decided by other records\. Only a search takes it/,
      )
  })

  it('waits for the index of every parameter on the way', () => {
    const incomplete = {
      ...OFFERED,
      capability: (type: string) => {
        const one = OFFERED.capability(type)
        return one && (type === 'ServiceRequest' ? { ...one, incomplete: [{ code: 'status' }] } : one)
      },
    }
    assert.throws(
      () =>
        parse(OFFERED.capability('Patient')!, [['_has:ServiceRequest:patient:status', 'x']], {
          ...CONTEXT,
          now: NOW,
          viewer,
          handling: 'lenient',
          offered: incomplete,
        }),
      (error) => error instanceof OutcomeError && error.status === 503,
    )
  })
})
