/** `_contained` and `_containedType` over HTTP, in both stores: https://hl7.org/fhir/R4/search.html#contained */
import assert from 'node:assert/strict'
import type { Body } from '../builders/index.ts'
import { condition, participant } from '../builders/index.ts'
import { givenOver, givenRecords, made, OVER_STORES, refused, type Client, type Given } from '../given.ts'

type Entry = { readonly fullUrl: string; readonly resource: Body & { readonly id: string } }
type Page = {
  readonly link: readonly { readonly relation: string; readonly url: string }[]
  readonly total?: number
  readonly entry?: readonly Entry[]
}

const code = (text: string) => ({ coding: [{ system: 'urn:drug', code: text }], text })

const MEDICATIONS: readonly Body[] = [
  { resourceType: 'Medication', id: 'm1', code: code('a'), status: 'active' },
  { resourceType: 'Medication', id: 'm2', code: code('b'), ingredient: [{ itemCodeableConcept: code('abc') }] },
  {
    resourceType: 'Medication',
    id: 'm3',
    code: code('b'),
    status: 'inactive',
    batch: { lotNumber: 'L1', expirationDate: '2026-05-01' },
  },
  {
    resourceType: 'Medication',
    id: 'm4',
    identifier: [{ system: 'urn:i', value: '4' }],
    manufacturer: { reference: 'Organization/acme' },
  },
]

const request = (id: string, ...contained: readonly Body[]): Body => ({
  resourceType: 'MedicationRequest',
  id,
  status: 'active',
  intent: 'order',
  subject: { reference: 'Patient/ann' },
  contained,
  ...(contained.length > 0
    ? { medicationReference: { reference: `#${String(contained[0]!.id)}` } }
    : { medicationCodeableConcept: code('a') }),
  ...(contained.length > 1
    ? { supportingInformation: contained.slice(1).map(({ id: one }) => ({ reference: `#${String(one)}` })) }
    : {}),
})

const withoutEmpty = ({ contained, ...rest }: Body): Body =>
  (contained as readonly unknown[]).length === 0 ? rest : { ...rest, contained }

const QUERIES = [
  '',
  'code=a',
  'code=b',
  'code=urn:drug|b&status=inactive',
  'ingredient-code=abc',
  'status:missing=true',
  'expiration-date=gt2026-01-01',
  'lot-number:not=L1',
  'identifier=urn:i|4',
  'manufacturer=Organization/acme',
  'manufacturer.name=acme',
  'manufacturer:Organization.name=other',
  '_id=m2,m4',
  '_filter=code eq b and status ne inactive',
  'code:text=b',
]

const ids = ({ entry = [] }: Page): string => entry.map(({ resource }) => resource.id).join(' ')
const urls = ({ entry = [] }: Page): string => entry.map(({ fullUrl }) => fullUrl.split('/fhir/')[1]).join(' ')

