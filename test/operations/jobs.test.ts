/** $jobs and $retry-job: what the board sees of the work that the hub does outside of requests. */
import assert from 'node:assert/strict'
import { JOB_KINDS } from '../../server/jobs/kinds.ts'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store } from '../../server/store/store.ts'
import { clientAt, made, refused, type Answer, type Client } from '../given.ts'
import { each, STORES } from '../store/stores.ts'

type Job = Readonly<Record<string, string | number>>

for (const kind of STORES) {
  describe(`operations / $jobs over ${kind.name}`, () => {
    const opened = each(kind)
    let hub: Hub
    let board: Client
    let es: Client
    beforeEach(async () => {
      const config = loadConfig({
        HUB_PORT: '0',
        HUB_STORE: 'memory:',
        HUB_SEED: 'none',
        HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
      })
      const store: Store = { ...opened.store, close: async () => undefined }
      const clock = createClock(() => opened.clock.now)
      hub = await createHub(config, { log: createLog('silent'), clock, store })
      const { url } = await hub.listen()
      board = clientAt(url)
      es = clientAt(url, 'es')
    })
    afterEach(() => hub.stop())

    const later = (key: string, more = {}) => ({ kind: 'expire', key, due: opened.clock.now + 60_000, ...more })
    const jobsOf = (answer: Answer): Job[] =>
      ((made(answer).parameter ?? []) as { name: string; part: { name: string }[] }[])
        .filter(({ name }) => name === 'job')
        .map(({ part }) =>
          Object.fromEntries(
            part.map(({ name, ...value }) => [name, Object.values(value)[0] as unknown as string | number]),
          ),
        )
    const keys = (answer: Answer) => jobsOf(answer).map(({ key }) => key)
    const nextOf = (answer: Answer): string | undefined =>
      (answer.body.parameter ?? []).find(({ name }: { name: string }) => name === 'next')?.valueString
    /** Makes a job that failed: claimed by a worker that is none of the hub's, and settled so. */
    async function failed(key: string, error: string): Promise<void> {
      await opened.store.commit({ jobs: [{ kind: 'heartbeat', key, due: 0 }] })
      const now = opened.clock.now
      const claimed = await opened.store.jobs.claim({ kinds: ['heartbeat'], now, lease: 1_000, max: 10 })
      for (const job of claimed) await opened.store.jobs.settle(job, { failed: error })
    }

    it('shows the board what waits, by due time, kind and key', async () => {
      await opened.store.commit({ jobs: [later('b', { due: opened.clock.now + 90_000 }), later('a')] })
      const jobs = jobsOf(await board.get('/$jobs?kind=expire'))
      assert.deepEqual(jobs[0], {
        kind: 'expire',
        key: 'a',
        state: 'scheduled',
        attempts: 0,
        due: new Date(opened.clock.now + 60_000).toISOString(),
      })
      assert.deepEqual(
        jobs.map(({ key }) => key),
        ['a', 'b'],
      )
      assert.deepEqual(keys(await board.get('/$jobs?state=failed')), [])
    })

    it('goes through pages of them by a cursor', async () => {
      await opened.store.commit({ jobs: ['a', 'b', 'c', 'd', 'e'].map((key) => later(key)) })
      const found: unknown[] = []
      let cursor: string | undefined = ''
      while (cursor !== undefined) {
        const answer: Answer = await board.get(`/$jobs?kind=expire&count=2${cursor && `&cursor=${cursor}`}`)
        found.push(...keys(answer))
        cursor = nextOf(answer)
      }
      assert.deepEqual(found, ['a', 'b', 'c', 'd', 'e'])
    })

    it('shows a failed job with its error until the board makes it ready again', async () => {
      await hub.stop()
      await failed('s', 'RangeError')
      const store: Store = { ...opened.store, close: async () => undefined }
      const config = loadConfig({ HUB_PORT: '0', HUB_STORE: 'memory:', HUB_SEED: 'none', HUB_SSN_KEY: 'x'.repeat(40) })
      hub = await createHub(config, { log: createLog('silent'), clock: createClock(() => opened.clock.now), store })
      board = clientAt((await hub.listen()).url)
      const [job] = jobsOf(await board.get('/$jobs?state=failed'))
      assert.deepEqual([job?.kind, job?.key, job?.state, job?.error], ['heartbeat', 's', 'failed', 'RangeError'])
      made(await board.post('/$retry-job?kind=heartbeat&key=s'))
      refused(await board.post('/$retry-job?kind=heartbeat&key=s'), 404, 'not-found')
      assert.deepEqual(keys(await board.get('/$jobs?state=failed')), [])
    })

    it('refuses values that it does not take', async () => {
      for (const query of ['state=lost', 'kind=nothing', 'count=0', 'count=1000', 'cursor=nonsense'])
        refused(await board.get(`/$jobs?${query}`), 400, 'invalid-parameter')
      refused(await board.post('/$retry-job?kind=deliver'), 400, 'invalid-parameter')
    })

    it('is an unknown address for an agency', async () => {
      refused(await es.get('/$jobs'), 404, 'unknown-address')
      refused(await es.post('/$retry-job?kind=deliver&key=s'), 404, 'unknown-address')
    })

    it('shows only kinds of the table', async () => {
      const kinds = jobsOf(await board.get('/$jobs')).map((job) => job.kind)
      const table = JOB_KINDS.map((one) => one.kind)
      assert.deepEqual(
        kinds.filter((one) => !table.includes(String(one))),
        [],
      )
    })
  })
}
