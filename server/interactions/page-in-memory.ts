/** Pages of a search whose hits are all in memory: sorted, cut to the limits of a page, and read as the caller. */
import { keyText, type Key } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import { ofKeys } from '../search/keys.ts'
import { directedOrder, pageOf, positionOf, type SortPosition } from '../search/match.ts'
import type { Query } from '../search/query.ts'
import { fitting } from '../store/page-bytes.ts'
import type { Found, FoundVersion } from '../store/store.ts'

/** `size`: bytes of the text that a page shows of it. */
type SizedHit = Key & SortPosition & { readonly size: number }

type Page = {
  readonly query: Query
  readonly sort: NonNullable<Query['sort']>
  /** The sequence as of which the hits were read. */
  readonly asOf: number
}

/** `hits` are sorted in place. `read` answers the versions of those that the page shows. */
export async function pageInMemory<Hit extends SizedHit>(
  hits: Hit[],
  { query, sort, asOf }: Page,
  read: (shown: readonly Hit[]) => Promise<readonly FoundVersion[]>,
): Promise<Found> {
  const { after, limit, bytes, total, backward } = query
  const directed = directedOrder({ sort, ...(backward ? { backward } : {}) })
  hits.sort(directed)
  const rest = after ? hits.filter((hit) => directed(hit, positionOf(after)) > 0) : hits
  const sizes = rest.slice(0, limit).map(({ size }) => size)
  const fits = Math.min(limit, bytes === undefined ? Infinity : fitting(sizes, bytes))
  const { shown, ...links } = pageOf({ ...query, limit: fits }, rest)
  return {
    versions: await read(shown),
    ...links,
    ...(links.next || links.previous ? { sequence: asOf } : {}),
    ...(total ? { total: hits.length } : {}),
  }
}

/** For each of these keys what `make` answers of its version, in their order; those that are not found are left out. */
export async function readHits<Hit extends Key>(
  hits: readonly Hit[],
  { asOf, withEntries }: Pick<Query, 'withEntries'> & { readonly asOf: number },
  view: View,
  make: (version: FoundVersion, hit: Hit) => readonly FoundVersion[],
): Promise<readonly FoundVersion[]> {
  if (hits.length === 0) return []
  const keys = [...new Map(hits.map((hit) => [keyText(hit), hit])).values()]
  const page = { ...ofKeys(keys), limit: keys.length, asOf, ...(withEntries ? { withEntries } : {}) }
  const { versions } = await view.find(page)
  const byKey = new Map(versions.map((version) => [keyText(version), version]))
  return hits.flatMap((hit) => {
    const version = byKey.get(keyText(hit))
    return version === undefined ? [] : make(version, hit)
  })
}
