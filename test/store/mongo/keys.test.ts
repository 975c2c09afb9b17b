/** The index keys of MongoDB: they find what match finds, whatever is in an entry, and no more where they say so. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { loadDefinitions } from '../../../server/definitions/load.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import { createCodeFacts } from '../../../server/search/code-facts.ts'
import { extract } from '../../../server/search/extract.ts'
import { compare, match, order, sortValues } from '../../../server/search/match.ts'
import { ALL, PARTICIPANT } from '../../../server/search/query.ts'
import type { Filter, IndexEntry } from '../../../server/search/query.ts'
import { isExact, keysOf, MAX_KEY_LENGTH, rangesOf } from '../../../server/store/mongo/keys.ts'
import type { KeyRange } from '../../../server/store/mongo/keys.ts'
import { referenceEntries } from '../../../server/write/index-entries.ts'
import { searchContract } from '../../search/cases.ts'
import { CONTEXT } from '../../search/capability.ts'
import { TIMES } from '../../times.ts'
import { entry, filter } from '../questions.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const RUNS = 5_000 * TIMES

/** The entries of several records: few meet a filter. */
const records = fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 10, maxLength: 10 })

type Less = (a: string, b: string) => boolean
/** The order of MongoDB, and that of the server of the tests. */
const ORDERS: Readonly<Record<string, Less>> = {
  'code points': (a, b) => compare(a, b) < 0,
  'UTF-16 units': (a, b) => a < b,
}

const isIn = (key: string, range: KeyRange, less: Less): boolean =>
  'key' in range ? key === range.key : !less(key, range.from) && less(key, range.to)

const isAnyIn = (keys: readonly string[], ranges: readonly KeyRange[], less: Less): boolean =>
  ranges.some((range) => keys.some((key) => isIn(key, range, less)))

/** The filter and those in it. */
const filtersIn = (where: Filter): readonly Filter[] => [
  where,
  ...(where.op === 'and' || where.op === 'or' ? where.of.flatMap(filtersIn) : []),
  ...(where.op === 'not' ? filtersIn(where.of) : []),
]

/** What stands for a letter: characters on which the orders differ, halves of a character, separators, long texts. */
const UNUSUAL = [
  '', '\0', '\u0001', 'A', 'ß', 'İ', '\uD7FF', '\uD83D', '\uDE00', '\u{1F600}', '\uE000', '\uFFFD', '\uFFFE', '\uFFFF',
  '\u{10FFFF}', ...[250, 505, 506, 507, 508, 509, 510, 600].map((length) => 'x'.repeat(length)),
] // prettier-ignore

const CHARACTERS = ['', 'A', '\0', '\u0001', '\uD7FF', '\uD83D', '\uDE00', '\uE000', '\uFFFD', '\uFFFF', '\u{10FFFF}']
const SHORT_TEXTS = [...new Set(CHARACTERS.flatMap((one) => CHARACTERS.map((other) => one + other)))]
const LONG_TEXTS = Array.from({ length: 10 }, (_, index) => 'x'.repeat(503 + index)).flatMap((text) =>
  ['', 'y', '\uD83D', '\u{1F600}'].map((end) => text + end),
)

const entriesWith = (text: string): readonly IndexEntry[] => [
  { kind: 'uri', param: 'p', value: text },
  { kind: 'token', param: 'p', code: text },
  { kind: 'token', param: 'p', system: 'A', code: text.toLowerCase(), ignoreCase: true },
  { kind: 'string', param: 'p', value: text, exact: text },
  { kind: 'reference', param: 'p', type: 'A', id: text },
]
const filtersWith = (text: string): readonly Filter[] => [
  { op: 'uri', param: 'p', value: text },
  { op: 'uri', param: 'p', value: text, starts: true },
  { op: 'token', param: 'p', code: text },
  { op: 'token', param: 'p', system: 'A', code: text },
  { op: 'token', param: 'p', codes: ['', 'A'].map((system) => ({ system, code: text })) },
  { op: 'reference', param: 'p', id: text },
  ...(['starts', 'exact', 'equals'] as const).map((how): Filter => ({ op: 'string', param: 'p', how, value: text })),
]

const DAY = 86_400_000
const UNUSUAL_NUMBERS: readonly ((one: number) => number)[] = [
  (one) => one,
  (one) => -one,
  (one) => one * 1e300,
  (one) => one * Number.MIN_VALUE,
  (one) => (one < 0 ? -Infinity : one > 1 ? Infinity : one),
  (one) => Date.parse('0001-01-01T00:00:00Z') + one * DAY,
  (one) => Date.parse('9999-12-31T00:00:00Z') + one * DAY,
  (one) => (one > 2 ? 8_640_000_000_000_000 : -8_640_000_000_000_000),
  (one) => 5 - one * one,
]

