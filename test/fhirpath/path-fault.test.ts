/** What is wrong with an expression, before it meets any data. */
import assert from 'node:assert/strict'
import { pathFault } from '../../server/fhirpath/path-fault.ts'

const SOUND = [
  'name.exists()',
  "name.where(use = 'official').given.first() is String",
  "telecom.all(system = 'phone' implies value.matches('foo(\\\\d+'))",
  'contact.exists() and (name.exists() or telecom.empty())',
  'resolve() is Patient',
  "%resource.descendants().where($this is Coding).memberOf('http://x.example/vs')",
  '%`vs-x`.exists()',
  "name.where(`given` = 'gone(').exists() // nothing(",
  'iif(active, 1, 2) > 0',
]

const FAULTY: readonly (readonly [string, RegExp])[] = [
  ['name.exists(', /^it cannot be parsed \(line 1, column \d+\)\.$/],
  ['name.where(use = ‘x’)', /cannot be parsed/],
  ['', /cannot be parsed/],
  ['name and', /cannot be parsed/],
  ['name.exist()', /^there is no function `exist`; did you mean `exists`\?$/],
  ['name.where(frobnicate())', /^there is no function `frobnicate`\.$/],
  ["name.where(use = 'x()').exist().frobnicate()", /^there is no function `exist`; did you mean `exists`\?$/],
  ['%patient.name', /^there is no variable `%patient`\.$/],
]

describe('fhirpath / faults of expressions', () => {
  for (const expression of SOUND)
    it(`finds none in \`${expression}\``, () => assert.equal(pathFault(expression), undefined))
  for (const [expression, says] of FAULTY)
    it(`finds one in \`${expression}\``, () => assert.match(pathFault(expression) ?? '', says))

  it('does not read what is longer than any rule', () => assert.equal(pathFault('('.repeat(10_000)), undefined))
})
