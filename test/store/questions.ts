/** Random work and random queries for stores, small enough that they meet often. */
import fc from 'fast-check'
import type { Audience, Filter, IndexEntry, Prefix, Query, Viewer, Sort } from '../../server/search/query.ts'
import { SEARCH_TYPE_NAMES } from '../../server/search/types/index.ts'
import type { EntryByType, FilterByType, SearchTypeName } from '../../server/search/types/index.ts'
import type { Work, Write } from '../../server/store/store.ts'
import { put, remove } from './writes.ts'

const TYPES = ['Task', 'Goal'] as const
const IDS = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const AGENCIES = ['abe', 'snap', '*'] as const
const PARAMS = ['p', 'q'] as const
const WORDS = ['', 'm', 'M', 'mu', 'mul', 'z', 'é', '\uFFFD', '\u{1F600}'] as const
const UNITS = ['', '|mg', 'urn:u|mg'] as const
const SYSTEMS = [undefined, 'urn:s', 'urn:t'] as const

const oneOf = <T>(list: readonly T[]) => fc.constantFrom(...list)
const instant = fc.integer({ min: 0, max: 12 })
const range = fc
  .tuple(instant, fc.integer({ min: 1, max: 5 }))
  .map(([start, length]) => ({ start, end: start + length }))
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const interval = fc
  .tuple(oneOf([-7, 0, 0.5, 1, 1.5, 2]), oneOf([0, 0, 0.5, 3]))
  .map(([low, length]) => ({ low, high: low + length }))

const tokenEntry = fc
  .tuple(oneOf(PARAMS), oneOf(SYSTEMS), oneOf(WORDS), fc.boolean())
  .map(([param, system, code, ignoreCase]): EntryByType['token'] => ({
    kind: 'token',
    param,
    ...(system === undefined ? {} : { system }),
    ...(ignoreCase ? { code: code.toLowerCase(), ignoreCase: true } : { code }),
  }))
const numberEntry = fc
  .tuple(oneOf(PARAMS), interval)
  .map(([param, numbers]): EntryByType['number'] => ({ kind: 'number', param, ...numbers }))
const degrees = oneOf([0, 0.1, 0.5, 1, -1])

/** Entries of every search type. */
const ENTRIES: { readonly [name in SearchTypeName]: fc.Arbitrary<EntryByType[name]> } = {
  token: tokenEntry,
  string: fc
    .tuple(oneOf(PARAMS), oneOf(WORDS), oneOf(WORDS), fc.boolean())
    .map(([param, value, exact, part]) =>
      part
        ? { kind: 'string', param, value, exact: '', part: true as const }
        : { kind: 'string' as const, param, value, exact },
    ),
  reference: fc.record({ kind: fc.constant('reference'), param: oneOf(PARAMS), type: oneOf(TYPES), id: oneOf(IDS) }),
  uri: fc.record({ kind: fc.constant('uri'), param: oneOf(PARAMS), value: oneOf(WORDS) }),
  date: fc.tuple(oneOf(PARAMS), range).map(([param, dates]) => ({ kind: 'date', param, ...dates })),
  number: numberEntry,
  quantity: fc
    .tuple(oneOf(PARAMS), interval, oneOf(UNITS))
    .map(([param, numbers, unit]) => ({ kind: 'quantity', param, ...numbers, unit })),
  composite: fc
    .tuple(
      oneOf(PARAMS),
      fc.array(tokenEntry, { minLength: 1, maxLength: 2 }),
      fc.array(numberEntry, { minLength: 1, maxLength: 2 }),
    )
    .map(([param, tokens, numbers]) => ({ kind: 'composite', param, parts: [tokens, numbers] })),
  text: fc.record({ kind: fc.constant('text'), param: oneOf(PARAMS), value: oneOf(WORDS) }),
  special: fc.record({ kind: fc.constant('special'), param: oneOf(PARAMS), latitude: degrees, longitude: degrees }),
}

