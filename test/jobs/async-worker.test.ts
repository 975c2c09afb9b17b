/** Requests in the background when the hub stops: what runs is ended, and what becomes of it afterwards. */
import assert from 'node:assert/strict'
import type { AsyncRequestNeeds } from '../../server/jobs/async-request.ts'
import { createAsyncWorker } from '../../server/jobs/async-worker.ts'
import {
  ASYNC_REQUEST,
  asyncEntry,
  changeAsync,
  readAsyncRequests,
  type AsyncKind,
} from '../../server/write/async-requests.ts'
import { START, STORES, type Opened } from '../store/stores.ts'

for (const kind of STORES)
  describe(`jobs / async worker, ${kind.name}`, () => {
    let opened: Opened
    before(async () => (opened = await kind.open()))
    after(() => opened.close())

    const workerThat = (answer: AsyncRequestNeeds['answer']) =>
      createAsyncWorker({
        ...{ store: opened.store, clock: { now: () => START }, progress: new Map(), retention: 1_000, answer },
        unanswered: async (_id, why) => why,
        log: { error: () => undefined },
      })
    const accept = (id: string, of: AsyncKind): Promise<void> =>
      changeAsync<void>(opened.store, { agency: 'es', id }, () => {
        const jobs = [{ kind: ASYNC_REQUEST, key: id, due: START, payload: { agency: 'es', kind: of } }]
        return { answer: undefined, change: { entry: { id, state: 'accepted' }, jobs } }
      })
    const stateOf = async (id: string) => asyncEntry(await readAsyncRequests(opened.store, 'es'), id)?.state
    const resultOf = async (id: string): Promise<unknown> => {
      const { jobs } = await opened.store.jobs.list({ kinds: [ASYNC_REQUEST], key: id, limit: 1 })
      return (jobs[0]?.payload as { readonly result?: unknown } | undefined)?.result
    }

    const AFTERWARDS: readonly (readonly [AsyncKind, string])[] = [
      ['reads', 'the answer'],
      ['transaction', 'the answer'],
      ['writes', 'unknown'],
    ]
    for (const [of, result] of AFTERWARDS)
      it(`ends a request that runs (${of}), and the next process begins it at most once where it writes`, async () => {
        await accept(of, of)
        let begun: () => void
        const isBegun = new Promise<void>((resolve) => (begun = resolve))
        const stopped = workerThat((_id, _payload, { signal }) => {
          begun()
          return new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          )
        })
        stopped.start()
        await isBegun
        await stopped.stop(0)
        assert.deepEqual([await stateOf(of), await resultOf(of)], ['running', undefined])
        await workerThat(async () => 'the answer').runDue()
        assert.deepEqual([await stateOf(of), await resultOf(of)], ['done', result])
      })
  })
