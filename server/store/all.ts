/** Everything that a query matches, as the pages of `find` as of one sequence. */
import { nextTurn } from '../fhir/turns.ts'
import type { Cursor } from '../search/query.ts'
import { PAGE_BYTES } from './page-bytes.ts'
import type { FoundVersion, Store, WholeQuery } from './store.ts'

/** Versions read at once: most often some hundred kilobytes of text. */
const PAGE = 200

/**
 * Store.all for a store that has `find`. The first page is of the present, where the query names no sequence: most often
 * it is the only one, and the present is read faster than a sequence is.
 */
export async function* allOf(query: WholeQuery, store: Pick<Store, 'find'>): AsyncGenerator<FoundVersion> {
  let asOf = query.asOf
  let after: Cursor | undefined
  do {
    const page = await store.find({
      ...query,
      ...(asOf === undefined ? {} : { asOf }),
      limit: PAGE,
      bytes: PAGE_BYTES,
      total: false,
      ...(after === undefined ? {} : { after }),
    })
    yield* page.versions
    after = page.next
    asOf ??= page.sequence
    if (after !== undefined) await nextTurn()
  } while (after !== undefined)
}
