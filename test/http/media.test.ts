import assert from 'node:assert/strict'
import { checkContentType, namesFhir, negotiate } from '../../server/http/media.ts'
import { parseParams } from '../../server/http/params.ts'
import { preferOf } from '../../server/http/call.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'

const refusal = (status: number) => (error: unknown) => error instanceof OutcomeError && error.status === status

describe('checkContentType', () => {
  it('takes JSON and XML, in UTF-8 and FHIR version 4.0, and says which of them it is', () => {
    for (const type of [
      'application/fhir+json',
      'application/json',
      'Application/FHIR+JSON; Charset="UTF-8"',
      'application/fhir+json;fhirVersion=4.0',
    ])
      assert.equal(checkContentType(type, 'resource'), 'json')
    for (const type of ['application/fhir+xml', 'application/xml; charset=utf-8', 'TEXT/XML'])
      assert.equal(checkContentType(type, 'optional'), 'xml')
    checkContentType('application/x-www-form-urlencoded', 'form')
  })

  it('refuses other types, charsets and versions, and says what is read', () => {
    for (const type of [
      undefined,
      '',
      'text/plain',
      'application/fhir+turtle',
      'application/json; charset=iso-8859-1',
      'application/fhir+xml; charset=utf-16',
      'application/fhir+json; fhirVersion=3.0',
      'application/x-www-form-urlencoded',
      'constructor',
    ])
      assert.throws(() => checkContentType(type, 'resource'), refusal(415), type)
    assert.throws(() => checkContentType('application/xml', 'form'), /x-www-form-urlencoded/)
  })
})

describe('negotiate', () => {
  const UTF8 = '; charset=utf-8'
  const ROWS: readonly (readonly [accept: string | undefined, format: string | undefined, contentType: string])[] = [
    [undefined, undefined, 'application/fhir+json'],
    ['', undefined, 'application/fhir+json'],
    ['*/*', undefined, 'application/fhir+json'],
    ['application/fhir+json', undefined, 'application/fhir+json'],
    ['application/fhir+xml', undefined, 'application/fhir+xml'],
    // "the server SHOULD respond with the requested mime type"
    ['application/json', undefined, 'application/json'],
    ['application/xml', undefined, 'application/xml'],
    ['text/xml', undefined, 'text/xml'],
    ['application/fhir+xml, application/fhir+json;q=0.1', undefined, 'application/fhir+xml'],
    ['application/fhir+json;q=0.1, application/fhir+xml;q=0.2', undefined, 'application/fhir+xml'],
    ['application/fhir+xml;q=0.9, */*;q=0.8', undefined, 'application/fhir+xml'],
    ['application/fhir+xml;q=1.0, application/fhir+json;q=1.0', undefined, 'application/fhir+xml'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', undefined, 'application/fhir+json'],
    ['application/fhir+json;q=0, */*', undefined, 'application/fhir+xml'],
    ['text/turtle, application/*;q=0.3', undefined, 'application/fhir+json'],
    ['application/fhir+json; fhirVersion=4.0', undefined, 'application/fhir+json; fhirVersion=4.0'],
    ['application/fhir+xml; fhirVersion=3.0, application/fhir+json', undefined, 'application/fhir+json'],
    ['application/xml', 'json', 'application/fhir+json'],
    ['text/turtle', 'xml', 'application/fhir+xml'],
    [undefined, 'application/fhir xml', 'application/fhir+xml'],
    [undefined, 'text/xml', 'application/fhir+xml'],
    [undefined, 'application/fhir+json; fhirVersion=4.0', 'application/fhir+json; fhirVersion=4.0'],
  ]
  for (const [accept, format, contentType] of ROWS) {
    it(`writes ${contentType} for Accept ${accept ?? '(none)'}${format ? ` and _format=${format}` : ''}`, () => {
      assert.equal(negotiate(accept, format).contentType, contentType + UTF8)
    })
  }

  it('refuses what the hub does not write, and says what it writes', () => {
    for (const accept of [
      'text/turtle',
      'application/xml;q=0, text/turtle',
      'application/json;q=0',
      '*/*;q=0.0',
      'application/fhir+json;fhirVersion=5.0',
      'application/fhir+json;q=0,application/fhir+xml;q=0,*/*',
      '__proto__',
      'a'.repeat(10_000),
    ])
      assert.throws(() => negotiate(accept, undefined), refusal(406), accept)
    assert.throws(() => negotiate('text/turtle', undefined), /application\/fhir\+json.*application\/fhir\+xml/)
    for (const format of ['', 'ttl', 'html', 'application/fhir+json;fhirVersion=3.0'])
      assert.throws(() => negotiate('application/json', format), refusal(406), format)
  })
})

describe('namesFhir', () => {
  it('is true for the FHIR types and any _format, not for general types', () => {
    assert.equal(namesFhir('application/pdf, application/fhir+xml;q=0.1', undefined), true)
    assert.equal(namesFhir(undefined, 'json'), true)
    for (const accept of [undefined, '*/*', 'application/json', 'application/pdf', 'application/fhir+json;q=0'])
      assert.equal(namesFhir(accept, undefined), false)
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
      async: true,
    })
    assert.deepEqual(preferOf('return=OperationOutcome, return=minimal'), {
      return: 'OperationOutcome',
      handling: 'strict',
    })
    assert.deepEqual(preferOf('return=all, handling=whatever, ,=;'), { return: undefined, handling: 'strict' })
  })
})