export const entry: fc.Arbitrary<IndexEntry> = fc.oneof(...Object.values(ENTRIES))

const audience: fc.Arbitrary<readonly Audience[]> = fc.array(
  fc.record({ agency: oneOf(AGENCIES), from: maybe(instant), until: maybe(instant) }),
  { maxLength: 4 },
)

export const viewer: fc.Arbitrary<Viewer> = fc.oneof(
  fc.constant('unrestricted' as const),
  fc.record({ agency: oneOf(['abe', 'snap', 'nobody']), at: instant }),
)

const prefix = oneOf<Prefix>(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'])

const searchedCode = fc.record({ system: oneOf(['urn:s', 'urn:t']), code: oneOf(WORDS) })
const tokenFilter: fc.Arbitrary<FilterByType['token']> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('token'),
      param: oneOf(PARAMS),
      system: oneOf([...SYSTEMS, '']),
      code: maybe(oneOf(WORDS)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('token'),
      param: oneOf(PARAMS),
      codes: fc.array(searchedCode, { maxLength: 3 }),
    }),
  },
)
const numberFilter: fc.Arbitrary<FilterByType['number']> = fc
  .tuple(oneOf(PARAMS), prefix, interval)
  .map(([param, by, numbers]) => ({ op: 'number', param, prefix: by, ...numbers }))

/** Filters of every search type. */
const FILTERS: { readonly [name in SearchTypeName]: fc.Arbitrary<FilterByType[name]> } = {
  token: tokenFilter,
  string: fc.record({
    op: fc.constant('string'),
    param: oneOf(PARAMS),
    how: oneOf(['starts', 'contains', 'exact', 'equals', 'ends'] as const),
    value: oneOf(WORDS),
  }),
  reference: fc.record({
    op: fc.constant('reference'),
    param: oneOf(PARAMS),
    type: maybe(oneOf(TYPES)),
    id: fc.oneof(oneOf(IDS), fc.array(oneOf(IDS), { maxLength: 3 })),
  }),
  text: fc.record({
    op: fc.constant('text'),
    param: oneOf(PARAMS),
    how: oneOf(['word', 'starts'] as const),
    value: oneOf(WORDS),
  }),
  uri: fc
    .tuple(oneOf(PARAMS), oneOf(WORDS), fc.boolean())
    .map(([param, value, starts]) => ({ op: 'uri', param, value, ...(starts ? { starts } : {}) })),
  date: fc
    .tuple(oneOf(PARAMS), prefix, range)
    .map(([param, by, dates]) => ({ op: 'date', param, prefix: by, ...dates })),
  number: numberFilter,
  quantity: fc.tuple(oneOf(PARAMS), prefix, interval, maybe(oneOf(UNITS))).map(([param, by, numbers, unit]) => ({
    op: 'quantity',
    param,
    prefix: by,
    ...numbers,
    ...(unit === undefined ? {} : { unit }),
  })),
  composite: fc
    .tuple(oneOf(PARAMS), tokenFilter, numberFilter)
    .map(([param, first, second]) => ({ op: 'composite', param, parts: [first, second] })),
  special: fc.record({
    op: fc.constant('special'),
    param: oneOf(PARAMS),
    latitude: degrees,
    longitude: degrees,
    distance: oneOf([0, 20, 100, 300]),
  }),
}

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  ...Object.values(FILTERS),
  fc.record({ op: fc.constant('missing' as const), param: oneOf([...PARAMS, 'r']) }),
  fc.record({ op: fc.constant('id' as const), ids: fc.array(oneOf(IDS), { maxLength: 3 }) }),
  fc.record({ op: fc.constant('type' as const), types: fc.array(oneOf([...TYPES, 'Unheard']), { maxLength: 2 }) }),
  fc.tuple(prefix, range).map(([by, dates]) => ({ op: 'updated' as const, prefix: by, ...dates })),
)

