/** `nwd reindex`: what it prints and how it ends. */
import assert from 'node:assert/strict'
import { reindexStore } from '../../server/cli/reindex.ts'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store } from '../../server/store/store.ts'
import { participant } from '../builders/index.ts'
import { searchParameter } from '../builders/definitions.ts'
import { clientAt, made } from '../given.ts'
import { STORES, type Opened } from '../store/stores.ts'

const SQLITE = STORES.find(({ name }) => name === 'sqlite')!

describe('cli / reindex', function () {
  this.timeout(30_000)
  let opened: Opened
  before(async () => (opened = await SQLITE.open()))
  after(() => opened.close())

  async function over(more: Partial<Store> = {}): Promise<Hub> {
    const store: Store = { ...opened.store, ...more, close: async () => undefined }
    const config = loadConfig({ HUB_PORT: '0', HUB_STORE: 'memory:', HUB_SSN_KEY: 'x'.repeat(40) })
    return createHub(config, { log: createLog('silent'), clock: createClock(), store })
  }
  async function run(hub: Hub, isTTY = false) {
    const text = { out: '', err: '' }
    const stream = (name: 'out' | 'err') => ({ isTTY, write: (more: string) => (text[name] += more) })
    const code = await reindexStore(hub, { out: stream('out'), err: stream('err') })
    await hub.stop()
    return { code, ...text }
  }

  it('completes what a hub that was stopped left, where it failed before too, and says when there is nothing to do', async () => {
    const claim: Store['jobs']['claim'] = (query) =>
      opened.store.jobs.claim({ ...query, kinds: query.kinds.filter((one) => one !== 'reindex') })
    const hub = await over({ jobs: { ...opened.store.jobs, claim } })
    const { url } = await hub.listen()
    const { id } = made(await clientAt(url, 'es').post('/Patient', participant('es')))
    made(await clientAt(url).put('/SearchParameter/is-active', searchParameter('is-active')))
    await hub.stop()

    const commit: Store['commit'] = (work) =>
      opened.store.commit({ ...work, writes: (work.writes ?? []).filter(({ kind }) => kind !== 'entries') })
    const lost = await run(await over({ commit }))
    assert.equal(lost.code, 1)
    assert.match(
      lost.err,
      /cannot be completed: The index of `is-active` does not fit Patient\/\S+, .*run `nwd reindex` again/,
    )
    assert.equal(lost.out, '')

    assert.deepEqual(await run(await over()), { code: 0, out: 'Patient: the index is complete\n', err: '' })
    const next = await run(await over(), true)
    assert.deepEqual(next, { code: 0, out: 'Every index is complete; there was nothing to do.\n', err: '' })
    const last = await over()
    const found = made(await clientAt((await last.listen()).url, 'es').get('/Patient?is-active=true'))
    assert.deepEqual(
      found.entry.map(({ resource }: { resource: { id: string } }) => resource.id),
      [id],
    )
    await last.stop()
  })

  it('shows on a terminal how far a type is', async () => {
    const hub: Pick<Hub, 'reindex'> = {
      reindex: async (report) => {
        report({ type: 'Task', done: 100, total: 250, complete: false })
        report({ type: 'Task', done: 250, total: 250, complete: true })
      },
    }
    const text = { out: '', err: '' }
    const stream = (name: 'out' | 'err') => ({ isTTY: true, write: (more: string) => (text[name] += more) })
    assert.equal(await reindexStore(hub, { out: stream('out'), err: stream('err') }), 0)
    assert.match(text.err, /Task: 100 of 250 records/)
    assert.equal(text.out, 'Task: the index is complete\n')
  })
})
