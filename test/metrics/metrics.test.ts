import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { createClock } from '../../server/clock.ts'
import { createProcessMetrics } from '../../server/metrics/process.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import { participant, subscription } from '../builders/index.ts'
import { tableRows, textOf } from '../checks/markdown.ts'
import { given, made, type Given } from '../given.ts'
import { referTo } from '../jobs/clocked-hub.ts'
import { parseExposition, valueOf, type Exposition } from './exposition.ts'

const MINUTE = 60_000

/** What the board is answered at the hub's own port. */
async function scrape({ url }: Given): Promise<Exposition> {
  const response = await fetch(new URL('/metrics', url))
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return parseExposition(await response.text())
}

describe('metrics / of a hub', () => {
  const clock = { now: Date.parse('2026-06-01T12:00:00Z') }
  let hub: Given
  let store: Store
  /** Referral counts of the hub, each of which reads every Task. */
  let counts = 0

  before(async () => {
    const now = () => clock.now
    const opened = await openStore({ kind: 'memory' }, { clock: now })
    store = {
      ...opened,
      all: (query) => {
        if (query.type === 'Task') counts += 1
        return opened.all(query)
      },
    }
    const settings = { HUB_METRICS_PORT: '0', HUB_LOOPBACK_ENDPOINTS: 'true' }
    hub = await given(settings, createClock(now), { store, processMetrics: createProcessMetrics() })
  })
  after(() => hub.stop())

  it('are answered to the board, and are all documented', async () => {
    const documented = tableRows(textOf('docs/operate.md'), ['metric', 'type', 'labels', 'what it is'])
    const families = await scrape(hub)
    assert.ok(families.size > 40, `${families.size} metrics`)
    const undocumented = [...families].filter(
      ([name, { type }]) => !documented.some(([one, kind]) => one === `\`${name}\`` && kind === type),
    )
    assert.deepEqual(undocumented, [])
  })

  it('are answered at a port of their own, too, to whoever comes from this machine', async () => {
    const at = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${hub.metricsPort}${path}`, init)
    const answer = await at('/metrics', { headers: { 'X-Agency': 'nobody' } })
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    const names = (families: Exposition) => [...families.keys()].filter((name) => !name.startsWith('nodejs_'))
    assert.deepEqual(names(parseExposition(await answer.text())), names(await scrape(hub)))
    const head = await at('/metrics', { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/fhir/Patient'],
      ['GET', '/metrics/x'],
      ['POST', '/metrics'],
    ] as const)
      assert.equal((await at(path, { method })).status, 404, `${method} ${path}`)
  })

  it('have a port of their own on 127.0.0.1 and on no other address of the machine', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list)
    const others = addresses.filter(({ address, family }) => family === 'IPv4' && address !== '127.0.0.1')
    // Every address of 127.0.0.0/8 is this machine's, too.
    for (const address of ['127.0.0.2', ...others.map((one) => one.address)])
      await assert.rejects(fetch(`http://${address}:${hub.metricsPort}/metrics`), `${address} answers`)
  })

  it('count the requests, and name no type that the hub does not offer', async () => {
    const [es, total] = [hub.as('es'), 'hub_requests_total']
    const number = async (labels: string) => valueOf(await scrape(hub), `${total}{${labels}}`) ?? 0
    const before = await number('interaction="read",type="Patient",status="4xx"')
    await es.get('/Patient/nobody')
    await es.get('/Secret/nobody')
    await es.get('/Patient/$match/x/y/z')
    assert.equal(await number('interaction="read",type="Patient",status="4xx"'), before + 1)
    assert.equal(await number('interaction="read",type="other",status="4xx"'), 1)
    assert.ok((await number('interaction="none",type="none",status="4xx"')) >= 1)
    assert.doesNotMatch(JSON.stringify([...(await scrape(hub)).get(total)!.samples.keys()]), /Secret|nobody|"es"/)
  })

  it('count each referral in its state, and say as of when', async () => {
    clock.now += MINUTE
    await referTo(hub.as('es'), 'M-1')
    clock.now += MINUTE
    const families = await scrape(hub)
    assert.equal(valueOf(families, 'referrals_unaccounted'), 0)
    assert.equal(valueOf(families, 'hub_referrals{state="armed"}'), 1)
    assert.equal(valueOf(families, 'hub_jobs{kind="referral-timer",state="scheduled"}'), 1)
    assert.equal(valueOf(families, 'hub_figures_timestamp_seconds{figures="referrals"}'), clock.now / 1000)
    assert.equal(valueOf(families, 'hub_sequence'), await store.last())
  })

  it('count the referrals once for all scrapes of half a minute', async () => {
    clock.now += MINUTE
    counts = 0
    await Promise.all([scrape(hub), scrape(hub), scrape(hub)])
    assert.equal(counts, 1)
    clock.now += MINUTE / 3
    await scrape(hub)
    assert.equal(counts, 1)
    clock.now += MINUTE / 3
    await scrape(hub)
    assert.equal(counts, 2)
  })

  it('show a referral that no timer watches', async () => {
    clock.now += MINUTE
    const task = await referTo(hub.as('es'), 'M-2')
    const { jobs } = store
    const mine = (await jobs.list({ kinds: ['referral-timer'], key: task.id, limit: 1 })).jobs[0]!
    const [claimed] = (await jobs.claim({ kinds: [mine.kind], now: mine.due, lease: 1, max: 9 })).filter(
      ({ key }) => key === task.id,
    )
    await jobs.settle(claimed!, { failed: 'on purpose' })
    clock.now += MINUTE
    const families = await scrape(hub)
    assert.equal(valueOf(families, 'referrals_unaccounted'), 1)
    assert.equal(valueOf(families, 'hub_referrals{state="unaccounted"}'), 1)
    assert.equal(valueOf(families, 'hub_jobs{kind="referral-timer",state="failed"}'), 1)
  })

  it('count subscriptions by status, and how far the readers of the log are behind', async () => {
    made(await hub.as('es').post('/Subscription', subscription('http://127.0.0.1:9/hook')))
    await hub.hub.catchUp()
    clock.now += MINUTE
    const families = await scrape(hub)
    const statuses = [...families.get('hub_subscriptions')!.samples.values()]
    assert.equal(
      statuses.reduce((sum, count) => sum + count, 0),
      1,
    )
    for (const reader of ['matcher', 'offers', 'process-state'])
      for (const unit of ['commits', 'seconds'])
        assert.ok(valueOf(families, `hub_log_reader_lag_${unit}{reader="${reader}"}`)! >= 0, `${reader} ${unit}`)
  })

  it('tell nothing that a record holds', async () => {
    made(await hub.as('es').post('/Patient', participant('es', { family: 'Quartermaine', number: 'M-3' })))
    clock.now += MINUTE
    const response = await fetch(new URL('/metrics', hub.url))
    assert.doesNotMatch(await response.text(), /Quartermaine|M-3|Organization|"(?:es|vr|abe|dhs|board)"/)
  })
})
