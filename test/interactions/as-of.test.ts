/** Searches as of an earlier moment, over HTTP. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import type { Store } from '../../server/store/store.ts'
import { openStore } from '../../server/store/open.ts'
import { condition, goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / as of', () => {
  let hub: Given
  let es: Client
  let board: Client
  let store: Store
  let now = Date.UTC(2026, 10, 24, 5)
  before(async () => {
    const clock = { ...createClock(), now: () => now }
    store = await openStore({ kind: 'memory' }, { clock: clock.now })
    hub = await given({}, clock, { store })
    es = hub.as('es')
    board = hub.as(undefined)
  })
  after(() => hub.stop())
  beforeEach(() => {
    now += 60_000
  })

  const later = () => (now += 1000)
  const instant = () => encodeURIComponent(new Date(now).toISOString())
  const found = async (client: Client, url: string) =>
    ((made(await client.get(url)).entry ?? []) as { resource: { id: string; meta: { versionId: string } } }[]).map(
      ({ resource }) => `${resource.id}#${resource.meta.versionId}`,
    )

  /** A goal of a new participant, changed a second later and deleted another second later. */
  async function aged() {
    const { id } = made(await es.post('/Patient', participant('es')))
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    const first = instant()
    later()
    made(await es.put(`/Goal/${one.id}`, { ...one, description: { text: 'Two' } }))
    const second = instant()
    later()
    await es.delete(`/Goal/${one.id}`)
    return { url: `/Goal?patient=${id}`, id: one.id as string, first, second, third: instant() }
  }

  it('find the records as they were at an instant', async () => {
    const { url, id, first, second, third } = await aged()
    assert.deepEqual(await found(es, `${url}&_asOf=${first}`), [`${id}#1`])
    assert.deepEqual(await found(es, `${url}&_asOf=${second}`), [`${id}#2`])
    assert.deepEqual(await found(es, `${url}&_asOf=${third}`), [])
    assert.equal(made(await es.get(`${url}&_asOf=${second}&_summary=count`)).total, 1)
    assert.deepEqual(await found(es, `${url}&_asOf=2001-01-01`), [])
  })

  it('find them as of a sequence, for the board', async () => {
    const { url, id } = await aged()
    const last = await store.last()
    assert.deepEqual(await found(board, `${url}&_asOf=${last}`), [])
    assert.deepEqual(await found(board, `${url}&_asOf=${last - 1}`), [`${id}#2`])
    assert.deepEqual(await found(board, `${url}&_asOf=0`), [])
    assert.match(refused(await board.get(`${url}&_asOf=${last + 1}`), 400, 'invalid-parameter'), /to come/)
    // Sequences count what others write.
    for (const sequence of [0, last, last + 1])
      assert.match(refused(await es.get(`${url}&_asOf=${sequence}`), 400, 'invalid-parameter'), /name an instant/)
  })

  it('show an agency no version from before it came to know of the record', async () => {
    const { id } = made(await es.post('/Patient', participant('es')))
    const one = made(await es.post('/Condition', condition(`Patient/${id}`)))
    const before = instant()
    later()
    made(await es.put(`/Condition/${one.id}`, { ...one, onsetDateTime: '2026-01' }))
    const url = `/Condition?_id=${one.id}&_asOf=${before}`
    assert.deepEqual(await found(es, url), [`${one.id}#1`])
    assert.deepEqual(await found(hub.as('vr'), url), [])
  })

  it('refuse a moment to come, and what is no moment', async () => {
    later()
    for (const value of ['2999-01-01', '2026-11-31', 'yesterday', '', '-1', '1.5', '9999999999999999'])
      refused(await board.get(`/Goal?_asOf=${value}`), 400, 'invalid-parameter')
    refused(await es.get(`/Goal?_asOf=${instant()}&_asOf=${instant()}`), 400, 'invalid-parameter')
  })

  it('give pages of that moment', async () => {
    const { id } = made(await es.post('/Patient', participant('es')))
    for (let count = 0; count < 3; count += 1) made(await es.post('/Goal', goal(`Patient/${id}`)))
    const moment = instant()
    later()
    made(await es.post('/Goal', goal(`Patient/${id}`)))
    const url = `/Goal?patient=${id}&_asOf=${moment}`
    const first = made(await es.get(`${url}&_count=2`))
    const next = first.link.find(({ relation }: { relation: string }) => relation === 'next').url.slice(hub.url.length)
    assert.equal((await found(es, next)).length, 1)
    assert.equal((await found(es, url)).length, 3)
  })
})