export const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({ op: oneOf(['and', 'or'] as const), of: fc.array(tie('filter'), { maxLength: 3 }) }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('not' as const), of: tie('filter') }) },
  ),
})).filter

const sort: fc.Arbitrary<Sort> = fc.record({
  param: oneOf(PARAMS),
  kind: oneOf<Sort['kind']>([...SEARCH_TYPE_NAMES, 'id', 'updated']),
  descending: fc.boolean(),
})

/** The last sequence that a query looks back to: some commits are later, some sequences were not taken yet. */
const AS_OF = 24

/** A query of the present. */
const present: fc.Arbitrary<Query> = fc.record({
  type: oneOf([...TYPES, '*', 'Unheard', ['Task'], ['Goal', 'Task'], ['Goal', 'Unheard'], []]),
  where: filter,
  viewer: viewer,
  sort: fc.array(sort, { maxLength: 3 }),
  limit: fc.integer({ min: 1, max: 4 }),
  total: fc.boolean(),
  deleted: fc.boolean(),
})

export const question: fc.Arbitrary<Query> = fc
  .tuple(
    present,
    maybe(fc.integer({ min: 0, max: AS_OF })),
    maybe(fc.oneof(fc.constant(true as const), fc.subarray([...PARAMS]))),
  )
  .map(([query, asOf, withEntries]) => ({
    ...query,
    ...(asOf === undefined ? {} : { asOf }),
    ...(withEntries === undefined ? {} : { withEntries }),
  }))

const versions = fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
/** For entries: mostly whatever the version is. */
const expected = fc.oneof(
  { weight: 1, arbitrary: versions },
  { weight: 3, arbitrary: fc.constant([1, 2, 3, 4, 5, 6, 7, 8]) },
)
const expect = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: oneOf(['absent', 'present'] as const) },
  { weight: 2, arbitrary: fc.record({ version: versions }) },
)

const address = fc.tuple(oneOf(TYPES), oneOf(IDS)).map(([type, id]) => `${type}/${id}`)
const parts = fc.record({
  entries: fc.array(entry, { maxLength: 5 }),
  audience,
  author: oneOf(['abe', 'snap']),
  expect,
  method: oneOf(['POST', 'PUT'] as const),
})

const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(address, parts).map(([text, rest]) => put(text, rest)) },
  { weight: 2, arbitrary: fc.tuple(address, parts).map(([text, rest]) => remove(text, rest)) },
  {
    weight: 1,
    arbitrary: fc.tuple(oneOf(TYPES), oneOf(IDS), audience).map(([type, id, to]) => ({
      kind: 'audience' as const,
      key: { type, id },
      audience: to,
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(oneOf(TYPES), oneOf(IDS), fc.array(entry, { maxLength: 5 }), maybe(audience), expected)
      .map(([type, id, entries, to, version]) => ({
        kind: 'entries' as const,
        key: { type, id },
        entries,
        ...(to === undefined ? {} : { audience: to }),
        expect: { version },
      })),
  },
)

const keyOf = (one: Write): string =>
  JSON.stringify(one.kind === 'put' ? [one.resource.resourceType, one.resource.id] : [one.key.type, one.key.id])

/** One commit: a few writes to different records, now and then under a guard. */
export const work: fc.Arbitrary<Work> = fc.record({
  writes: fc.uniqueArray(write, { selector: keyOf, minLength: 1, maxLength: 4 }),
  guards: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        present.map((none) => ({ none })),
        { minLength: 1, maxLength: 2 },
      ),
    },
  ),
  events: fc.array(
    fc.record({
      stream: oneOf(['s', 't']),
      sequence: fc.integer({ min: 1, max: 3 }),
      type: oneOf(TYPES),
      id: oneOf(['a', 'b']),
      version: fc.constant(1),
    }),
    { maxLength: 2 },
  ),
})
