/** History of a type and of the system: https://hl7.org/fhir/R4/http.html#history */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { condition, goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

type Page = {
  readonly total?: number
  readonly link: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly {
    readonly fullUrl: string
    readonly request: { readonly method: string }
    readonly response: { readonly etag: string; readonly lastModified: string }
  }[]
}

describe('interactions / history of types', () => {
  let hub: Given
  let es: Client
  let now = Date.UTC(2026, 10, 24, 5)
  before(async () => {
    hub = await given({}, { ...createClock(), now: () => now })
    es = hub.as('es')
  })
  after(() => hub.stop())
  beforeEach(() => {
    now += 3_600_000
  })

  const shown = ({ entry = [] }: Page) =>
    entry.map(({ fullUrl, request, response }) => `${request.method} ${fullUrl.split('/').at(-1)} ${response.etag}`)
  const link = (page: Page, relation: string) =>
    page.link.find((one) => one.relation === relation)?.url.slice(hub.url.length)
  const get = async (client: Client, url: string) => made(await client.get(url)) as Page
  /** All pages that a link leads to, beginning with a page. */
  async function follow(client: Client, first: string, relation = 'next'): Promise<string[][]> {
    const pages: string[][] = []
    for (let url: string | undefined = first; url !== undefined;) {
      const page: Page = await get(client, url)
      assert.ok(page.link.every((one) => one.url.length <= 4096))
      pages.push(shown(page))
      url = link(page, relation)
    }
    return pages
  }
  const instant = () => encodeURIComponent(new Date(now).toISOString())

  /** Two goals of a new participant, each changed once, the first deleted at last; a second passes before each write. */
  async function aged() {
    now += 1000
    const since = instant()
    const step = () => (now += 1000)
    const { id: patient } = made(await es.post('/Patient', participant('es')))
    const goals = []
    for (let count = 0; count < 2; count += 1) {
      step()
      goals.push(made(await es.post('/Goal', goal(`Patient/${patient}`))))
    }
    for (const one of goals) {
      step()
      made(await es.put(`/Goal/${one.id}`, { ...one, description: { text: 'Changed' } }))
    }
    step()
    assert.equal((await es.delete(`/Goal/${goals[0].id}`)).status, 204)
    const [a, b] = goals.map(({ id }) => id as string)
    return {
      since,
      patient: patient as string,
      a: a!,
      b: b!,
      ofGoals: [`DELETE ${a} W/"3"`, `PUT ${b} W/"2"`, `PUT ${a} W/"2"`, `POST ${b} W/"1"`, `POST ${a} W/"1"`],
    }
  }

  it('lists the versions of a type, or of every type, the newest first', async () => {
    const { since, patient, ofGoals } = await aged()
    const goals = await get(es, `/Goal/_history?_since=${since}`)
    assert.deepEqual(shown(goals), ofGoals)
    assert.equal(goals.total, undefined)
    const everything = shown(await get(es, `/_history?_since=${since}`))
    assert.deepEqual(everything, [...ofGoals, `POST ${patient} W/"1"`])
  })

  it('gives pages in either direction that together are the whole, by links of the page', async () => {
    const { since, ofGoals } = await aged()
    for (const [sort, expected] of [
      ['', ofGoals],
      ['&_sort=-_lastUpdated', ofGoals],
      ['&_sort=_lastUpdated', ofGoals.toReversed()],
    ] as const) {
      for (const count of [1, 2, 3, 5]) {
        const url = `/Goal/_history?_since=${since}${sort}&_count=${count}`
        const pages = await follow(es, url)
        assert.deepEqual(pages.flat(), expected)
        let last = url
        for (let next: string | undefined = url; next !== undefined; next = link(await get(es, next), 'next'))
          last = next
        const back = await follow(es, last, 'previous')
        assert.deepEqual(back.toReversed().flat(), expected)
        if (pages.length > 1) assert.deepEqual(shown(await get(es, link(await get(es, last), 'first')!)), pages[0])
      }
    }
  })

  it('holds its pages together while others write', async () => {
    for (const sort of ['-_lastUpdated', '_lastUpdated']) {
      const { since, patient, ofGoals } = await aged()
      const seen: string[] = []
      for (let url: string | undefined = `/Goal/_history?_since=${since}&_sort=${sort}&_count=2`; url !== undefined;) {
        const page: Page = await get(es, url)
        seen.push(...shown(page))
        made(await es.post('/Goal', goal(`Patient/${patient}`)))
        url = link(page, 'next')
      }
      assert.deepEqual(seen, sort === '_lastUpdated' ? ofGoals.toReversed() : ofGoals)
    }
  })

  it('is a feed of changes without an order by time: the last link shows later what came since', async () => {
    const { since, patient, ofGoals } = await aged()
    const pages: Page[] = []
    for (let url: string | undefined = `/Goal/_history?_since=${since}&_sort=none&_count=4`; url !== undefined;) {
      pages.push(await get(es, url))
      url = link(pages.at(-1)!, 'next')
    }
    assert.deepEqual(pages.flatMap(shown), ofGoals.toReversed())
    const onward = link(pages.at(-2)!, 'next')!
    assert.deepEqual(shown(await get(es, onward)), [])
    const { id } = made(await es.post('/Goal', goal(`Patient/${patient}`)))
    assert.deepEqual(shown(await get(es, onward)), [`POST ${id} W/"1"`])
  })

  it('cuts by time: since, before, and what was current at a time or in a period', async () => {
    const { since, a, b, ofGoals } = await aged()
    const times = (await get(es, `/Goal/_history?_since=${since}`)).entry!.map(({ response }) => response.lastModified)
    const [, , third, , first] = times.map(encodeURIComponent)
    const goals = async (query: string) => shown(await get(es, `/Goal/_history?_since=${since}&${query}`))
    assert.deepEqual(await goals(`_before=${third}`), ofGoals.slice(3))
    assert.deepEqual(await goals(`_at=${first}`), ofGoals.slice(4))
    assert.deepEqual(await goals(`_at=${third}`), [`PUT ${a} W/"2"`, `POST ${b} W/"1"`])
    assert.deepEqual(await goals(`_at=ge${third}&_at=lt${times[0]}`), ofGoals.slice(1, 4))
    assert.deepEqual(await goals('_at=2999'), [`PUT ${b} W/"2"`])
    assert.deepEqual(await goals('_at=lt2000'), [])
  })

  it('counts on request, and only what the caller may know', async () => {
    const { since, ofGoals } = await aged()
    const url = `/Goal/_history?_since=${since}&_total=accurate&_count=0`
    const page = await get(es, url)
    assert.deepEqual([page.total, page.entry, link(page, 'next')], [ofGoals.length, undefined, undefined])
    assert.equal((await get(hub.as('abe'), url)).total, 0)
  })

  it('shows an agency the versions since it came to know, and the others as if they were not there', async () => {
    const since = instant()
    const { id } = made(await es.post('/Patient', participant('es')))
    const one = made(await es.post('/Condition', condition(`Patient/${id}`)))
    now += 1000
    made(await es.put(`/Condition/${one.id}`, { ...one, onsetDateTime: '2026-01' }))
    for (const url of [`/Condition/_history?_since=${since}`, `/_history?_since=${since}`]) {
      assert.deepEqual(shown(await get(hub.as('vr'), url)), [])
      assert.equal(shown(await get(hub.as(undefined), url)).filter((text) => text.includes(one.id)).length, 2)
    }
  })

  it('refuses a cursor of another history or other parameters, and takes another page size', async () => {
    const { since } = await aged()
    const next = link(await get(es, `/Goal/_history?_since=${since}&_count=1`), 'next')!
    assert.equal(shown(await get(es, next.replace('_count=1', '_count=3'))).length, 3)
    for (const other of [
      next.replace('/Goal', '/Task'),
      next.replace('/Goal', ''),
      `${next}&_at=2026`,
      next.slice(0, -4),
    ])
      refused(await es.get(other), 400, 'invalid-parameter')
  })

  it('refuses the history of a type that there is not', async () => {
    refused(await es.get('/Medication/_history'), 404, 'unknown-type')
  })
})
