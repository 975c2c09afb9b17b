/** `_include` and `_revinclude`, read. https://hl7.org/fhir/R4/search.html#include */
import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { parse } from '../../server/search/parse.ts'
import { CONTEXT, NOW, OFFERED } from './capability.ts'

const context = {
  ...CONTEXT,
  now: NOW,
  viewer: { agency: 'abe', at: NOW },
  handling: 'strict',
  offered: OFFERED,
} as const
const read = (query: string, type = 'ServiceRequest') =>
  parse(OFFERED.capability(type)!, [...new URLSearchParams(query)], context)
const includes = (query: string, type?: string) => read(query, type).includes

function refuses(text: RegExp, query: string, type?: string): void {
  assert.throws(
    () => read(query, type),
    (error) => {
      assert.ok(error instanceof OutcomeError)
      assert.match(error.message, text)
      return error.issues[0]?.detail === 'invalid-parameter'
    },
    query,
  )
}

describe('search / include', () => {
  it('takes any reference parameter of the type, to any target or to one, all of them, and everything', () => {
    assert.deepEqual(
      includes(
        '_include=ServiceRequest:performer&_include=ServiceRequest:subject:Group&_include=ServiceRequest:*&_include=*',
      ),
      [
        { type: 'ServiceRequest', param: 'performer' },
        { type: 'ServiceRequest', param: 'subject', target: 'Group' },
        { type: 'ServiceRequest' },
        {},
      ],
    )
  })

  it('takes the references of other types in reverse', () => {
    assert.deepEqual(includes('_revinclude=ServiceRequest:patient&_revinclude=*', 'Patient'), [
      { reverse: true, type: 'ServiceRequest', param: 'patient' },
      { reverse: true },
    ])
    assert.deepEqual(includes('_revinclude=ServiceRequest:subject:Patient', 'Patient'), [
      { reverse: true, type: 'ServiceRequest', param: 'subject', target: 'Patient' },
    ])
  })

  it('takes the references of included records with :iterate', () => {
    assert.deepEqual(includes('_include:iterate=Patient:organization&_revinclude:iterate=Patient:organization'), [
      { iterate: true, type: 'Patient', param: 'organization' },
      { reverse: true, iterate: true, type: 'Patient', param: 'organization' },
    ])
    assert.deepEqual(read('_include:iterate=*').self, [['_include:iterate', '*']])
  })

  it('says what is wrong, and what would work', () => {
    refuses(
      /names no reference parameter of `ServiceRequest`\. Did you mean `patient`\?/,
      '_include=ServiceRequest:patien',
    )
    refuses(/names no reference parameter.*Its reference parameters are `patient`/, '_include=ServiceRequest:status')
    refuses(
      /does not refer to `Location`\. It refers to `Group`, `Patient`/,
      '_include=ServiceRequest:subject:Location',
    )
    refuses(/write `Type:parameter`/, '_include=ServiceRequest:subject:Group:x')
    refuses(/write `Type:parameter`/, '_include=ServiceRequest')
    refuses(/write `Type:parameter`/, '_include=')
    refuses(/names the type `Foo`, which is not held here/, '_include:iterate=Foo:x')
    refuses(/the matches are of `ServiceRequest`.*send `_include:iterate`/, '_include=Patient:organization')
    refuses(/does not refer to the matches, which are of `Patient`/, '_revinclude=ServiceRequest:requester', 'Patient')
    refuses(/has no reference parameters/, '_include:iterate=Group:x')
  })

  it('waits for the index of what it follows', () => {
    const capabilities = OFFERED.capabilities.map((one) => ({ ...one, incomplete: [{ code: 'patient' }] }))
    const offered = { capabilities, capability: (type: string) => capabilities.find((one) => one.type === type) }
    for (const [type, query] of [
      ['ServiceRequest', '_include=ServiceRequest:patient'],
      ['ServiceRequest', '_include=*'],
      ['Patient', '_revinclude=ServiceRequest:patient'],
      ['Patient', '_revinclude=*'],
    ] as const)
      assert.throws(
        () => parse(offered.capability(type)!, [...new URLSearchParams(query)], { ...context, offered }),
        (error) => error instanceof OutcomeError && error.status === 503,
        query,
      )
  })
})
