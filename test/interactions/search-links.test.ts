/** The links of search pages over HTTP: https://hl7.org/fhir/R4/http.html#paging */
import assert from 'node:assert/strict'
import { givenOver, made, OVER_STORES, refused, type Client, type Given } from '../given.ts'

type Page = {
  readonly link: readonly { readonly relation: string; readonly url: string }[]
  readonly total?: number
  readonly entry?: readonly { readonly resource: { readonly id: string; readonly active?: boolean } }[]
}

const FORM = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }

for (const store of OVER_STORES) {
  describe(`interactions / links of search pages / ${store}`, () => {
    let hub: Given
    let board: Client
    before(async () => {
      hub = await givenOver(store, { HUB_RULES: 'open' })
      board = hub.as(undefined)
      for (let index = 0; index < 9; index += 1)
        made(
          await board.put(`/Patient/p${index}`, {
            resourceType: 'Patient',
            id: `p${index}`,
            active: true,
            name: [{ family: `Name${(index * 4) % 9}`.padEnd(3000, 'x') }],
            ...(index % 3 === 0 ? {} : { birthDate: `19${60 + (index % 3)}-01-01` }),
          }),
        )
    })
    after(() => hub.stop())

    const get = async (url: string) => made(await board.get(url)) as Page
    const link = ({ link: links }: Page, relation: string) =>
      links.find((one) => one.relation === relation)?.url.slice(hub.url.length)
    const ids = ({ entry = [] }: Page) => entry.map(({ resource }) => resource.id)

    for (const sort of ['', '_sort=family', '_sort=-family,birthdate', '_sort=birthdate,-_id', '_sort=-_lastUpdated'])
      it(`lead forward and back through the whole result while others write, sorted by \`${sort}\``, async () => {
        const url = `/Patient?active=true&_total=accurate&${sort}`
        const whole = ids(await get(`${url}&_count=200`))
        for (const count of [2, 4]) {
          const forward: string[][] = []
          const firsts: (string | undefined)[] = []
          let last: Page | undefined
          for (let next: string | undefined = `${url}&_count=${count}`; next; next = link(last, 'next')) {
            last = await get(next)
            for (const { url: address } of last.link) assert.ok(address.length <= 4096, String(address.length))
            assert.equal(last.total, 9)
            assert.ok((last.entry ?? []).every(({ resource }) => resource.active))
            forward.push(ids(last))
            firsts.push(link(last, 'first'))
            // A match less and a match more: the pages show neither.
            const [one] = whole
            made(await board.put(`/Patient/${one}`, { resourceType: 'Patient', id: one, active: false }))
            made(await board.post('/Patient', { resourceType: 'Patient', active: true, name: [{ family: 'A' }] }))
          }
          assert.deepEqual(forward.flat(), whole)
          const back: string[][] = [ids(last!)]
          for (let previous = link(last!, 'previous'); previous;) {
            const page = await get(previous)
            back.unshift(ids(page))
            previous = link(page, 'previous')
          }
          assert.deepEqual(back.flat(), whole)
          for (const first of firsts) assert.deepEqual(ids(await get(first!)), forward[0])
          await restore(whole[0]!)
        }
      })

    /** As it was, and without what was added. */
    async function restore(id: string): Promise<void> {
      const original = made(await board.get(`/Patient/${id}/_history/1`))
      made(await board.put(`/Patient/${id}`, original))
      const added = await get('/Patient?family:exact=A&_count=200')
      for (const one of ids(added)) await board.delete(`/Patient/${one}`)
    }

    it('are none but self where everything fits one page', async () => {
      const page = await get('/Patient?active=true&_count=200')
      assert.deepEqual(
        page.link.map(({ relation }) => relation),
        ['self'],
      )
    })

    it('hold no parameter that was sent by POST, and lead to the same pages', async () => {
      const body = 'family=name&_count=4&_sort=_id&_include=Patient:organization'
      let page = made(await board.post('/Patient/_search', body, FORM)) as Page
      assert.match(link(page, 'self')!, /family=name/)
      const found = [...ids(page)]
      for (let next = link(page, 'next'); next; next = link(page, 'next')) {
        assert.match(next, /^\/Patient\?_cursor=[\w.-]+$/)
        page = await get(next)
        assert.equal(link(page, 'self'), next)
        found.push(...ids(page))
      }
      assert.deepEqual(found, ids(await get('/Patient?family=name&_sort=_id')))
      assert.deepEqual(ids(await get(link(page, 'previous')!)), found.slice(4, 8))
    })

    it('pack parameters that would make them longer than 4 KB, and a search that cannot be packed is refused', async () => {
      const many = (count: number, id: (index: number) => string) =>
        Array.from({ length: count }, (_, index) => id(index)).join(',')
      const alike = `${many(180, (index) => `${'p'.repeat(60)}${index}`)},p1,p2,p3`
      const page = made(await board.post('/Patient/_search', `_id=${alike}&_count=2`, FORM)) as Page
      const last = await get(link(page, 'next')!)
      assert.deepEqual(ids(last), ['p3'])
      assert.deepEqual(ids(await get(link(last, 'previous')!)), ['p1', 'p2'])
      const relations = [page, last].map(({ link: links }) =>
        links
          .map(({ relation }) => relation)
          .sort()
          .join(' '),
      )
      assert.deepEqual(relations, ['first next self', 'first previous self'])
      for (const { url } of [...page.link, ...last.link]) assert.ok(url.length <= 4096, url)
      let state = 7
      const noise = () => ((state = (state * 48271) % 2147483647) / 2147483647).toString(36).slice(2)
      const random = `${many(150, () => `${noise()}${noise()}${noise()}`.slice(0, 60))},p1,p2,p3`
      const answer = await board.post('/Patient/_search', `_id=${random}&_count=2`, FORM)
      assert.match(refused(answer, 400, 'invalid-parameter'), /too long for the links/)
      assert.equal(ids(made(await board.post('/Patient/_search', `_id=${random}`, FORM)) as Page).length, 3)
    })

    it('are refused with other parameters, at another type, twice, or changed', async () => {
      const next = link(await get('/Patient?active=true&_count=2'), 'next')!
      const packed = link(made(await board.post('/Patient/_search', 'active=true&_count=2', FORM)) as Page, 'next')!
      for (const url of [
        `${next}&birthdate=1960`,
        next.replace('active=true', 'active=false'),
        next.replace('/Patient', '/Practitioner'),
        `${next}&_cursor=${next.split('_cursor=')[1]}`,
        next.slice(0, -2),
        `${packed}&active=false`,
        packed.replace('/Patient', '/Practitioner'),
        packed.slice(0, -3),
        packed.replace('.', '..'),
        '/Patient?_cursor=.',
        '/Patient?_cursor=',
      ])
        refused(await board.get(url), 400, 'invalid-parameter')
    })
  })
}