for (const store of OVER_STORES) {
  describe(`interactions / contained resources / ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenRecords(store, [
        { resourceType: 'Organization', id: 'acme', name: 'Acme' },
        { resourceType: 'Patient', id: 'ann' },
        ...MEDICATIONS,
        request('r1', MEDICATIONS[0]!, MEDICATIONS[1]!),
        withoutEmpty(request('r2')),
        request('r3', MEDICATIONS[2]!, { resourceType: 'Organization', id: 'o', name: 'Maker' }),
        {
          resourceType: 'List',
          id: 'r4',
          status: 'current',
          mode: 'working',
          contained: [MEDICATIONS[3]!],
          entry: [{ item: { reference: '#m4' } }],
        },
      ])
      client = hub.as(undefined)
    })
    after(() => hub.stop())
    const page = async (query: string) => made(await client.get(query.startsWith('/') ? query : `/${query}`)) as Page
    const next = ({ link }: Page, relation = 'next') =>
      link.find((one) => one.relation === relation)?.url.slice(hub.url.length)

    for (const query of QUERIES)
      it(`finds the same in containers as of records: ${query}`, async () => {
        const records = ids(await page(`Medication?${query}&_total=accurate`))
        const alone = await page(`Medication?${query}&_contained=true&_containedType=contained&_total=accurate`)
        assert.equal(ids(alone), records)
        assert.equal(alone.total, records === '' ? 0 : records.split(' ').length)
        const both = await page(`Medication?${query}&_contained=both&_containedType=contained`)
        assert.equal(ids(both), records === '' ? '' : `${records} ${records}`)
        assert.equal(ids(await page(`Medication?${query}&_contained=false`)), records)
      })

    it('answers the containers, each once, whatever their type', async () => {
      assert.equal(urls(await page('Medication?_contained=true')), 'MedicationRequest/r1 MedicationRequest/r3 List/r4')
      const of = 'Medication?code=b&_contained=true&_containedType=container&_total=accurate'
      assert.equal(urls(await page(of)), 'MedicationRequest/r1 MedicationRequest/r3')
      assert.equal((await page(of)).total, 2)
      assert.equal(
        urls(await page('Medication?code=b&_contained=both')),
        'Medication/m2 Medication/m3 MedicationRequest/r1 MedicationRequest/r3',
      )
      assert.equal(urls(await page('Medication?code=none&_contained=true')), '')
      assert.equal(urls(await page('Medication?code=none&_contained=both')), '')
      assert.equal(urls(await page('Organization?name=maker&_contained=true')), 'MedicationRequest/r3')
      assert.equal(
        urls(await page('?_type=Organization,Medication&_id=o,m1&_contained=true')),
        'MedicationRequest/r1 MedicationRequest/r3',
      )
    })

    it('answers contained resources alone under the address of their container, as they were sent', async () => {
      const found = await page('Medication?code=a&_contained=true&_containedType=contained')
      assert.equal(urls(found), 'MedicationRequest/r1#m1')
      assert.deepEqual(found.entry?.[0]?.resource, MEDICATIONS[0])
      const parts = await page('Medication?code=b&_contained=true&_containedType=contained&_elements=status')
      assert.equal(urls(parts), 'MedicationRequest/r1#m2 MedicationRequest/r3#m3')
      assert.ok(parts.entry?.every(({ resource }) => resource.code === undefined))
    })

    for (const shown of ['container', 'contained'])
      for (const found of ['true', 'both'])
        it(`pages forward and back while others write: ${found}, ${shown}`, async () => {
          const search = `/Medication?_contained=${found}&_containedType=${shown}`
          const whole = urls(await page(search))
          const seen: string[] = []
          let last: Page | undefined
          for (let url: string | undefined = `${search}&_count=2`; url; url = next(last)) {
            last = await page(url)
            assert.ok(last.entry!.length <= 2)
            seen.push(urls(last))
            // A container less and a container more.
            made(await client.put('/MedicationRequest/r3', withoutEmpty(request('r3'))))
            made(await client.post('/MedicationRequest', { ...request('x', MEDICATIONS[0]!), id: undefined }))
          }
          assert.equal(seen.join(' '), whole)
          const back = [urls(last!)]
          for (let url = next(last!, 'previous'); url; url = next(last, 'previous'))
            back.unshift(urls((last = await page(url))))
          assert.equal(back.join(' '), whole)
          made(
            await client.put(
              '/MedicationRequest/r3',
              request('r3', MEDICATIONS[2]!, { resourceType: 'Organization', id: 'o', name: 'Maker' }),
            ),
          )
          const added = await page('MedicationRequest?_count=200')
          for (const { resource } of added.entry ?? [])
            if (!/^r\d$/.test(resource.id)) await client.delete(`/MedicationRequest/${resource.id}`)
        })

    it('counts, explains, and keeps what the hub says of the past', async () => {
      for (const shown of ['container', 'contained']) {
        const search = `Medication?code=b&_contained=true&_containedType=${shown}`
        const counted = await page(`${search}&_count=0`)
        assert.deepEqual([ids(counted), counted.total], ['', 2])
        assert.match(JSON.stringify(await page(`${search}&_explain=true`)), /On the way over `_contained`: 3 records/)
        assert.equal((await page(`${search}&_asOf=${new Date().toISOString()}`)).entry?.length, 2)
      }
    })

    it('refuses what has no meaning for contained resources, and says why', async () => {
      for (const [query, why] of [
        ['Medication?_sort=code', /`_sort`: containers and contained resources have no values in common/],
        ['Medication?_has:MedicationRequest:medication:status=active', /`_has` and `_list`: no record refers/],
        ['Medication?_list=r4', /`_has` and `_list`/],
        ['Medication?_filter=_has:MedicationRequest:medication:status eq active', /`_has` and `_list`/],
        ['Medication?_include=*&_containedType=contained', /`_include` and `_revinclude`/],
        ['Patient/ann/MedicationRequest?status=active', /with a compartment: its members are records/],
      ] as const)
        assert.match(refused(await client.get(`/${query}&_contained=both`), 400, 'invalid-parameter'), why)
      refused(await client.get('/Medication?_contained=maybe'), 400, 'invalid-parameter')
      refused(await client.get('/Medication?_contained=true&_containedType=x'), 400, 'invalid-parameter')
      refused(await client.get('/Medication?_contained=true&_contained=both'), 400, 'invalid-parameter')
      const subscription = await client.send('POST', '/Medication', MEDICATIONS[0], {
        headers: { 'If-None-Exist': 'code=a&_contained=true' },
      })
      refused(subscription, 400, 'invalid-parameter')
    })
  })
}

for (const store of OVER_STORES) {
  describe(`interactions / contained resources, by who may know / ${store}`, () => {
    let hub: Given
    before(async () => (hub = await givenOver(store)))
    after(() => hub.stop())

    it('finds and counts what is in records that the caller may know of, and refuses more of them than the limit', async () => {
      const [es, vr] = [hub.as('es'), hub.as('vr')]
      const asserter = { resourceType: 'Practitioner', id: 'who', name: [{ family: 'Doe' }] }
      for (const client of [es, vr, vr]) {
        const by = client === es ? 'es' : 'vr'
        const { id } = made(await client.post('/Patient', participant(by))) as { id: string }
        const about = { ...condition(`Patient/${id}`), contained: [asserter], asserter: { reference: '#who' } }
        made(await client.post('/Condition', about))
      }
      const count = async (client: Client, query: string) =>
        (made(await client.get(`/Practitioner?${query}&_count=0`)) as Page).total
      for (const shown of ['container', 'contained']) {
        const query = `family=doe&_contained=true&_containedType=${shown}`
        assert.deepEqual(
          [await count(es, query), await count(vr, query), await count(hub.as(undefined), query)],
          [1, 2, 3],
        )
        assert.equal(await count(hub.as('dhs'), query), 0)
      }
    })
  })
}

describe('interactions / contained resources', () => {
  it('refuses to look into too many records, and says what to do', async () => {
    const hub = await givenOver('memory', { HUB_RULES: 'open', HUB_SEED: 'none', HUB_CHAIN_RECORD_LIMIT: '3' })
    try {
      const client = hub.as(undefined)
      for (const id of ['1', '2', '3', '4']) {
        if (id === '4') made(await client.get('/Medication?_contained=true'))
        made(await client.put(`/MedicationRequest/${id}`, request(id, MEDICATIONS[0]!)))
      }
      const answer = await client.get('/Medication?code=none&_contained=true')
      assert.match(refused(answer, 422, 'too-costly'), /more than 3 records contain a resource of `Medication`/)
      made(await client.get('/Organization?_contained=true'))
    } finally {
      await hub.stop()
    }
  })
})