type Change = { readonly letters: ReadonlyMap<string, string>; readonly number: (one: number) => number }

const change: fc.Arbitrary<Change> = fc
  .tuple(
    fc.subarray(['m', 'u', 'l', 'z', 'a', 'urn:s']),
    fc.array(fc.constantFrom(...UNUSUAL), { minLength: 6, maxLength: 6 }),
    fc.constantFrom(...UNUSUAL_NUMBERS),
  )
  .map(([letters, texts, number]) => ({ letters: new Map(letters.map((one, at) => [one, texts[at]!])), number }))

/** Not the parameter, and not what a program reads. */
const NAMES = new Set(['kind', 'op', 'param', 'how', 'prefix', 'types', 'ids'])

/** The same with other values: what was equal stays equal. */
function changed<T>(value: T, by: Change): T {
  if (typeof value === 'string') return (by.letters.get(value) ?? replaced(value, by)) as T
  if (typeof value === 'number') return by.number(value) as T
  if (Array.isArray(value)) return value.map((one: unknown) => changed(one, by)) as T
  if (typeof value !== 'object' || value === null) return value
  const { kind, op } = value as { kind?: string; op?: string }
  // No latitude is that great.
  if (kind === 'special' || op === 'special') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => [name, NAMES.has(name) ? one : changed(one, by)]),
  ) as T
}

const replaced = (text: string, { letters }: Change): string => [...text].map((one) => letters.get(one) ?? one).join('')

/** How often a run met each side of a statement: a property that holds of nothing proves nothing. */
type Met = { matches: number; exact: number }

type KeyedRecord = { readonly entries: readonly IndexEntry[]; readonly keys: readonly string[] }

const keyed = (entries: readonly IndexEntry[]): KeyedRecord => ({ entries, keys: keysOf(entries) })

function check(where: Filter, records: readonly KeyedRecord[], met: Met): void {
  const ranges = rangesOf(where)
  if (ranges === undefined) return
  const exact = isExact(where)
  for (const { entries, keys } of records) {
    const matches = match(where, { type: 'Task', id: 'a', at: 5, entries })
    for (const [name, less] of Object.entries(ORDERS)) {
      const isCandidate = isAnyIn(keys, ranges, less)
      if (exact ? matches !== isCandidate : matches && !isCandidate)
        assert.fail(`In the order of ${name}: ${JSON.stringify({ exact, matches, where, entries, keys, ranges })}`)
      if (isCandidate && matches) met.matches++
      if (isCandidate && exact) met.exact++
    }
  }
}

describe('store / mongo / keys', function () {
  this.timeout(60_000 + RUNS * 2)

  it('find every record that meets a filter, and no other where they are exact', () => {
    const met: Met = { matches: 0, exact: 0 }
    fc.assert(
      fc.property(records, filter, (each, where) => {
        const all = each.map(keyed)
        for (const one of filtersIn(where)) check(one, all, met)
      }),
      { numRuns: RUNS },
    )
    assert.ok(met.matches > RUNS / 2 && met.exact > RUNS / 2, JSON.stringify(met))
  })

  it('do so with any character, length, number and date', () => {
    const met: Met = { matches: 0, exact: 0 }
    fc.assert(
      fc.property(records, filter, change, (each, where, by) => {
        const others = changed(each, by).map(keyed)
        for (const one of filtersIn(changed(where, by))) check(one, others, met)
      }),
      { numRuns: RUNS },
    )
    assert.ok(met.matches > RUNS / 2 && met.exact > RUNS / 2, JSON.stringify(met))
  })

  it('do so with every pair of short texts of unusual characters, and of texts about as long as a key', () => {
    const met: Met = { matches: 0, exact: 0 }
    for (const texts of [SHORT_TEXTS, LONG_TEXTS]) {
      const records = texts.flatMap((text) => entriesWith(text).map((one) => keyed([one])))
      for (const text of texts) for (const where of filtersWith(text)) check(where, records, met)
    }
    assert.ok(met.matches > 1_000 && met.exact > 1_000, JSON.stringify(met))
  })

  it('find every position within a distance', () => {
    const degrees = (limit: number) =>
      fc.oneof(fc.constantFrom(0, limit, -limit), fc.double({ min: -limit, max: limit, noNaN: true }))
    const place = fc.record({ latitude: degrees(90), longitude: degrees(180) })
    const met: Met = { matches: 0, exact: 0 }
    fc.assert(
      fc.property(place, place, fc.double({ min: 0, max: 20_016, noNaN: true }), (one, other, distance) => {
        const near: Filter = { op: 'special', param: 'p', ...other, distance }
        const record = keyed([{ kind: 'special', param: 'p', ...one }])
        check(near, [record], met)
        check({ ...near, ...one }, [record], met)
      }),
      { numRuns: RUNS },
    )
    assert.ok(met.matches > RUNS)
  })

  it('are short, well-formed texts, each once', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), change, (entries, by) => {
        const keys = keysOf(changed([...entries, ...entries], by))
        assert.equal(new Set(keys).size, keys.length)
        for (const key of keys) assert.ok(key.length <= MAX_KEY_LENGTH && !/\p{Cs}/u.test(key), JSON.stringify(key))
      }),
      { numRuns: RUNS / 10 },
    )
  })
})

