/** Search over several types: https://hl7.org/fhir/R4/http.html#search */
import assert from 'node:assert/strict'
import { condition, participant, type Body } from '../builders/index.ts'
import { given, givenRecords, made, OVER_STORES, refused, type Client, type Given } from '../given.ts'

type Page = { entry?: { resource: Body & { id: string } }[]; link: { relation: string; url: string }[]; total?: number }

const found = ({ entry = [] }: Page): string =>
  entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`).join(' ')

const observation = (id: string, subject: string): Body => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ code: id }] },
  subject: { reference: subject },
})

const GRAPH: readonly Body[] = [
  { resourceType: 'Patient', id: 'x', gender: 'female', identifier: [{ value: 'one' }] },
  { resourceType: 'Group', id: 'x', type: 'person', actual: true, identifier: [{ value: 'one' }] },
  observation('x', 'Patient/x'),
  observation('y', 'Group/x'),
  { resourceType: 'Condition', id: 'y', subject: { reference: 'Patient/x' } },
]

for (const store of OVER_STORES) {
  describe(`interactions / search-system / ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenRecords(store, GRAPH)
      client = hub.as(undefined)
    })
    after(() => hub.stop())

    for (const [query, expected] of [
      ['?_type=Patient,Observation', 'Patient/x Observation/x Observation/y'],
      ['?_id=y', 'Observation/y Condition/y'],
      ['', 'Patient/x Group/x Observation/x Observation/y Condition/y'],
      ['?_type=Patient&gender=female', 'Patient/x'],
      ['?_type=Patient,Group&identifier=one&_sort=-_lastUpdated,_id', 'Patient/x Group/x'],
      ['?_type=Observation,Condition&patient=x', 'Observation/x Condition/y'],
      ['?_type=Observation,Condition&patient.gender=female', 'Observation/x Condition/y'],
      // The record of this id of the other type is not meant.
      ['?_type=Patient,Group&_has:Observation:subject:code=y', 'Group/x'],
      ['?_type=Patient,Group&_has:Observation:subject:code=x,y', 'Patient/x Group/x'],
      ['?_type=Patient,Condition&_id=y&_include=Condition:subject', 'Condition/y Patient/x'],
      ['?_type=Patient,Group&_id=x&_revinclude=Observation:subject', 'Patient/x Group/x Observation/x Observation/y'],
    ] as const)
      it(`answers ${query}`, async () => {
        assert.equal(found(made(await client.get(`/${query}`))), expected)
      })

    it('gives pages that together are the result, over links that it answers', async () => {
      const seen: string[] = []
      let url: string | undefined = '/?_type=Patient,Observation&_count=2&_total=accurate'
      while (url !== undefined) {
        const page = made(await client.get(url)) as Page
        assert.equal(page.total, 3)
        seen.push(found(page))
        url = page.link.find(({ relation }) => relation === 'next')?.url.slice(hub.url.length)
      }
      assert.deepEqual(seen, ['Patient/x Observation/x', 'Observation/y'])
    })

    it('finds by POST what it finds by GET', async () => {
      const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
      assert.equal(found(made(await client.post('/_search', '_type=Condition', form))), 'Condition/y')
    })

    it('names a type that is not searched, and a parameter that the types do not share', async () => {
      assert.match(refused(await client.get('/?_type=Patiend'), 400, 'invalid-parameter'), /Did you mean `Patient`/)
      refused(await client.get('/?_type='), 400, 'invalid-parameter')
      refused(await client.get('/?_type=Patient&_type=Group'), 400, 'invalid-parameter')
      refused(await client.get('/?_type=Patient,Group&gender=female'), 400, 'unknown-parameter')
      refused(await client.get('/Patient?_type=Patient'), 400, 'unknown-parameter')
    })
  })
}

describe('interactions / search-system', () => {
  let hub: Given
  after(() => hub.stop())

  it('finds no record that the caller may not know of, and none of the hub itself', async () => {
    hub = await given()
    const [es, vr] = [hub.as('es'), hub.as('vr')]
    const { id } = made(await es.post('/Patient', participant('es')))
    made(await es.post('/Condition', condition(`Patient/${id}`)))
    const total = async (client: Client, query: string) => made(await client.get(`/?${query}_total=accurate`)).total
    assert.deepEqual([await total(es, '_type=Patient,Condition&'), await total(vr, '_type=Patient,Condition&')], [2, 0])
    const types = new Set<string>()
    let url: string | undefined = '/?_count=200'
    while (url !== undefined) {
      const page: Page = made(await hub.as(undefined).get(url))
      for (const { resource } of page.entry ?? []) types.add(resource.resourceType)
      url = page.link.find(({ relation }) => relation === 'next')?.url.slice(hub.url.length)
    }
    assert.deepEqual(
      [...types].filter((type) => ['Published', 'Circle', 'Secret'].includes(type)),
      [],
    )
  })
})
