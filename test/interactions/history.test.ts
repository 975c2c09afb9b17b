/** history of an instance: https://hl7.org/fhir/R4/http.html#history */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / history', () => {
  let hub: Given
  let es: Client
  let now = Date.UTC(2026, 5, 1)
  before(async () => {
    hub = await given(
      {},
      createClock(() => now),
    )
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async () => made(await es.post('/Patient', participant('es')))

  type HistoryPage = {
    readonly total: number
    readonly link: readonly { readonly relation: string; readonly url: string }[]
    readonly entry?: readonly {
      readonly request: { readonly method: string }
      readonly response: { readonly etag: string }
    }[]
  }
  const versions = (page: HistoryPage) =>
    (page.entry ?? []).map(({ request, response }) => `${request.method} ${response.etag}`)
  const next = ({ link }: HistoryPage) => link.find(({ relation }) => relation === 'next')?.url.slice(hub.url.length)

  /** A goal of five versions: created, updated three times, deleted. */
  const aged = async (): Promise<string> => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    for (const text of ['Two', 'Three', 'Four'])
      made(await es.put(`/Goal/${one.id}`, { ...one, description: { text } }))
    assert.equal((await es.delete(`/Goal/${one.id}`)).status, 204)
    return `/Goal/${one.id}/_history`
  }

  it('lists every version, the newest first, a deletion without a resource', async () => {
    const { body } = await es.get(await aged())
    assert.deepEqual([body.type, body.total], ['history', 5])
    assert.deepEqual(versions(body), ['DELETE W/"5"', 'PUT W/"4"', 'PUT W/"3"', 'PUT W/"2"', 'POST W/"1"'])
    assert.deepEqual(
      body.entry.map((one: { resource?: { description: { text: string } } }) => one.resource?.description.text),
      [undefined, 'Four', 'Three', 'Two', 'High school equivalency'],
    )
  })

  it('gives pages that together are the whole', async () => {
    const found: string[] = []
    let url: string | undefined = `${await aged()}?_count=2`
    while (url !== undefined) {
      const page = made(await es.get(url)) as HistoryPage
      assert.equal(page.total, 5)
      found.push(...versions(page))
      url = next(page)
    }
    assert.deepEqual(found, ['DELETE W/"5"', 'PUT W/"4"', 'PUT W/"3"', 'PUT W/"2"', 'POST W/"1"'])
  })

  it('gives only what came since an instant', async () => {
    const address = await aged()
    assert.equal(made(await es.get(`${address}?_since=2001-01-01T00:00:00Z`)).entry.length, 5)
    assert.equal(made(await es.get(`${address}?_since=2999-01-01T00:00:00Z`)).entry, undefined)
  })

  it('is cut by _since, _before and _at, and sorted either way', async () => {
    const { id } = await newPatient()
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    for (const text of ['Two', 'Three']) {
      now += 1000
      made(await es.put(`/Goal/${one.id}`, { ...one, description: { text } }))
    }
    const [third, second, first] = ['PUT W/"3"', 'PUT W/"2"', 'POST W/"1"']
    const ago = (ms: number) => new Date(now - ms).toISOString()
    const found = async (query: string) => versions(made(await es.get(`/Goal/${one.id}/_history?${query}`)))
    assert.deepEqual(await found(`_since=${ago(1000)}`), [third, second])
    assert.deepEqual(await found(`_before=${ago(1000)}`), [first])
    assert.deepEqual(await found(`_at=${ago(1500)}`), [first])
    assert.deepEqual(await found(`_at=ge${ago(1500)}&_at=lt${ago(0)}`), [second, first])
    for (const [sort, expected] of [
      ['_lastUpdated', [first, second, third]],
      ['-_lastUpdated', [third, second, first]],
      ['none', [first, second, third]],
    ] as const)
      assert.deepEqual(await found(`_sort=${sort}`), expected, sort)
  })

  it('refuses other parameters, and values that it cannot read', async () => {
    const address = await aged()
    refused(await es.get(`${address}?family=x`), 400, 'unknown-parameter')
    refused(await es.get(`${address}?_count=many`), 400, 'invalid-parameter')
    // A plus sign that was not encoded is a space in an address.
    assert.equal(made(await es.get(`${address}?_since=2001-01-01T00:00:00+00:00`)).entry.length, 5)
    refused(await es.get(`${address}?_since=yesterday`), 400, 'invalid-parameter')
    refused(await es.get(`${address}?_before=`), 400, 'invalid-parameter')
    refused(await es.get(`${address}?_at=ne2026`), 400, 'invalid-parameter')
    refused(await es.get(`${address}?_sort=status`), 400, 'invalid-parameter')
    refused(await es.get(`${address}?_count=1&_count=2`), 400, 'invalid-parameter')
    assert.match(refused(await es.get(`${address}?_list=5`), 400, 'unknown-parameter'), /by a list is not offered/)
    refused(await es.get(`${address}?_cursor=3`), 400, 'invalid-parameter')
  })

  it('answers 404 for what does not exist, and for what the caller may not see', async () => {
    refused(await es.get('/Goal/missing/_history'), 404, 'not-found')
    refused(await hub.as('dhs').get(await aged()), 404, 'not-found')
  })
})
