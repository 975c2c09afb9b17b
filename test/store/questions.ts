/** Random work and random questions for stores, small enough that they meet often. */
import fc from 'fast-check'
import type { Audience, Filter, IndexEntry, Prefix, Query, Viewer, Sort } from '../../server/search/query.ts'
import type { Work, Write } from '../../server/store/store.ts'
import { put, remove } from './writes.ts'

const TYPES = ['Task', 'Goal'] as const
const IDS = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const AGENCIES = ['abe', 'snap', '*'] as const
const PARAMS = ['p', 'q'] as const
const WORDS = ['', 'm', 'mu', 'mul', 'z', 'é', '\uFFFD', '\u{1F600}'] as const
const SYSTEMS = [undefined, 'urn:s', 'urn:t'] as const

const oneOf = <T>(list: readonly T[]) => fc.constantFrom(...list)
const instant = fc.integer({ min: 0, max: 12 })
const range = fc
  .tuple(instant, fc.integer({ min: 1, max: 5 }))
  .map(([start, length]) => ({ start, end: start + length }))
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const entry: fc.Arbitrary<IndexEntry> = fc.oneof(
  fc.record({ kind: fc.constant('token' as const), param: oneOf(PARAMS), system: oneOf(SYSTEMS), code: oneOf(WORDS) }),
  fc.record({ kind: fc.constant('string' as const), param: oneOf(PARAMS), value: oneOf(WORDS), exact: oneOf(WORDS) }),
  fc.record({ kind: fc.constant('reference' as const), param: oneOf(PARAMS), type: oneOf(TYPES), id: oneOf(IDS) }),
  fc.record({ kind: fc.constant('uri' as const), param: oneOf(PARAMS), value: oneOf(WORDS) }),
  fc.tuple(oneOf(PARAMS), range).map(([param, dates]) => ({ kind: 'date' as const, param, ...dates })),
)

const audience: fc.Arbitrary<readonly Audience[]> = fc.array(
  fc.record({ agency: oneOf(AGENCIES), from: maybe(instant), until: maybe(instant) }),
  { maxLength: 4 },
)

export const sight: fc.Arbitrary<Viewer> = fc.oneof(
  fc.constant('unrestricted' as const),
  fc.record({ agency: oneOf(['abe', 'snap', 'nobody']), at: instant }),
)

const prefix = oneOf<Prefix>(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'])

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    op: fc.constant('token' as const),
    param: oneOf(PARAMS),
    system: oneOf([...SYSTEMS, '']),
    code: maybe(oneOf(WORDS)),
  }),
  fc.record({
    op: fc.constant('string' as const),
    param: oneOf(PARAMS),
    how: oneOf(['starts', 'contains', 'exact'] as const),
    value: oneOf(WORDS),
  }),
  fc.record({
    op: fc.constant('reference' as const),
    param: oneOf(PARAMS),
    type: maybe(oneOf(TYPES)),
    id: oneOf(IDS),
  }),
  fc.record({ op: fc.constant('uri' as const), param: oneOf(PARAMS), value: oneOf(WORDS) }),
  fc
    .tuple(oneOf(PARAMS), prefix, range)
    .map(([param, by, dates]) => ({ op: 'date' as const, param, prefix: by, ...dates })),
  fc.record({ op: fc.constant('missing' as const), param: oneOf([...PARAMS, 'r']) }),
  fc.record({ op: fc.constant('id' as const), ids: fc.array(oneOf(IDS), { maxLength: 3 }) }),
  fc.tuple(prefix, range).map(([by, dates]) => ({ op: 'updated' as const, prefix: by, ...dates })),
)

const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
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
  kind: oneOf<Sort['kind']>(['token', 'string', 'reference', 'uri', 'date', 'id', 'updated']),
  descending: fc.boolean(),
})

export const question: fc.Arbitrary<Query> = fc.record({
  type: oneOf([...TYPES, '*', 'Unheard']),
  where: filter,
  viewer: sight,
  sort: fc.array(sort, { maxLength: 3 }),
  limit: fc.integer({ min: 1, max: 4 }),
  total: fc.constant(true),
  deleted: fc.boolean(),
})

const expect = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: oneOf(['absent', 'present'] as const) },
  { weight: 2, arbitrary: fc.record({ version: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }) }) },
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
        question.map((none) => ({ none })),
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
