/** Value sets and code systems. https://hl7.org/fhir/R4/valueset.html#compositions */
import assert from 'node:assert/strict'
import type { Canonical } from '../../server/definitions/definitions.ts'
import { openR4 } from '../../server/definitions/r4.ts'
import { createTerminology } from '../../server/validate/terminology/terminology.ts'

const ANIMALS = 'urn:animals'
const PARTIAL = 'urn:partial'
const r4 = openR4()

const animals = {
  resourceType: 'CodeSystem',
  url: ANIMALS,
  content: 'complete',
  caseSensitive: false,
  concept: [
    {
      code: 'mammal',
      display: 'Mammal',
      concept: [
        { code: 'cat', property: [{ code: 'legs', valueInteger: 4 }] },
        { code: 'dolphin', property: [{ code: 'legs', valueInteger: 0 }] },
      ],
    },
    { code: 'bird', property: [{ code: 'legs', valueInteger: 2 }], concept: [{ code: 'wren' }] },
    { code: 'platypus', property: [{ code: 'parent', valueCode: 'mammal' }] },
  ],
}
const partial = { resourceType: 'CodeSystem', url: PARTIAL, content: 'fragment', concept: [{ code: 'one' }] }

const sets: Readonly<Record<string, object>> = {
  all: { include: [{ system: ANIMALS }] },
  listed: { include: [{ system: ANIMALS, concept: [{ code: 'cat' }, { code: 'wren' }] }] },
  mammals: { include: [filter('concept', 'is-a', 'mammal')] },
  below: { include: [filter('concept', 'descendent-of', 'mammal')] },
  others: { include: [filter('concept', 'is-not-a', 'mammal')] },
  fourLegs: { include: [filter('legs', '=', '4')] },
  someLegs: { include: [filter('legs', 'in', '2,4')] },
  notSome: { include: [filter('legs', 'not-in', '2,4')] },
  legged: { include: [filter('legs', 'exists', 'true')] },
  short: { include: [filter('code', 'regex', '[a-z]{3,4}')] },
  above: { include: [filter('concept', 'generalizes', 'cat')] },
  noCats: { include: [{ system: ANIMALS }], exclude: [{ system: ANIMALS, concept: [{ code: 'cat' }] }] },
  imported: { include: [{ valueSet: ['urn:set:mammals'] }] },
  both: { include: [{ valueSet: ['urn:set:mammals', 'urn:set:legged'] }] },
  within: { include: [{ system: ANIMALS, valueSet: ['urn:set:short'] }] },
  circle: { include: [{ valueSet: ['urn:set:circle'] }, { system: ANIMALS, concept: [{ code: 'cat' }] }] },
  partial: { include: [{ system: PARTIAL }] },
  absent: { include: [{ system: 'urn:absent' }] },
  absentListed: { include: [{ system: 'urn:absent', concept: [{ code: 'x' }] }] },
  absentImport: { include: [{ valueSet: ['urn:set:nowhere'] }] },
}

function filter(property: string, op: string, value: string): object {
  return { system: ANIMALS, filter: [{ property, op, value }] }
}

const own = new Map<string, unknown>([
  [ANIMALS, animals],
  [PARTIAL, partial],
  ...Object.entries(sets).map(
    ([name, compose]) => [`urn:set:${name}`, { resourceType: 'ValueSet', url: `urn:set:${name}`, compose }] as const,
  ),
])
const terminology = createTerminology({
  find: (url) => (own.get(url) as Canonical | undefined) ?? r4.find(url.split('|')[0] ?? ''),
})

