/** The matches of a page: as the store finds them, sorted by chains, or with contained resources. */
import type { Definitions } from '../definitions/definitions.ts'
import type { DisclosingView, View } from '../records/view.ts'
import type { ParsedSearch } from '../search/parse.ts'
import type { Query } from '../search/query.ts'
import { PAGE_BYTES } from '../store/page-bytes.ts'
import type { Found } from '../store/store.ts'
import type { RecordIndex } from '../write/record-index.ts'
import { candidates, containersQuery, findContained } from './find-contained.ts'
import { followedParameters } from './include.ts'
import type { ResolvedStep } from './resolve-chains.ts'
import { findByChains, wholeQuery } from './sort-by-chains.ts'

export type FindNeeds = { readonly definitions: Definitions; readonly index: Pick<RecordIndex, 'extract'> }

type Search = {
  readonly parsed: ParsedSearch
  /** With its chains resolved. */
  readonly query: Query
  readonly insight: View
  /** Answers the page. */
  readonly view: DisclosingView
  /** Takes what was found on the way. */
  readonly steps: ResolvedStep[]
}

/** `read`: what an explanation is of. @throws OutcomeError `too-costly` */
export async function findMatches(
  { definitions, index }: FindNeeds,
  search: Search,
): Promise<{ readonly found: Found; readonly read: Query }> {
  const { parsed, query, insight, view, steps } = search
  const { includes, limits, chainedSorts: sorts, contained } = parsed
  const withEntries = includes.length > 0 ? { withEntries: followedParameters(includes) } : {}
  const page = { ...query, ...withEntries, bytes: PAGE_BYTES }
  if (contained) {
    const reading = { query: page, contained, definitions, index, limits, insight, steps }
    if (contained.shown === 'contained') return { found: await findContained(reading, view), read: candidates(reading) }
    const containers = await containersQuery(reading)
    return { found: await view.find(containers), read: containers }
  }
  // The total alone needs no order.
  if (sorts === undefined || query.limit === 0) return { found: await view.find(page), read: query }
  const found = await findByChains({ query: page, sorts, limits, insight, view, steps })
  return { found, read: wholeQuery(query, limits) }
}
