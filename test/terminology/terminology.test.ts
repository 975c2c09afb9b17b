/** Value sets and code systems. https://hl7.org/fhir/R4/valueset.html#compositions */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CanonicalResource } from '../../server/definitions/canonical-resource.ts'
import { openR4 } from '../../server/definitions/r4.ts'
import { compileLinearRegex } from '../../server/fhirpath/linear-regex.ts'
import { createTerminology } from '../../server/terminology/terminology.ts'

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
  find: (url) => (own.get(url) as CanonicalResource | undefined) ?? r4.find(url.split('|')[0] ?? ''),
})

describe('terminology / check', () => {
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

describe('terminology / code systems defined by their syntax', () => {
  const cases: readonly [system: string, good: readonly string[], bad: readonly string[]][] = [
    [
      'urn:ietf:bcp:47',
      ['en', 'EN', 'es-MX', 'zh-Hant-TW', 'x-klingon', 'de-CH-1996'],
      ['english language', 'e', 'en_US', 'english', 'zz', 'zz-US'],
    ],
    ['urn:ietf:bcp:13', ['text/plain', 'application/fhir+json; charset=utf-8', 'json'], ['text', 'text/', 'a b/c']],
    ['urn:iso:std:iso:4217', ['USD', 'EUR'], ['usd', 'DOLLAR']],
    ['urn:iso:std:iso:3166', ['US', 'MX'], ['us', 'QQ', 'ZZ', 'United States']],
    [
      'http://unitsofmeasure.org',
      ['mg', 'mm[Hg]', '{beats}/min', '10*3/uL', 'mg{any words}', '%', '/min', 'kg.m/s2'],
      ['', 'foo', 'KG', 'kilogram', 'm g', '[lb_av', 'mg/', 'lbs', `${'m.'.repeat(500)}m`],
    ],
    ['https://www.iana.org/time-zones', ['America/Chicago'], ['America/Tupelo', '']],
  ]
  for (const [system, good, bad] of cases) {
    it(`tells a code of \`${system}\` from what is none`, () => {
      for (const code of good) assert.equal(terminology.checkSystem(system, code), 'in', code)
      for (const code of bad) assert.equal(terminology.checkSystem(system, code), 'out', code)
    })
  }
  it('cannot tell languages and countries of three letters that are not available', () => {
    assert.equal(terminology.checkSystem('urn:ietf:bcp:47', 'aaf'), 'unknown')
    assert.equal(terminology.checkSystem('urn:iso:std:iso:3166', 'USA'), 'unknown')
  })
})

describe('terminology / concepts', () => {
  const BASE = 'urn:base'
  const concept = [
    { code: 'ok', display: 'Okay', designation: [{ language: 'es', value: 'Bueno' }] },
    { code: 'old', display: 'Old', property: [{ code: 'inactive', valueBoolean: true }] },
    { code: 'gone', property: [{ code: 'status', valueCode: 'retired' }] },
    { code: 'waning', property: [{ code: 'status', valueCode: 'deprecated' }] },
    {
      code: 'group',
      property: [{ code: 'notSelectable', valueBoolean: true }],
      concept: [{ code: 'member' }, { code: 'group-2', concept: [{ code: 'member' }] }],
    },
  ]
  const codeSystem = (more: { readonly url: string; readonly [key: string]: unknown }) =>
    ({ resourceType: 'CodeSystem', content: 'complete', ...more }) as unknown as CanonicalResource
  const supplement = codeSystem({
    url: 'urn:supplement',
    content: 'supplement',
    supplements: `${BASE}|1.0`,
    concept: [
      { code: 'ok', designation: [{ value: 'Alright' }], property: [{ code: 'rank', valueInteger: 1 }] },
      { code: 'new' },
    ],
  })
  const system = { system: BASE }
  const composes: Readonly<Record<string, object>> = {
    all: { include: [system] },
    active: { inactive: false, include: [system] },
    ranked: { include: [{ ...system, filter: [{ property: 'rank', op: '=', value: '1' }] }] },
    useful: { include: [{ ...system, filter: [{ property: 'notSelectable', op: '=', value: 'false' }] }] },
    older: { include: [{ ...system, version: '0.9' }] },
    corrected: { include: [{ ...system, version: '1.0.0' }] },
    looking: { include: [{ ...system, filter: [{ property: 'code', op: 'regex', value: '(?=o)ok' }] }] },
    invented: { include: [{ ...system, filter: [{ property: 'code', op: 'sounds-like', value: 'ok' }] }] },
    trap: { include: [{ ...system, filter: [{ property: 'code', op: 'regex', value: '(o*)*(k*)*!' }] }] },
    nothing: { include: [{}] },
    second: { include: [{ ...system, filter: [{ property: 'concept', op: 'is-a', value: 'group' }] }] },
  }
  const all = new Map<string, CanonicalResource>([
    [BASE, codeSystem({ url: BASE, version: '1.0.1', concept })],
    ['urn:supplement', supplement],
    ...Object.entries(composes).map(([name, compose]): [string, CanonicalResource] => [
      `urn:${name}`,
      { resourceType: 'ValueSet', url: `urn:${name}`, version: '2.0', compose } as CanonicalResource,
    ]),
  ])
  const terminology = createTerminology({ find: (url) => all.get(url), published: () => [...all.values()] })
  const check = (set: string, code: string) => terminology.check(`urn:${set}`, BASE, code)

  it('leaves inactive codes out where the set does, and deprecated ones in', () => {
    for (const code of ['old', 'gone', 'waning']) assert.equal(check('all', code), 'in', code)
    assert.deepEqual(
      ['old', 'gone', 'waning', 'ok'].map((code) => check('active', code)),
      ['out', 'out', 'in', 'in'],
    )
  })

  it('takes what a supplement adds to a concept, but no concept of it', () => {
    assert.equal(check('ranked', 'ok'), 'in')
    assert.equal(check('ranked', 'old'), 'out')
    assert.equal(check('all', 'new'), 'out')
    assert.equal(terminology.checkSystem('urn:supplement', 'ok'), 'unknown')
    assert.deepEqual(terminology.displays(BASE, 'ok'), ['Okay', 'Bueno', 'Alright'])
  })

  it('takes a flag that is not stated for false', () => {
    assert.deepEqual(
      ['group', 'ok'].map((code) => check('useful', code)),
      ['out', 'in'],
    )
  })

  it('cannot tell for another version of the system or of the set', () => {
    assert.equal(check('older', 'ok'), 'unknown')
    assert.equal(check('corrected', 'ok'), 'in')
    assert.equal(terminology.check('urn:all|3.0', BASE, 'ok'), 'unknown')
    assert.equal(terminology.check('urn:all|2.0', BASE, 'ok'), 'in')
    assert.equal(terminology.checkSystem(BASE, 'nothing', '0.9'), 'unknown')
    assert.equal(terminology.checkSystem(BASE, 'nothing', '1.0.1'), 'out')
  })

  it('cannot tell where an operator or an expression is not read', () => {
    assert.equal(check('looking', 'ok'), 'unknown')
    assert.equal(check('invented', 'ok'), 'unknown')
  })

  it('takes nothing into a set whose include names nothing', () => {
    assert.equal(check('nothing', 'ok'), 'out')
  })

  it('follows a concept that stands in several places', () => {
    assert.equal(check('second', 'member'), 'in')
    assert.equal(check('second', 'ok'), 'out')
  })
})

describe('terminology / regular expressions', () => {
  const expressions = [
    '[a-z]{3,4}', 'o.*', '(a|b)+c?', 'a{2}', 'a{0}b', 'x{2,}', '(?:ab){1,3}', '^abc$', '\\d+-\\d', 'a|', '',
    '(a*)*b', '[^x]\\.y', '(ab?){2}c', 'a+?b', '(a{2}){2}', '[\\]x]+', '(a|(b|c)*)d',
  ] // prettier-ignore
  const alphabet = fc.string({ unit: fc.constantFrom(...'abcdxy.1-]'), maxLength: 8 })

  for (const expression of expressions) {
    it(`reads \`${expression}\` as JavaScript does`, () => {
      const theirs = new RegExp(`^(?:${expression})$`, 'su')
      const ours = compileLinearRegex(expression)
      assert.ok(ours)
      fc.assert(
        fc.property(alphabet, (text) => ours(text) === theirs.test(text)),
        { numRuns: 300 },
      )
    })
  }

  it('reads none that looks around or back, is broken, or grows without measure', () => {
    for (const expression of ['(?=a)a', '(a)\\1', '[', '(', ')', '*', 'a{9999}', '\\p{L}', '('.repeat(5000)])
      assert.equal(compileLinearRegex(expression), undefined, expression)
  })

  it('takes a time linear in the text', () => {
    const trap = compileLinearRegex('(a*)*(a|a)*(a+)+b')
    const started = performance.now()
    assert.equal(trap?.('a'.repeat(1000)), false)
    assert.ok(performance.now() - started < 200)
  })
})
