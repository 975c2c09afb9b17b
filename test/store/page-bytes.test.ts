/** Pages that end where their resources have too many bytes, in every store. */
import assert from 'node:assert/strict'
import { fitting } from '../../server/store/page-bytes.ts'
import type { Cursor, Query } from '../../server/search/query.ts'
import type { HistoryPosition, Store, Version } from '../../server/store/store.ts'
import { each, STORES } from './stores.ts'
import { EVERYTHING, ids, put, query, token } from './writes.ts'

/** Bytes of the text of each Goal, more or less; `é` counts twice. */
const SIZES = [100, 100, 900, 2_000, 100, 100, 100, 500, 500, 100]
const MOST = 1_000

const sizeOf = (versions: readonly Version[]): number =>
  versions.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)

function expectFitting(pages: readonly (readonly Version[])[]): void {
  for (const [index, page] of pages.entries()) {
    assert.ok(page.length === 1 || sizeOf(page) <= MOST, `${page.length} of ${sizeOf(page)} bytes`)
    // No page ends earlier than it must.
    const next = pages[index + 1]?.[0]
    if (next) assert.ok(sizeOf([...page, next]) > MOST)
  }
}

describe('store / the bytes of a page', () => {
  it('hold as many sizes as fit, and one at least', () => {
    assert.deepEqual(
      [fitting([], 10), fitting([3, 3, 4], 10), fitting([3, 3, 5], 10), fitting([11, 1], 10), fitting([1], 0)],
      [0, 3, 2, 1, 1],
    )
  })

  for (const kind of STORES) {
    describe(kind.name, () => {
      const opened = each(kind)

      async function fill(store: Store): Promise<void> {
        for (const [index, size] of SIZES.entries())
          await store.commit({
            writes: [
              put(`Goal/${index}`, {
                body: { x: 'é'.repeat(size / 2) },
                entries: [token('status', String(9 - index))],
              }),
            ],
          })
      }

      async function pagesOf(store: Store, given: Partial<Query>): Promise<readonly (readonly Version[])[]> {
        const pages: (readonly Version[])[] = []
        let after: Cursor | undefined
        do {
          const page = await store.find(query('Goal', { bytes: MOST, ...given, ...(after ? { after } : {}) }))
          pages.push(page.versions)
          after = given.backward ? page.previous : page.next
        } while (after)
        return pages
      }

      it('end a page of a search early, in any order; the pages together are everything', async () => {
        const { store } = opened
        await fill(store)
        for (const given of [{}, { sort: [{ param: 'status', kind: 'token', descending: false }] }] as const) {
          const pages = await pagesOf(store, given)
          expectFitting(pages)
          assert.ok(pages.length > 4)
          assert.equal(ids(pages.flat()), ids((await store.find(query('Goal', given))).versions))
        }
        const backward = await pagesOf(store, { backward: true })
        for (const page of backward) assert.ok(page.length === 1 || sizeOf(page) <= MOST)
        assert.equal(ids(backward.toReversed().flat()), ids((await store.find(query('Goal'))).versions))
      })

      it('count what a record was as of a sequence', async () => {
        const { store } = opened
        await fill(store)
        const asOf = await store.last()
        await store.commit({ writes: [put('Goal/3'), put('Goal/4', { body: { x: 'x'.repeat(5_000) } })] })
        const pages = await pagesOf(store, { asOf })
        expectFitting(pages)
        assert.deepEqual(
          pages.flat().map(({ version }) => version),
          SIZES.map(() => 1),
        )
      })

      it('change neither a total nor a page that has room', async () => {
        const { store } = opened
        await fill(store)
        const { versions, total } = await store.find(query('Goal', { bytes: MOST, total: true }))
        assert.deepEqual([ids(versions), total], ['0 1', SIZES.length])
        assert.equal((await store.find(query('Goal', { bytes: 100_000 }))).versions.length, SIZES.length)
        assert.equal((await store.find(query('Goal', { bytes: 100_000, limit: 2 }))).versions.length, 2)
      })

      it('end a page of a history early, in both directions', async () => {
        const { store } = opened
        await fill(store)
        for (const oldestFirst of [true, false]) {
          const pages: (readonly Version[])[] = []
          let after: HistoryPosition | undefined
          for (let more = true; more;) {
            const page = { limit: 100, bytes: MOST, oldestFirst, ...(after ? { after } : {}) }
            const found = await store.history('Goal', EVERYTHING, page)
            assert.equal(found.positions.length, found.versions.length)
            pages.push(found.versions)
            after = found.positions.at(-1)
            more = found.more
          }
          expectFitting(pages)
          const whole = await store.history('Goal', EVERYTHING, { limit: 100, oldestFirst })
          assert.equal(ids(pages.flat()), ids(whole.versions))
        }
      })
    })
  }
})