for (const [name, less] of Object.entries(ORDERS)) {
  searchContract(`the keys of mongo in the order of ${name}`, (records, { where, sort }) => {
    const inOrder = order(sort)
    const ranges = rangesOf(where)
    const found = records
      .map((record, creation) => ({ record, position: { values: sortValues(sort, record), creation } }))
      .filter(({ record: { entries } }) => ranges === undefined || isAnyIn(keysOf(entries), ranges, less))
      .filter(({ record }) => isExact(where) || match(where, record))
    return Promise.resolve(found.sort((a, b) => inOrder(a.position, b.position)).map(({ record }) => record.id))
  })
}

const token = (code: string, system?: string): IndexEntry => ({
  ...{ kind: 'token', param: 'p', code },
  ...(system === undefined ? {} : { system }),
})
const anyCase = (code: string): IndexEntry => ({ kind: 'token', param: 'p', code, ignoreCase: true })
const whole = (value: string, exact: string): IndexEntry => ({ kind: 'string', param: 'p', value, exact })
const part = (value: string): IndexEntry => ({ kind: 'string', param: 'p', value, exact: '', part: true })
const date = (start: string, end: string): IndexEntry => ({
  ...{ kind: 'date', param: 'p', start: Date.parse(start), end: Date.parse(end) },
})
const number = (low: number, high = low): IndexEntry => ({ kind: 'number', param: 'p', low, high })
const quantity = (low: number, unit: string): IndexEntry => ({ kind: 'quantity', param: 'p', low, high: low, unit })

/** Entries and their keys without the parameter. */
const KEYS: readonly (readonly [title: string, entries: readonly IndexEntry[], keys: readonly string[]])[] = [
  ['a token: the code, then the system', [token('x', 'urn:s')], ['cx\0wurn:s']],
  ['a token without a system', [token('x')], ['cx\0w']],
  ['a token whose case does not count', [anyCase('x')], ['cx\0a']],
  ['a string: normalised', [whole('muller', 'Müller')], ['smuller\0w']],
  ['a string in two spellings, once', [whole('ali', 'Ali'), whole('ali', 'ALI')], ['sali\0w']],
  ['a string whose exact text is another', [whole('b', 'A')], ['sb\0w', 'xA']],
  ['a string: a part', [part('berg')], ['sberg\0p']],
  [
    'a reference: the id, then the type',
    [{ kind: 'reference', param: 'p', type: 'Patient', id: '1' }],
    ['r1\0Patient'],
  ],
  ['a uri', [{ kind: 'uri', param: 'p', value: 'urn:x' }], ['uurn:x']],
  ['a word', [{ kind: 'text', param: 'p', value: 'bread' }], ['wbread']],
  ['a date: start and end', [date('1970-01-01', '1970-01-02')], ['ds8000000000000000', 'dec194997000000000']],
  ['a number, once', [number(1)], ['npbff0000000000000']],
  ['a number below zero', [number(-1)], ['np400fffffffffffff']],
  ['zero and minus zero', [number(0), number(-0)], ['np8000000000000000']],
  ['a range of numbers', [number(0, 1)], ['ns8000000000000000', 'nebff0000000000000']],
  ['a quantity in three units, once', [quantity(1, 'urn:u|mg'), quantity(1, '|mg')], ['qpbff0000000000000']],
  [
    'composites, once',
    [0, 1].map((low) => ({ kind: 'composite', param: 'p', parts: [[number(low) as never]] })),
    ['k'],
  ],
  ['a position: the latitude', [{ kind: 'special', param: 'p', latitude: 0, longitude: 9 }], ['l8000000000000000']],
  ['a separator in a value', [token('a\0b')], ['ca\u0001b\0w']],
  ['half a character', [token('a\uD83D')], ['ca\uFFFD\0w']],
  ['a long text', [{ kind: 'uri', param: 'p', value: 'x'.repeat(600) }], [`u${'x'.repeat(509)}`]],
  [
    'a long text that would be cut within a character',
    [{ kind: 'uri', param: 'p', value: 'x'.repeat(508) + '\u{1F600}' }],
    [`u${'x'.repeat(508)}`],
  ],
]