describe('validate / terminology / check', () => {
  const cases: readonly [set: string, inside: readonly string[], outside: readonly string[]][] = [
    ['all', ['mammal', 'cat', 'wren', 'CAT'], ['dog']],
    ['listed', ['cat', 'wren'], ['dolphin']],
    ['mammals', ['mammal', 'cat', 'platypus'], ['bird', 'wren']],
    ['below', ['cat', 'platypus'], ['mammal', 'bird']],
    ['others', ['bird', 'wren'], ['mammal', 'cat']],
    ['fourLegs', ['cat'], ['dolphin', 'bird', 'wren']],
    ['someLegs', ['cat', 'bird'], ['dolphin', 'wren']],
    ['notSome', ['dolphin', 'wren'], ['cat', 'bird']],
    ['legged', ['cat', 'dolphin', 'bird'], ['wren', 'mammal']],
    ['short', ['cat', 'wren', 'bird'], ['mammal']],
    ['above', ['mammal', 'cat'], ['dolphin', 'bird']],
    ['noCats', ['dolphin', 'wren'], ['cat']],
    ['imported', ['cat'], ['wren']],
    ['both', ['cat', 'dolphin'], ['bird', 'platypus']],
    ['within', ['cat', 'wren'], ['mammal']],
    ['circle', ['cat'], ['dolphin']],
  ]
  for (const [set, inside, outside] of cases) {
    it(`knows what is in \`${set}\` and what is not`, () => {
      for (const code of inside) assert.equal(terminology.check(`urn:set:${set}`, ANIMALS, code), 'in', code)
      for (const code of outside) assert.equal(terminology.check(`urn:set:${set}`, ANIMALS, code), 'out', code)
    })
  }

  it('takes a bare code as one of any system that the set draws on', () => {
    assert.equal(terminology.check('urn:set:listed', undefined, 'cat'), 'in')
    assert.equal(terminology.check('urn:set:listed', 'urn:other', 'cat'), 'out')
  })

  const unknown: readonly [set: string, system: string, code: string, verdict: string][] = [
    ['partial', PARTIAL, 'one', 'in'],
    ['partial', PARTIAL, 'two', 'unknown'],
    ['absent', 'urn:absent', 'x', 'unknown'],
    ['absent', 'urn:other', 'x', 'out'],
    ['absentListed', 'urn:absent', 'x', 'in'],
    ['absentListed', 'urn:absent', 'y', 'out'],
    ['absentImport', ANIMALS, 'cat', 'unknown'],
    ['nowhere', ANIMALS, 'cat', 'unknown'],
  ]
  for (const [set, system, code, verdict] of unknown) {
    it(`says \`${verdict}\` of \`${system}|${code}\` in \`${set}\``, () => {
      assert.equal(terminology.check(`urn:set:${set}`, system, code), verdict)
    })
  }

  it('lists the codes of a set where they are few', () => {
    assert.deepEqual(terminology.list('urn:set:listed', 5), ['cat', 'wren'])
    assert.equal(terminology.list('urn:set:all', 2), undefined)
    assert.equal(terminology.list('urn:set:absent', 5), undefined)
  })
})

describe('validate / terminology / code systems told by their form', () => {
  const cases: readonly [system: string, good: readonly string[], bad: readonly string[]][] = [
    [
      'urn:ietf:bcp:47',
      ['en', 'es-MX', 'zh-Hant-TW', 'x-klingon', 'de-CH-1996'].filter((tag) => tag !== 'x-klingon'),
      ['english language', 'e', 'en_US'],
    ],
    ['urn:ietf:bcp:13', ['text/plain', 'application/fhir+json; charset=utf-8', 'json'], ['text', 'text/', 'a b/c']],
    ['urn:iso:std:iso:4217', ['USD', 'EUR'], ['usd', 'DOLLAR']],
    ['https://www.iana.org/time-zones', ['America/Chicago'], ['America/Tupelo', '']],
  ]
  for (const [system, good, bad] of cases) {
    it(`tells a code of \`${system}\` from what is none`, () => {
      for (const code of good) assert.equal(terminology.checkSystem(system, code), 'in', code)
      for (const code of bad) assert.equal(terminology.checkSystem(system, code), 'out', code)
    })
  }
})
