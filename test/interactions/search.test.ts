/** Search by type over HTTP: https://hl7.org/fhir/R4/search.html */
import assert from 'node:assert/strict'
import { givenOver, made, OVER_STORES, refused, type Client, type Given } from '../given.ts'
import { participant } from '../builders/index.ts'

type SearchPage = {
  link: { relation: string; url: string }[]
  entry?: { resource: { id: string; name: { family: string }[] } }[]
  total?: number
}

for (const store of OVER_STORES) {
  describe(`interactions / search / ${store}`, () => {
    let hub: Given
    let es: Client
    before(async () => {
      hub = await givenOver(store)
      es = hub.as('es')
      for (let index = 0; index < 23; index += 1) {
        made(
          await es.post('/Patient', {
            ...participant('es', { family: `Name${index % 5}` }),
            birthDate: `19${60 + (index % 7)}-01-0${1 + (index % 3)}`,
          }),
        )
      }
    })
    after(() => hub.stop())

    async function pages(query: string): Promise<string[]> {
      const found: string[] = []
      let url: string | undefined = `/Patient?${query}`
      while (url !== undefined) {
        const page = made(await es.get(url)) as SearchPage
        found.push(...(page.entry ?? []).map((entry) => entry.resource.id))
        url = page.link.find((link) => link.relation === 'next')?.url.slice(hub.url.length)
      }
      return found
    }

    for (const sort of [
      '',
      '_sort=family,-birthdate&',
      '_sort=-birthdate&',
      '_sort=-_lastUpdated&',
      '_sort=_id&',
      '_sort=-phone&',
    ]) {
      it(`gives pages that together are exactly the result, sorted by \`${sort}\``, async () => {
        const whole = (made(await es.get(`/Patient?${sort}_count=200`)) as SearchPage).entry?.map(
          (entry) => entry.resource.id,
        )
        assert.equal(whole?.length, 23)
        for (const count of [1, 4, 23]) assert.deepEqual(await pages(`${sort}_count=${count}`), whole)
      })
    }

    it('counts all that match, and all that match only when asked', async () => {
      assert.equal(made(await es.get('/Patient?family=name1&_count=2&_total=accurate')).total, 5)
      assert.equal(made(await es.get('/Patient?family=name1&_count=2&_total=estimate')).total, 5)
      for (const total of ['', '&_total=none'])
        assert.equal(made(await es.get(`/Patient?family=name1&_count=2${total}`)).total, undefined)
      assert.deepEqual(
        [made(await es.get('/Patient?_summary=count')).total, made(await es.get('/Patient?_count=0')).entry],
        [23, undefined],
      )
    })

    it('finds by POST what it finds by GET', async () => {
      const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
      const posted = made(await es.post('/Patient/_search', 'family=name2&birthdate=gt1961', form)) as SearchPage
      const got = made(await es.get('/Patient?family=name2&birthdate=gt1961')) as SearchPage
      assert.deepEqual(posted.entry, got.entry)
      assert.ok((got.entry?.length ?? 0) > 0)
    })

    it('includes what the matches refer to', async () => {
      const page = made(await es.get('/Patient?family=name3&_count=1&_include=Patient:organization'))
      assert.deepEqual(
        page.entry.map((entry: { resource: { resourceType: string }; search: { mode: string } }) => [
          entry.resource.resourceType,
          entry.search.mode,
        ]),
        [
          ['Patient', 'match'],
          ['Organization', 'include'],
        ],
      )
    })

    it('refuses an unknown parameter by name, and drops it when asked to be lenient', async () => {
      assert.match(refused(await es.get('/Patient?famly=x'), 400, 'unknown-parameter'), /`famly`.*`family`/s)
      const lenient = made(await es.get('/Patient?famly=x&family=name4', { headers: { Prefer: 'handling=lenient' } }))
      assert.equal(lenient.entry.at(-1).search.mode, 'outcome')
      assert.match(lenient.entry.at(-1).resource.issue[0].details.text, /`famly`/)
      assert.ok(!lenient.link[0].url.includes('famly'))
    })

    it('refuses a cursor that it did not give', async () => {
      refused(await es.get('/Patient?_cursor=WzFd'), 400, 'invalid-parameter')
    })
  })
}