const ABOUT: IndexEntry = { kind: 'reference', param: PARTICIPANT, type: 'Patient', id: 'elvis' }

describe('store / mongo / keys of', () => {
  for (const [title, entries, keys] of KEYS)
    it(title, () =>
      assert.deepEqual(
        keysOf(entries),
        keys.map((key) => `p\0${key}`),
      ),
    )

  it('a ServiceRequest of the hub, at most 40', async () => {
    const folder = join(ROOT, 'samples', 'referral')
    const definitions = await loadDefinitions(ROOT)
    const context = { ...CONTEXT, codes: createCodeFacts(definitions) }
    const counts = readdirSync(folder)
      .filter((name) => /^valid-.*\.json$/.test(name))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Resource)
      .map((resource) => {
        const { searchParameters } = definitions.capability('ServiceRequest')!
        return keysOf([...extract(resource, searchParameters, context), ...referenceEntries(resource), ABOUT]).length
      })
    assert.ok(counts.length > 0 && Math.max(...counts) <= 40, counts.join())
  })
})

const ofToken = (code?: string, system?: string): Filter => ({
  ...{ op: 'token', param: 'p' },
  ...(code === undefined ? {} : { code }),
  ...(system === undefined ? {} : { system }),
})
const starts = (value: string): Filter => ({ op: 'string', param: 'p', how: 'starts', value })
const ofNumber = (prefix: 'eq' | 'ge' | 'ap', low: number): Filter => ({
  ...{ op: 'number', param: 'p', prefix, low, high: low },
})
const missing: Filter = { op: 'missing', param: 'p' }

/** Filters, whether their keys are exact, or that they have none. */
const FILTERS: readonly (readonly [title: string, where: Filter, expected: boolean | undefined])[] = [
  ['a code', ofToken('x'), true],
  ['a code in capitals', ofToken('X'), true],
  ['a code of a system', ofToken('X', 'urn:s'), true],
  ['a code without a system', ofToken('x', ''), true],
  ['a code that another may be written as', ofToken('x\uFFFD'), false],
  ['a code that is cut', ofToken('x'.repeat(600)), false],
  ['any token', ofToken(), true],
  ['a system alone', ofToken(undefined, 'urn:s'), false],
  ['the beginning of a string', starts('x'), true],
  ['every string', starts(''), true],
  ['a beginning that ends in the midst of a character', starts('x\uD83D'), false],
  ['a beginning that ends with the last code point before U+10000', starts('x\uFFFF'), false],
  ['a number from', ofNumber('ge', 1), true],
  ['a number within', ofNumber('eq', 1), false],
  ['a quantity in one unit', { op: 'quantity', param: 'p', prefix: 'ge', low: 1, high: 1, unit: '|mg' }, false],
  ['a quantity in any unit', { op: 'quantity', param: 'p', prefix: 'ge', low: 1, high: 1 }, true],
  ['no id', { op: 'reference', param: 'p', id: [] }, true],
  ['no alternative', { op: 'or', of: [] }, true],
  ['alternatives', { op: 'or', of: [ofToken('x'), { op: 'or', of: [starts('x')] }] }, true],
  ['alternatives of which one is not exact', { op: 'or', of: [ofToken('x'), ofNumber('ap', 1)] }, false],
  ['alternatives of which one has no keys', { op: 'or', of: [ofToken('x'), missing] }, undefined],
  ['one condition of several', { op: 'and', of: [ofToken('x')] }, true],
  ['several conditions', { op: 'and', of: [ofToken('x'), starts('x')] }, undefined],
  ['no condition', ALL, undefined],
  ['a parameter that is missing', missing, undefined],
  ['a parameter that is there', { op: 'not', of: missing }, true],
  ['a negation', { op: 'not', of: ofToken('x') }, undefined],
  ['an id', { op: 'id', ids: ['a'] }, undefined],
  ['a type', { op: 'type', types: ['Task'] }, undefined],
  ['a last change', { op: 'updated', prefix: 'ge', start: 0, end: 1 }, undefined],
]

describe('store / mongo / ranges of', () => {
  for (const [title, where, expected] of FILTERS)
    it(title, () => {
      assert.equal(rangesOf(where) === undefined, expected === undefined)
      assert.equal(isExact(where), expected ?? false)
    })
})
