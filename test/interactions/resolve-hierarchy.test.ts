/** `:above` and `:below` of references in a hierarchy, over HTTP in both stores: https://hl7.org/fhir/R4/search.html#recursive */
import assert from 'node:assert/strict'
import { idsOfHierarchy } from '../../server/interactions/resolve-hierarchy.ts'
import { insight } from '../../server/records/view.ts'
import { extract } from '../../server/search/extract.ts'
import { DEFAULT_LIMITS } from '../../server/search/limits.ts'
import type { Body } from '../builders/index.ts'
import { givenRecords, made, OVER_STORES, refused, type Client, type Given } from '../given.ts'
import { CONTEXT, NOW, OFFERED } from '../search/capability.ts'
import { STORES } from '../store/stores.ts'

const place = (id: string, partOf?: string): Body => ({
  resourceType: 'Location',
  id,
  name: id,
  ...(partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } }),
})

const encounter = (id: string, location: string): Body => ({
  resourceType: 'Encounter',
  id,
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  location: [{ location: { reference: `Location/${location}` } }],
})

const RECORDS: readonly Body[] = [
  place('state'),
  place('county', 'state'),
  place('town', 'county'),
  place('house', 'town'),
  place('other'),
  // A circle.
  place('hen', 'egg'),
  place('egg', 'hen'),
  place('lost', 'nowhere'),
  ...['state', 'town', 'house', 'other', 'hen', 'nowhere'].map((one) => encounter(`in-${one}`, one)),
  { resourceType: 'Organization', id: 'state', name: 'State' },
  { resourceType: 'Organization', id: 'office', name: 'Office', partOf: { reference: 'Organization/state' } },
  { resourceType: 'Patient', id: 'ann', managingOrganization: { reference: 'Organization/office' } },
  {
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: { text: 'x' },
    subject: { reference: 'Patient/ann' },
    performer: [{ reference: 'Organization/office' }],
  },
]

const CASES: readonly (readonly [query: string, ids: string])[] = [
  ['Encounter?location:below=Location/state', 'in-state in-town in-house'],
  ['Encounter?location:below=county', 'in-town in-house'],
  ['Encounter?location:below=house', 'in-house'],
  ['Encounter?location:above=house', 'in-state in-town in-house'],
  ['Encounter?location:above=state', 'in-state'],
  ['Encounter?location:below=hen', 'in-hen'],
  ['Encounter?location:above=egg', 'in-hen'],
  ['Encounter?location:below=nowhere', 'in-nowhere'],
  ['Encounter?location:above=lost', 'in-nowhere'],
  ['Encounter?location:below=nothing', ''],
  ['Encounter?location:below=town,other', 'in-town in-house in-other'],
  ['Encounter?location:below=county&_id=in-house,in-other', 'in-house'],
  ['Location?partof:below=county', 'town house'],
  ['Location?partof:above=town', 'county town house'],
  ['Patient?organization:below=state', 'ann'],
  ['Observation?performer:below=Organization/state', 'o'],
  ['Observation?patient.organization:below=state', 'o'],
  ['Organization?_has:Patient:organization:organization:below=state', 'office'],
  ['Observation?performer:below=http://elsewhere.example/fhir', ''],
]

for (const store of OVER_STORES) {
  describe(`interactions / resolve-hierarchy / ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenRecords(store, RECORDS)
      client = hub.as(undefined)
    })
    after(() => hub.stop())

    for (const [query, expected] of CASES)
      it(`answers ${query}`, async () => {
        const page = made(await client.get(`/${query}`)) as { entry?: { resource: { id: string } }[] }
        assert.equal((page.entry ?? []).map(({ resource }) => resource.id).join(' '), expected)
      })

    it('refuses what is in no hierarchy, and says what is', async () => {
      for (const [query, why] of [
        ['Encounter?subject:below=Patient/ann', /`subject` refers to no such type/],
        [
          'Observation?performer:below=Practitioner/1',
          /names no record that is part of .* Write `Type\/id`, of .*`Organization`/,
        ],
        ['Observation?focus:below=state', /Write `Type\/id`, of .*`Location`/],
        ['Encounter?location:below=Location/state/_history/1', /names no record/],
      ] as const)
        assert.match(refused(await client.get(`/${query}`), 400, 'invalid-parameter'), why)
      const headers = { 'If-None-Exist': 'location:below=state' }
      const answer = await client.send('POST', '/Encounter', RECORDS[8], { headers })
      assert.match(refused(answer, 400, 'invalid-parameter'), /is decided by other records/)
    })
  })
}

for (const kind of STORES) {
  describe(`interactions / resolve-hierarchy, by who may know / ${kind.name}`, () => {
    it('goes no further at a record that the caller may not know of, and ends at the limits', async () => {
      const { store, close } = await kind.open()
      try {
        const organization = (id: string, partOf: string | undefined, ...agencies: string[]) => {
          const resource = {
            resourceType: 'Organization',
            id,
            ...(partOf ? { partOf: { reference: `Organization/${partOf}` } } : {}),
          }
          const entries = extract(resource, OFFERED.capability('Organization')!.searchParameters, CONTEXT as never)
          const audience = agencies.map((agency) => ({ agency }))
          return { kind: 'put', method: 'PUT', resource, entries, audience, author: 'es' } as const
        }
        const writes = [
          organization('1', undefined, 'abe', 'vr'),
          organization('2', '1', 'vr'),
          organization('3', '2', 'abe', 'vr'),
          organization('4', '3', 'abe', 'vr'),
        ]
        await store.commit({ writes })
        const found = async (agency: string, id: string, direction: 'above' | 'below', limits = DEFAULT_LIMITS) => {
          const view = insight(store, { agency, role: 'agency' }, NOW)
          const hierarchy = {
            op: 'hierarchy',
            param: 'x',
            type: 'Organization',
            id,
            parent: 'partof',
            direction,
          } as const
          return [...(await idsOfHierarchy(hierarchy, { view, limits }))].sort().join(' ')
        }
        assert.equal(await found('vr', '1', 'below'), '1 2 3 4')
        assert.equal(await found('abe', '1', 'below'), '1')
        assert.equal(await found('abe', '2', 'below'), '2 3 4')
        assert.equal(await found('vr', '4', 'above'), '1 2 3 4')
        // What a record says that it knows of is no secret: 3 is part of 2.
        assert.equal(await found('abe', '4', 'above'), '2 3 4')
        await assert.rejects(
          found('vr', '1', 'below', { ...DEFAULT_LIMITS, onTheWay: 3 }),
          /more than 3 records are below/,
        )
        await assert.rejects(
          found('vr', '1', 'below', { ...DEFAULT_LIMITS, iterate: 2 }),
          /More than 2 levels are below/,
        )
        assert.equal(await found('vr', '1', 'below', { ...DEFAULT_LIMITS, iterate: 3, onTheWay: 4 }), '1 2 3 4')
      } finally {
        await close()
      }
    })
  })
}
