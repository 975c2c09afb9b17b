/** Searches in compartments over HTTP: https://hl7.org/fhir/R4/compartmentdefinition.html */
import assert from 'node:assert/strict'
import { condition, participant, type Body } from '../builders/index.ts'
import { given, givenRecords, made, OVER_STORES, refused, type Client, type Given } from '../given.ts'

type Page = { entry?: { resource: Body & { id: string } }[]; link: { relation: string; url: string }[]; total?: number }

const found = ({ entry = [] }: Page): string =>
  entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`).join(' ')

const observation = (id: string, subject: string, performer?: string): Body => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ code: id }] },
  subject: { reference: subject },
  ...(performer ? { performer: [{ reference: performer }] } : {}),
})

const GRAPH: readonly Body[] = [
  { resourceType: 'Patient', id: 'ann', gender: 'female' },
  { resourceType: 'Patient', id: 'bob', link: [{ type: 'seealso', other: { reference: 'Patient/ann' } }] },
  {
    resourceType: 'Encounter',
    id: 'ann',
    status: 'planned',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/ann' },
  },
  observation('a', 'Patient/ann'),
  // By its performer, which the definition names beside the subject.
  observation('b', 'Patient/bob', 'Patient/ann'),
  observation('c', 'Patient/bob'),
  { resourceType: 'Organization', id: 'ann', name: 'No member' },
  {
    resourceType: 'Provenance',
    id: 'p',
    recorded: '2026-01-01T00:00:00Z',
    target: [{ reference: 'Patient/ann' }],
    agent: [{ who: { reference: 'Organization/ann' } }],
  },
]

for (const store of OVER_STORES) {
  describe(`interactions / compartment / ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenRecords(store, GRAPH)
      client = hub.as(undefined)
    })
    after(() => hub.stop())

    for (const [query, expected] of [
      ['Patient/ann/Observation', 'Observation/a Observation/b'],
      ['Patient/ann/Observation?code=b', 'Observation/b'],
      ['Patient/ann/Observation?subject.gender=female', 'Observation/a'],
      ['Patient/ann/Observation?_include=*&_id=a', 'Observation/a Patient/ann'],
      ['Patient/ann/Patient', 'Patient/bob'],
      ['Patient/ann/*', 'Patient/bob Encounter/ann Observation/a Observation/b Provenance/p'],
      ['Patient/ann/*?_id=ann', 'Encounter/ann'],
      ['Patient/ann/*?_type=Encounter,Provenance', 'Encounter/ann Provenance/p'],
      // The definition counts the encounter itself.
      ['Encounter/ann/*', 'Encounter/ann'],
    ] as const)
      it(`answers ${query}`, async () => {
        assert.equal(found(made(await client.get(`/${query}`))), expected)
      })

    it('finds by POST what it finds by GET, page by page', async () => {
      const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
      const page = made(await client.post('/Patient/ann/Observation/_search', '_count=1&_total=accurate', form)) as Page
      assert.deepEqual([found(page), page.total], ['Observation/a', 2])
      const next = page.link.find(({ relation }) => relation === 'next')?.url.slice(hub.url.length)
      assert.equal(found(made(await client.get(next ?? ''))), 'Observation/b')
      assert.equal(found(made(await client.post('/Patient/ann/_search', '_type=Encounter', form))), 'Encounter/ann')
    })

    it('takes GET to _search as it takes GET to the types', async () => {
      for (const [query, expected] of [
        ['Observation/_search?code=b', 'Observation/b'],
        ['*/_search?_type=Encounter', 'Encounter/ann'],
        ['_search?_type=Encounter', 'Encounter/ann'],
        ['Observation/_search', 'Observation/a Observation/b'],
      ])
        assert.equal(found(made(await client.get(`/Patient/ann/${query}`))), expected)
      refused(await client.get('/Patient/nobody/Observation/_search'), 404, 'not-found')
    })

    it('is an entry of a batch', async () => {
      const entry = [{ request: { method: 'GET', url: 'Patient/ann/Observation?code=a' } }]
      const { entry: replies } = made(await client.post('/', { resourceType: 'Bundle', type: 'batch', entry }))
      assert.equal(found(replies[0].resource), 'Observation/a')
    })

    it('says what has no compartment, what is in none, and what there is not', async () => {
      assert.match(refused(await client.get('/Organization/ann/Patient'), 404, 'unknown-address'), /those of `Patient`/)
      assert.match(
        refused(await client.get('/Patient/ann/Task'), 404, 'unknown-address'),
        /No `Task` is in the compartment/,
      )
      refused(await client.get('/Patient/nobody/Observation'), 404, 'not-found')
      refused(await client.get('/Patient/ann/observation'), 404, 'unknown-type')
      refused(await client.get('/Patient/ann/Observation?cod=a'), 400, 'unknown-parameter')
      refused(await client.get('/Patient/ann/*?_type=Organization'), 400, 'invalid-parameter')
    })
  })
}

describe('interactions / compartment', () => {
  let hub: Given
  after(() => hub.stop())

  it('is not there for an agency that may not know of its record, and holds what the agency may know', async () => {
    hub = await given()
    const [es, vr] = [hub.as('es'), hub.as('vr')]
    const { id } = made(await es.post('/Patient', participant('es')))
    const { id: problem } = made(await es.post('/Condition', condition(`Patient/${id}`)))
    assert.equal(found(made(await es.get(`/Patient/${id}/*`))), `Condition/${problem}`)
    for (const query of ['Condition', '*']) {
      const hidden = await vr.get(`/Patient/${id}/${query}`)
      refused(hidden, 404, 'not-found')
      assert.equal(hidden.text.replaceAll(id, 'x'), (await vr.get(`/Patient/x/${query}`)).text)
    }
    const { rest } = made(await es.get('/metadata'))
    assert.ok(rest[0].compartment.includes('http://hl7.org/fhir/CompartmentDefinition/patient'))
  })
})
