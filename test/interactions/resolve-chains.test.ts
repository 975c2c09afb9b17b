/** Chains and _has over HTTP, in both stores: https://hl7.org/fhir/R4/search.html#chaining and #has */
import assert from 'node:assert/strict'
import { DEFAULT_LIMITS } from '../../server/search/limits.ts'
import { resolveQuery } from '../../server/interactions/resolve-chains.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import type { View } from '../../server/records/view.ts'
import { ALL } from '../../server/search/query.ts'
import { condition, participant, type Body } from '../builders/index.ts'
import { given, givenRecords, made, OVER_STORES, refused, type Given } from '../given.ts'

/** Names of the records that a search finds, in their order. */
const found = (body: { entry?: { resource: { resourceType: string; id: string } }[] }): string =>
  (body.entry ?? []).map(({ resource }) => resource.id).join(' ')

const GRAPH: readonly Body[] = [
  { resourceType: 'Organization', id: 'top', name: 'Top' },
  { resourceType: 'Organization', id: 'acme', name: 'Acme', partOf: { reference: 'Organization/top' } },
  {
    resourceType: 'Patient',
    id: 'ann',
    gender: 'female',
    name: [{ family: 'Smith' }],
    managingOrganization: { reference: 'Organization/acme' },
  },
  { resourceType: 'Patient', id: 'bob', gender: 'male', name: [{ family: 'Jones', given: ['Smith'] }] },
  { resourceType: 'Group', id: 'ann', type: 'person', actual: true, identifier: [{ value: 'g' }] },
  observation('a1', 'Patient/ann', 'a'),
  observation('a2', 'Patient/ann', 'b', { hasMember: [{ reference: 'Observation/a1' }] }),
  observation('b1', 'Patient/bob', 'b', { hasMember: [{ reference: 'Observation/a2' }] }),
  observation('g1', 'Group/ann', 'a'),
  observation('n1', 'Patient/nobody', 'a'),
  observation('u1', undefined, 'b'),
  {
    resourceType: 'List',
    id: 'l',
    status: 'current',
    mode: 'changes',
    entry: [
      { item: { reference: 'Patient/ann' } },
      { item: { reference: 'Observation/a1' } },
      { item: { reference: 'Observation/b1' }, deleted: true },
    ],
  },
]

function observation(id: string, subject: string | undefined, code: string, more: object = {}): Body {
  const about = subject === undefined ? {} : { subject: { reference: subject } }
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'urn:c', code }] },
    ...about,
    ...more,
  }
}

const CASES: readonly (readonly [query: string, ids: string])[] = [
  ['Observation?subject.family=smith', 'a1 a2'],
  ['Observation?subject:Patient.name=smith', 'a1 a2 b1'],
  ['Observation?subject:Group.identifier=g', 'g1'],
  ['Observation?subject._id=ann', 'a1 a2 g1'],
  ['Observation?subject:Patient._id=ann', 'a1 a2'],
  ['Observation?subject._id=nobody', ''],
  ['Observation?patient.gender:not=male', 'a1 a2'],
  ['Observation?patient.organization:missing=true', 'b1'],
  ['Observation?patient._lastUpdated=gt2000', 'a1 a2 b1'],
  ['Observation?patient._lastUpdated=lt2000', ''],
  ['Observation?patient.organization.name=acme', 'a1 a2'],
  ['Observation?patient.organization.partof.name=top', 'a1 a2'],
  ['Observation?patient.organization.partof.name=acme', ''],
  ['Observation?has-member.has-member.subject:Patient.family=smith', 'b1'],
  ['Observation?subject.family=smith&code=b', 'a2'],
  ['Observation?subject.family=smith,jones&code=b&_sort=-_id', 'b1 a2'],
  // Each chain by itself: a member with code b, and a member that is about Ann.
  ['Observation?has-member.code=b&has-member.patient.family=smith', 'b1'],
  ['Observation?patient.name=jones&patient.name=smith', 'b1'],
  ['Patient?_has:Observation:patient:code=a', 'ann'],
  ['Patient?_has:Observation:subject:code=urn:c|a,b', 'ann bob'],
  ['Group?_has:Observation:subject:code=a', 'ann'],
  ['Patient?_has:Observation:patient:code:not=a', 'ann bob'],
  ['Patient?_has:Observation:patient:_id=b1', 'bob'],
  ['Patient?_has:Observation:patient:_has:Observation:has-member:code=b', 'ann'],
  ['Patient?_has:Observation:patient:has-member.code=b', 'bob'],
  ['Organization?_has:Patient:organization:_has:Observation:patient:code=a', 'acme'],
  ['Observation?patient._has:Observation:patient:code=a', 'a1 a2'],
  ['Patient?_has:Observation:patient:code=a&_has:Observation:patient:code=b', 'ann'],
  ['Patient?_has:Observation:patient:code=nothing', ''],
  ['Patient?_list=l', 'ann'],
  ['Observation?_list=List/l&code=a', 'a1'],
  ['Group?_list=l', ''],
  ['Patient?_list=nothing', ''],
  ['Patient?_list=nothing,l', 'ann'],
  ['Observation?_contained=false&_containedType=container&code=b', 'a2 b1 u1'],
  ['Observation?_filter=subject:Patient.family sw "smi" and code eq b', 'a2'],
  ['Observation?_filter=patient.name eq smith or subject:Group.identifier eq g', 'a1 a2 b1 g1'],
  ['Observation?_filter=not (patient.gender eq male)', 'a1 a2 g1 n1 u1'],
  ['Observation?_filter=patient[name eq smith].gender eq male', 'b1'],
  ['Patient?_filter=_has:Observation:patient:code eq a', 'ann'],
  ['Patient?_filter=_has:Observation:patient:code eq a or family eq jones', 'ann bob'],
]

