/** `_text` and `_content` over HTTP. https://hl7.org/fhir/R4/search.html#content */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import type { Store } from '../../server/store/store.ts'
import { consent, goal, participant, profileAt, type Body } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'
import { STORES, type Opened } from '../store/stores.ts'

const div = (text: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>`
const narrative = (text: string) => ({ text: { status: 'generated', div: div(text) } })

const idsOf = (body: { entry?: { resource: { id: string } }[] }): string =>
  (body.entry ?? []).map(({ resource }) => resource.id).join(' ')
const found = async (client: Client, path: string): Promise<string> => idsOf(made(await client.get(path)))

for (const kind of STORES) {
  describe(`words of records over ${kind.name}`, () => {
    let opened: Opened
    let hub: Given
    let board: Client
    before(async () => {
      opened = await kind.open()
      hub = await given({ HUB_RULES: 'open' }, createClock(), { store: opened.store })
      board = hub.as(undefined)
      for (const [id, text, ...notes] of [
        ['a', 'Looks for <b>work</b> &amp; bread', 'Prefers mornings'],
        ['b', 'Has bread', 'Looks for work'],
        ['c', 'Nothing of this'],
      ] as const) {
        const resource = { resourceType: 'Basic', id, ...narrative(text), code: { text: `Code ${notes.join(' ')}` } }
        made(await board.put(`/Basic/${id}`, resource))
      }
      const list = { resourceType: 'List', id: 'l', status: 'current', mode: 'working', title: 'Mornings' }
      made(await board.put('/List/l', { ...list, entry: [{ item: { reference: 'Basic/a' } }] }))
      made(await board.put('/Binary/x', { resourceType: 'Binary', id: 'x', contentType: 'text/plain', data: 'QUJD' }))
    })
    after(async () => {
      await hub.stop()
      await opened.close()
    })

    for (const [query, ids] of [
      ['Basic?_text=bread', 'a b'],
      ['Basic?_text=work', 'a'],
      ['Basic?_content=work', 'a b'],
      ['Basic?_content=WORK morn*', 'a'],
      ['Basic?_text=(bread OR nothing) and NOT work', 'b c'],
      ['Basic?_text=nothing,work', 'a c'],
      ['Basic?_text=html', ''],
      ['Basic?_text=amp', ''],
      ['Basic?_text:missing=true', ''],
      ['Basic?_content:missing=false&_text=nothing', 'c'],
      ['Basic?_filter=_content co work and not (_text co work)', 'b'],
      ['Basic?_content=basic', ''],
      ['List?item:Basic._content=mornings', 'l'],
      ['Basic?_has:List:item:_content=mornings', 'a'],
      ['Binary?_content=qujd', ''],
    ] as const)
      it(`answer ${query}`, async () => assert.equal(await found(board, `/${encodeURI(query)}`), ids))

    it('are searched over several types', async () =>
      assert.equal(await found(board, '/?_type=Basic,List&_content=mornings'), 'a l'))

    it('decide conditions of writes, and are those of the version that there is', async () => {
      const path = '/Basic?_content=zebra'
      const resource = { resourceType: 'Basic', code: { text: 'Zebra' } }
      const { id } = made(await board.put(path, resource))
      assert.equal(await found(board, path), id)
      const sequence = await opened.store.last()
      assert.equal(made(await board.put(path, { ...resource, code: { text: 'Okapi' } })).id, id)
      assert.equal(await found(board, path), '')
      assert.equal(await found(board, '/Basic?_content=okapi'), id)
      assert.equal(await found(board, `${path}&_asOf=${sequence}`), id)
    })

    it('refuse what is no expression, in one sentence', async () => {
      const text = refused(await board.get('/Basic?_text=%22bread%20and%22'), 400, 'invalid-parameter')
      assert.match(text, /phrases are not searched/)
      assert.match(refused(await board.get('/Basic?_sort=_content'), 400, 'invalid-parameter'), /its entries are words/)
      refused(await board.get('/Basic?_text='), 400, 'invalid-parameter')
      refused(await board.get('/Basic?_text:exact=a'), 400, 'invalid-parameter')
      refused(await board.get('/Binary?_text=a'), 400, 'unknown-parameter')
      const words = Array.from({ length: 10 }, () => 'a* '.repeat(21).trim()).join(',')
      for (const name of ['_content', 'item:Basic._text'])
        assert.match(refused(await board.get(`/List?${name}=${words}`), 400, 'invalid-parameter'), /has `210` values/)
    })
  })
}

describe('words of records in hub mode', () => {
  type Declared = {
    readonly type: string
    readonly searchParam: readonly { readonly name: string; readonly type: string }[]
  }
  const declared = async (client: Client) => {
    const types = made(await client.get('/metadata')).rest[0].resource as readonly Declared[]
    return types.flatMap(({ type, searchParam }) =>
      searchParam
        .filter(({ name }) => ['_text', '_content'].includes(name))
        .map((one) => `${type} ${one.name} ${one.type}`),
    )
  }

  async function findsWith(start: (settings: Record<string, string>) => Promise<Given>, word: string, id: string) {
    const hub = await start({ HUB_TEXT_SEARCH: 'on' })
    const search = () => hub.as('es').get(`/Patient?_content=${word}`)
    let answer = await search()
    while (answer.status === 503) answer = await search()
    assert.equal(idsOf(made(answer)), id)
    assert.ok((await declared(hub.as('es'))).includes('Patient _content string'))
    await hub.stop()
  }

  it('are not searched unless HUB_TEXT_SEARCH is on; then the records that are there are indexed', async () => {
    const kind = STORES.find(({ name }) => name === 'sqlite')!
    const opened = await kind.open()
    const store: Store = { ...opened.store, close: async () => undefined }
    const hubs: Given[] = []
    const start = async (settings: Record<string, string>) => {
      const hub = await given(settings, createClock(), { store })
      hubs.push(hub)
      return hub
    }
    try {
      const person = participant('es', { family: 'Quillon' })
      const off = await start({})
      const es = off.as('es')
      assert.deepEqual(await declared(es), [])
      const { id } = made(await es.post('/Patient', person))
      refused(await es.get('/Patient?_content=quillon'), 400, 'unknown-parameter')
      await off.stop()
      await findsWith(start, 'quillon', id)
      const offAgain = await start({})
      made(
        await offAgain
          .as('es')
          .put(`/Patient/${id}`, { ...person, id, name: [{ use: 'official', family: 'Tarn', given: ['Ida'] }] }, 1),
      )
      await offAgain.stop()
      await findsWith(start, 'tarn', id)
    } finally {
      await Promise.all(hubs.map((hub) => hub.stop()))
      await opened.close()
    }
  })

  it('do not find what is hidden from anybody who may know the record, nor records that are', async () => {
    const hub = await given({ HUB_TEXT_SEARCH: 'on' })
    try {
      const [es, abe] = [hub.as('es'), hub.as('abe')]
      const extension = [{ url: profileAt('ext-confidential'), valueReference: { reference: 'Organization/es' } }]
      const body = participant('es', { ssn: '078-05-1120', family: 'Quillon' })
      const { id } = made(
        await es.post('/Patient', {
          ...body,
          address: [{ extension, use: 'home', line: ['12 Hiddenway'], city: 'Tarpon' }, { city: 'Tupelo' }],
          telecom: [{ extension, system: 'email', value: 'safe@example.org' }],
          contact: [{ extension, name: { text: 'Odile' } }],
        } as Body),
      )
      const { id: aim } = made(
        await es.post('/Goal', { ...goal(`Patient/${id}`), description: { text: 'Welder' } } as Body),
      )
      assert.equal(await found(abe, '/Patient?_content=quillon'), '')
      assert.equal(await found(abe, '/Goal?_content=welder'), '')
      assert.equal(await found(es, '/Goal?_content=welder'), aim)
      made(await es.post('/Consent', consent(`Patient/${id}`, 'es', 'abe')))
      for (const client of [es, abe]) {
        assert.equal(await found(client, '/Patient?_content=quillon tupelo'), id)
        for (const word of ['hiddenway', 'tarpon', 'safe', 'odile', '1120', '078', '078051120', '0780*'])
          assert.equal(await found(client, `/Patient?_content=${word}`), '', word)
      }
    } finally {
      await hub.stop()
    }
  })
})
