import assert from 'node:assert/strict'
import { checkAcceptable, checkContentType } from '../../server/http/media.ts'
import { parseParams } from '../../server/http/params.ts'
import { preferOf } from '../../server/http/call.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'

const refusal = (status: number) => (error: unknown) => error instanceof OutcomeError && error.status === status

describe('checkContentType', () => {
  it('takes the JSON types, in UTF-8 and FHIR version 4.0', () => {
    for (const type of [
      'application/fhir+json',
      'application/json',
      'Application/FHIR+JSON; Charset="UTF-8"',
      'application/fhir+json;fhirVersion=4.0',
    ])
      checkContentType(type, 'resource')
    checkContentType('application/x-www-form-urlencoded', 'form')
  })

  it('refuses other types, charsets and versions, and says what is read', () => {
    for (const type of [
      undefined,
      '',
      'text/plain',
      'application/fhir+xml',
      'application/json; charset=iso-8859-1',
      'application/fhir+json; fhirVersion=3.0',
      'application/x-www-form-urlencoded',
    ])
      assert.throws(() => checkContentType(type, 'resource'), refusal(415), type)
    assert.throws(() => checkContentType('application/json', 'form'), /x-www-form-urlencoded/)
  })
})

describe('checkAcceptable', () => {
  it('takes whatever JSON is an answer to', () => {
    for (const accept of [
      undefined,
      '*/*',
      'application/fhir+json',
      'application/json',
      'application/fhir+xml, application/fhir+json;q=0.1',
      'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'application/fhir+json; fhirVersion=4.0',
    ])
      checkAcceptable(accept, undefined)
  })

  it('refuses what asks for something else', () => {
    for (const accept of [
      'application/fhir+xml',
      'application/xml;q=0.5, text/turtle',
      'application/json;q=0',
      '*/*;q=0.0',
      'application/fhir+json;fhirVersion=5.0',
    ])
      assert.throws(() => checkAcceptable(accept, undefined), refusal(406), accept)
  })

  it('lets _format win over Accept', () => {
    for (const format of ['json', 'application/fhir+json', 'application/fhir json'])
      checkAcceptable('application/xml', format)
    for (const format of ['xml', 'application/fhir+xml', '', 'ttl'])
      assert.throws(() => checkAcceptable('application/json', format), refusal(406), format)
  })
})

describe('parseParams', () => {
  const read = (text: string) => parseParams(text, 50)
  it('keeps order, repetitions and empty values, and decodes', () => {
    assert.deepEqual(read('a=1&b=x%20y+z&a=&c&%C3%A9=%2B&d=1=2&&'), [
      ['a', '1'],
      ['b', 'x y z'],
      ['a', ''],
      ['c', ''],
      ['é', '+'],
      ['d', '1=2'],
    ])
  })

  it('makes no objects of brackets', () => {
    assert.deepEqual(read('a[$ne]=1&__proto__[x]=2'), [
      ['a[$ne]', '1'],
      ['__proto__[x]', '2'],
    ])
  })

  it('refuses a broken encoding without repeating it, and more parameters than the limit', () => {
    for (const text of ['a=%', 'a=%zz', 'a=%ff', '%c3=1']) assert.throws(() => read(text), refusal(400), text)
    assert.throws(
      () => read('ssn=123%'),
      (error: Error) => !error.message.includes('123'),
    )
    assert.equal(read('a=1&'.repeat(50)).length, 50)
    assert.throws(() => read('a=1&'.repeat(51)), /`51` parameters; at most `50`/)
    assert.throws(() => parseParams('a=1', 50, 50), /`51` parameters/)
  })
})

describe('preferOf', () => {
  it('reads what it knows and ignores the rest', () => {
    assert.deepEqual(preferOf(undefined), { handling: 'strict' })
    assert.deepEqual(preferOf('return=minimal; handling=lenient'), { return: 'minimal', handling: 'lenient' })
    assert.deepEqual(preferOf('respond-async, return="representation"'), {
      return: 'representation',
      handling: 'strict',
    })
    assert.deepEqual(preferOf('return=OperationOutcome, return=minimal'), {
      return: 'OperationOutcome',
      handling: 'strict',
    })
    assert.deepEqual(preferOf('return=all, handling=whatever, ,=;'), { return: undefined, handling: 'strict' })
  })
})