for (const store of OVER_STORES) {
  describe(`interactions / resolve-chains / ${store}`, () => {
    let hub: Given
    before(async () => {
      hub = await givenRecords(store, GRAPH)
    })
    after(() => hub.stop())

    for (const [query, ids] of CASES) {
      it(`answers ${query}`, async () => {
        const page = made(await hub.as(undefined).get(`/${query}&_total=accurate`))
        assert.equal(found(page), ids)
        assert.equal(page.total, ids === '' ? 0 : ids.split(' ').length)
      })
    }

    it('keeps the chain in the links of its pages', async () => {
      const seen: string[] = []
      let url: string | undefined = '/Observation?patient.gender=female&_count=1'
      while (url !== undefined) {
        const page = made(await hub.as(undefined).get(url))
        seen.push(found(page))
        url = page.link.find((one: { relation: string }) => one.relation === 'next')?.url.slice(hub.url.length)
      }
      assert.deepEqual(seen, ['a1', 'a2'])
    })

    it('refuses lists that it does not make, and values that are none', async () => {
      const client = hub.as(undefined)
      assert.match(
        refused(await client.get('/Patient?_list=$current-problems'), 400, 'invalid-parameter'),
        /has records of `Condition`, and none of `Patient`/,
      )
      assert.match(
        refused(await client.get('/Condition?_list=$current-problem'), 400, 'invalid-parameter'),
        /does not make\. Did you mean `\$current-problems`\?/,
      )
      refused(await client.get('/Patient?_list:x=l'), 400, 'invalid-parameter')
      refused(await client.get('/Patient?_list='), 400, 'invalid-parameter')
      refused(await client.get('/Patient?_containedType=x'), 400, 'invalid-parameter')
    })

    it('refuses a chain in the condition of a write', async () => {
      const headers = { 'If-None-Exist': 'subject.family=smith' }
      const answer = await hub
        .as(undefined)
        .send('POST', '/Observation', observation('', 'Patient/ann', 'x'), { headers })
      assert.match(refused(answer, 400, 'unknown-parameter'), /is decided by other records/)
    })
  })
}

describe('interactions / resolve-chains', () => {
  let hub: Given
  after(() => hub.stop())

  it('leads through no record that the caller may not know of, and counts none', async () => {
    hub = await given()
    const [es, vr, board] = [hub.as('es'), hub.as('vr'), hub.as(undefined)]
    const mine = made(await es.post('/Patient', participant('es', { family: 'Ferris' })))
    const other = made(await vr.post('/Patient', participant('vr', { family: 'Ferris' })))
    made(await es.post('/Condition', condition(`Patient/${mine.id}`)))
    made(await vr.post('/Condition', condition(`Patient/${other.id}`)))
    const total = async (client: typeof es, query: string) =>
      made(await client.get(`/${query}&_total=accurate`)).total as number
    for (const query of ['Condition?patient.family=Ferris', 'Patient?_has:Condition:patient:_lastUpdated=gt2000'])
      assert.deepEqual([await total(es, query), await total(vr, query), await total(board, query)], [1, 1, 2], query)
    assert.equal(await total(es, `Patient?_has:Condition:patient:patient=${other.id}`), 0)
  })

  it('refuses a chain with too many records on the way', async () => {
    const view = {
      *all() {
        for (let id = 0; ; id += 1) yield { type: 'Patient', id: String(id) }
      },
    } as unknown as View
    const chain = { op: 'chain', param: 'patient', of: [{ types: ['Patient'], where: ALL }] } as const
    const query = { type: 'Observation', where: ALL, viewer: { agency: 'es', at: 0 }, limit: 1 }
    await assert.rejects(
      resolveQuery(
        {
          query,
          chained: [chain],
          includes: [],
          limits: { ...DEFAULT_LIMITS, onTheWay: 300 },
          total: 'none',
          ignored: [],
          self: [],
          identity: () => '',
        },
        view,
      ),
      (error) =>
        error instanceof OutcomeError &&
        error.issues[0]?.detail === 'too-costly' &&
        error.message.includes(`more than 300 records of \`Patient\``),
    )
  })
})
