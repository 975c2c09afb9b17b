/** A full disk, over HTTP: writes are refused, reads go on, and so do writes and notifications once there is room. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { openSqlite, type SqliteStore } from '../../server/store/sqlite/open.ts'
import { clientAt, made, refused, type Answer, type Client } from '../given.ts'
import { listener, type Listener } from './crash/listener.ts'
import { goal, resident, plan, subscription, triple } from '../builders/index.ts'
import { createRandom } from '../../scripts/random.ts'

const PAGE = 8192
const BALLAST = 'Told at length. '.repeat(1000)

describe('a hub whose disk is full', function () {
  this.timeout(60_000)
  let folder: string
  let store: SqliteStore
  let hub: Hub
  let es: Client
  let endpoint: Listener

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nwd-full-'))
    const clock = createClock()
    store = openSqlite(join(folder, 'hub.sqlite'), { clock: clock.now })
    const config = loadConfig({
      HUB_PORT: '0',
      HUB_LOOPBACK_ENDPOINTS: 'true',
      HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
    })
    hub = await createHub(config, { log: createLog('silent'), clock, store })
    endpoint = await listener(createRandom(1), 0)
    es = clientAt((await hub.listen()).url, 'es')
  })
  after(async () => {
    await endpoint.close()
    await hub.stop()
    rmSync(folder, { recursive: true })
  })

  it('refuses writes with 507, answers reads, keeps its promises, and goes on when there is room', async () => {
    const created = made(await es.post('/Subscription', subscription(endpoint.url, { topic: 'participant-updated' })))
    await endpoint.greeted
    let patient = made(await es.post('/Patient', resident('es', 'full')))
    const subject = `Patient/${patient.id}`
    const aim = made(await es.post('/Goal', goal(subject, 'proposed')))
    patient = made(await es.put(`/${subject}`, { ...patient, language: 'en' }, 1))
    await endpoint.eventAbout(`/${subject}`)

    store.limitPages(Math.ceil((await store.stats()).bytes / PAGE) + 40)
    const kept = await fill(es, subject)
    const everyWrite: readonly (() => Promise<Answer>)[] = [
      () => es.post('/Goal', long(subject, 'create')),
      () => es.put(`/${subject}`, { ...patient, text: narrative() }, 2),
      () => es.put(`/Goal/${aim.id}`, { ...aim, description: { text: BALLAST } }),
      () => es.post('', { ...triple('es', 'one too many'), entry: bulk(subject) }),
      () => es.post('/CarePlan', { ...plan('es', subject, `Goal/${aim.id}`), text: narrative() }),
    ]
    for (const write of everyWrite) assert.match(refused(await write(), 507, 'store-full'), /make room/i)
    const batch = await es.post('', { resourceType: 'Bundle', type: 'batch', entry: bulk(subject).slice(0, 1) })
    assert.match(batch.body.entry[0].response.status, /^507/)

    await readsGoOn(es, subject, kept)
    store.limitPages(1_000_000)
    for (const name of ['one', 'two', 'three']) kept.push(made(await es.post('/Goal', long(subject, name))))
    made(await es.put(`/${subject}`, { ...patient, language: 'es' }, 2))
    const other = made(await es.post('/Patient', resident('es', 'after')))
    made(await es.put(`/Patient/${other.id}`, { ...other, language: 'es' }, 1))
    await endpoint.eventAbout(`/Patient/${other.id}`)
    await readsGoOn(es, subject, kept)
    const status = await es.get(`/Subscription/${created.id}/$status`)
    assert.equal(status.status, 200)
  })
})

const long = (subject: string, name: string) => ({
  ...goal(subject, 'proposed'),
  description: { text: `${name} ${BALLAST}` },
})
const narrative = () => ({ status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${BALLAST}</div>` })
const bulk = (subject: string) =>
  Array.from({ length: 20 }, (_, index) => ({
    resource: long(subject, `bulk ${index}`),
    request: { method: 'POST', url: 'Goal' },
  }))

/** Writes goals until there is no room for another; answers those that were made. */
async function fill(client: Client, subject: string): Promise<Answer['body'][]> {
  const kept: Answer['body'][] = []
  // A group is refused as a whole, and may leave room for one of its writes: at last one at a time.
  for (const atOnce of [4, 1]) {
    for (let refusals = 0, turn = 0; refusals < atOnce; turn++) {
      assert.ok(turn < 200, 'It never was full.')
      const name = (index: number): string => `${atOnce} ${turn} ${index}`
      const answers = await Promise.all(
        Array.from({ length: atOnce }, (_, index) => client.post('/Goal', long(subject, name(index)))),
      )
      const made = answers.filter(({ status }) => status === 201)
      kept.push(...made.map(({ body }) => body))
      refusals = atOnce - made.length
      for (const answer of answers) if (answer.status !== 201) refused(answer, 507, 'store-full')
    }
  }
  return kept
}

/** Every promised goal is there as it was answered, by read, by version and by search; nothing else is. */
async function readsGoOn(client: Client, subject: string, kept: readonly Answer['body'][]): Promise<void> {
  for (const one of kept) {
    assert.deepEqual((await client.get(`/Goal/${one.id}`)).body, one)
    assert.deepEqual((await client.get(`/Goal/${one.id}/_history/1`)).body, one)
  }
  assert.equal((await client.get(`/${subject}/_history`)).status, 200)
  const found = await client.get(`/Goal?patient=${subject}&_total=accurate&_count=0`)
  assert.equal(found.body.total, kept.length + 1)
}
