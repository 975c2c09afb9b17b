/** Everything that a query matches, as the pages of `find` as of one sequence. */
import { nextTurn } from '../fhir/turns.ts'
import type { Cursor } from '../search/query.ts'
import { PAGE_BYTES } from './page-bytes.ts'
import type { FoundVersion, Store, WholeQuery } from './store.ts'

/** Versions read at once: most often some hundred kilobytes of text. */
const PAGE = 200

/** Store.all for a store that has `find` and `last`. */
export async function* allOf(query: WholeQuery, store: Pick<Store, 'find' | 'last'>): AsyncGenerator<FoundVersion> {
  const asOf = query.asOf ?? (await store.last())
  let after: Cursor | undefined
  do {
    const page = await store.find({
      ...query,
      asOf,
      limit: PAGE,
      bytes: PAGE_BYTES,
      total: false,
      ...(after === undefined ? {} : { after }),
    })
    yield* page.versions
    after = page.next
    if (after !== undefined) await nextTurn()
  } while (after !== undefined)
}
