/** Search in memory: each record is matched, one after another. */
import { directedOrder, match, pageOf, positionOf, sortValues, visible } from '../../search/match.ts'
import { conjuncts, type Query } from '../../search/query.ts'
import type { Explanation } from '../explanation.ts'
import { fitting } from '../page-bytes.ts'
import { SequenceUnavailable } from '../errors.ts'
import type { Found, FoundVersion } from '../store.ts'
import { stateAsOf } from './entries.ts'
import { mayKnow } from './read.ts'
import { isDeletion } from './schema.ts'
import type { MemoryState, RecordState, StoredRecord } from './schema.ts'

/**
 * Finds records, one page of them.
 * @throws SequenceUnavailable
 */
export function find(query: Query, state: MemoryState): Found {
  const { log } = state
  const { where, viewer, sort = [], after, deleted = false, asOf = log.length } = query
  if (asOf < 0 || asOf > log.length) throw new SequenceUnavailable(asOf, { first: 0, last: log.length })
  const hits = recordsOf(query.type, state).flatMap((record) => {
    const state = stateAsOf(record, asOf)
    if (state === undefined) return []
    const { version, entries } = state
    const indexed = { type: version.type, id: version.id, at: version.at, entries }
    if (isDeletion(version) && !deleted) return []
    if (!visible(record.audience, viewer) || !mayKnow(version, record, viewer) || !match(where, indexed)) return []
    return [{ state, values: sortValues(sort, indexed), creation: record.creation }]
  })
  const compare = directedOrder(query)
  hits.sort(compare)
  const rest = after ? hits.filter((hit) => compare(hit, positionOf(after)) > 0) : hits
  const sizes = rest.slice(0, query.limit).map(({ state: { version } }) => Buffer.byteLength(version.text))
  const limit = Math.min(query.limit, query.bytes === undefined ? Infinity : fitting(sizes, query.bytes))
  const { shown, ...links } = pageOf({ ...query, limit }, rest)
  return {
    versions: shown.map((hit) => shownVersion(hit, query.withEntries)),
    ...links,
    ...(links.next || links.previous ? { sequence: asOf } : {}),
    ...(query.total ? { total: hits.length } : {}),
  }
}

type Hit = { readonly state: RecordState; readonly creation: number }

function shownVersion({ state: { version, entries }, creation }: Hit, params: Query['withEntries']): FoundVersion {
  if (params === undefined) return version
  const shown = params === true ? entries : entries.filter(({ param }) => params.includes(param))
  return { ...version, entries: shown, creation }
}

/** Every record of the types is read, and tested by everything. */
export function explain(query: Query, state: MemoryState): Explanation {
  const { where, viewer, deleted, limit, total } = query
  const start = performance.now()
  find(query, state)
  const ms = performance.now() - start
  const read = recordsOf(query.type, state).filter(({ audience }) => visible(audience, viewer)).length
  const notDeleted = deleted ? [] : [{ op: 'not-deleted' as const }]
  const tests = [...conjuncts(where), { op: 'visible' as const }, ...notDeleted]
  const purposes = [...(limit > 0 ? (['page'] as const) : []), ...(total ? (['total'] as const) : [])]
  return {
    reads: purposes.map((purpose) => ({ purpose, from: { kind: 'every' }, lists: [], tests, read })),
    thread: false,
    ms,
  }
}

export function recordsOf(types: Query['type'], { records, byType }: MemoryState): readonly StoredRecord[] {
  if (types === '*') return [...records.values()]
  return (typeof types === 'string' ? [types] : [...new Set(types)]).flatMap((type) => byType.get(type) ?? [])
}

export function ofType(type: string, types: Query['type']): boolean {
  return typeof types === 'string' ? types === '*' || types === type : types.includes(type)
}
