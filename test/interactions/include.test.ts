/** _include and _revinclude over HTTP, in both stores: https://hl7.org/fhir/R4/search.html#include */
import assert from 'node:assert/strict'
import { DEFAULT_LIMITS } from '../../server/search/limits.ts'
import { include } from '../../server/interactions/include.ts'
import type { View } from '../../server/records/view.ts'
import type { FoundVersion } from '../../server/store/store.ts'
import { condition, goal, participant, type Body } from '../builders/index.ts'
import { given, givenRecords, made, OVER_STORES, type Client, type Given } from '../given.ts'

type Entry = { search: { mode: string }; resource: Body & { id: string; meta: { versionId: string } } }

/** The matches and what is included: `Type/id`, with the version where it is not the first. */
const shown = (body: { entry?: Entry[] }, mode: string): string =>
  (body.entry ?? [])
    .filter((one) => one.search.mode === mode)
    .map(({ resource }) => {
      const version = resource.meta.versionId
      return `${resource.resourceType}/${resource.id}${version === '1' ? '' : `/${version}`}`
    })
    .sort()
    .join(' ')

const GRAPH: readonly Body[] = [
  { resourceType: 'Organization', id: 'top', name: 'Top' },
  { resourceType: 'Organization', id: 'acme', name: 'Acme', partOf: { reference: 'Organization/top' } },
  { resourceType: 'Patient', id: 'ann', managingOrganization: { reference: 'Organization/acme' } },
  { resourceType: 'Group', id: 'ann', type: 'person', actual: true },
  observation('a1', 'Patient/ann'),
  observation('a2', 'Patient/ann', 'Observation/a1'),
  observation('a3', 'Group/ann', 'Observation/a2', 'Observation/gone'),
  {
    resourceType: 'Provenance',
    id: 'p',
    recorded: '2026-01-01T00:00:00Z',
    target: [{ reference: 'Observation/a1' }],
    agent: [{ who: { reference: 'Organization/top' } }],
  },
]

function observation(id: string, subject: string, ...members: string[]): Body {
  const hasMember = members.length > 0 ? { hasMember: members.map((reference) => ({ reference })) } : {}
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { text: 'x' },
    subject: { reference: subject },
    ...hasMember,
  }
}

const CASES: readonly (readonly [query: string, included: string])[] = [
  ['Observation?_id=a2&_include=Observation:subject', 'Patient/ann'],
  ['Observation?_id=a2,a3&_include=Observation:subject', 'Group/ann Patient/ann'],
  ['Observation?_id=a2,a3&_include=Observation:subject:Group', 'Group/ann'],
  ['Observation?_id=a3&_include=Observation:has-member', 'Observation/a2'],
  ['Observation?_id=a2&_include=Observation:*', 'Observation/a1 Patient/ann'],
  ['Observation?_id=a2&_include=*', 'Observation/a1 Patient/ann'],
  // What matches already is not included once more.
  ['Observation?_id=a1,a2&_include=*', 'Patient/ann'],
  [
    'Observation?_id=a2&_include=*&_include:iterate=Patient:organization',
    'Observation/a1 Organization/acme Patient/ann',
  ],
  ['Observation?_id=a3&_include:iterate=Observation:has-member', 'Observation/a1 Observation/a2'],
  [
    'Observation?_id=a3&_include:iterate=*',
    'Group/ann Observation/a1 Observation/a2 Organization/acme Organization/top Patient/ann',
  ],
  ['Patient?_revinclude=Observation:patient', 'Observation/a1 Observation/a2'],
  ['Patient?_revinclude=Observation:subject:Patient', 'Observation/a1 Observation/a2'],
  ['Patient?_revinclude=*', 'Observation/a1 Observation/a2'],
  ['Patient?_revinclude=Observation:*&_revinclude=Provenance:target', 'Observation/a1 Observation/a2'],
  [
    'Patient?_revinclude=Observation:subject&_revinclude:iterate=Provenance:target',
    'Observation/a1 Observation/a2 Provenance/p',
  ],
  [
    'Organization?_id=top&_revinclude:iterate=Organization:partof&_revinclude:iterate=Patient:organization',
    'Organization/acme Patient/ann',
  ],
  ['Group?_revinclude=*&_include:iterate=Observation:has-member', 'Observation/a1 Observation/a2 Observation/a3'],
  ['Observation?_id=a1&_count=0&_include=*', ''],
]

for (const store of OVER_STORES) {
  describe(`interactions / include / ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenRecords(store, GRAPH)
      client = hub.as(undefined)
    })
    after(() => hub.stop())

    for (const [query, included] of CASES) {
      it(`includes with ${query}`, async () => {
        const page = made(await client.get(`/${query}`))
        assert.equal(shown(page, 'include'), included)
        assert.equal(shown(page, 'outcome'), '')
      })
    }

    it('includes the version that a reference names, and says where there is none', async () => {
      await client.put('/Patient/old', { resourceType: 'Patient', id: 'old', gender: 'male' })
      await client.put('/Patient/old', { resourceType: 'Patient', id: 'old', gender: 'female' })
      for (const [id, reference] of [
        ['v1', 'Patient/old/_history/1'],
        ['v2', 'Patient/old/_history/2'],
        ['v7', 'Patient/old/_history/7'],
        ['v0', 'Patient/old'],
        ['vx', 'Patient/no/_history/1'],
      ] as const)
        made(await client.put(`/Observation/${id}`, observation(id, reference)))
      const included = async (ids: string) =>
        made(await client.get(`/Observation?_id=${ids}&_include=Observation:subject`))
      assert.equal(shown(await included('v1'), 'include'), 'Patient/old')
      assert.equal(shown(await included('v2'), 'include'), 'Patient/old/2')
      assert.equal(shown(await included('v2,v0'), 'include'), 'Patient/old/2')
      assert.equal(shown(await included('v1,v0'), 'include'), 'Patient/old Patient/old/2')
      assert.equal(shown(await included('vx'), 'include'), '')
      const missing = await included('v7')
      assert.equal(shown(missing, 'include'), 'Patient/old/2')
      assert.match(missing.entry.at(-1).resource.issue[0].details.text, /`Patient\/old\/_history\/7` names a version/)
      assert.equal(missing.entry.at(-1).search.mode, 'outcome')
    })
  })
}

describe('interactions / include', () => {
  let hub: Given
  after(() => hub.stop())

  it('includes nothing that the caller may not know of, and the reply names what it includes', async () => {
    const disclosed: string[][] = []
    hub = await given({}, undefined, {
      onReply: (_, reply) => void disclosed.push((reply.disclosed ?? []).map(({ type, id }) => `${type}/${id}`)),
    })
    const [es, vr] = [hub.as('es'), hub.as('vr')]
    const patient = made(await es.post('/Patient', participant('es')))
    const subject = `Patient/${patient.id}`
    const problem = made(await es.post('/Condition', condition(subject)))
    made(await es.post('/Goal', { ...goal(subject), addresses: [{ reference: `Condition/${problem.id}` }] }))
    const page = made(await es.get(`/Patient?_id=${patient.id}&_revinclude=*&_include=*`))
    const names = shown(page, 'include').split(' ')
    assert.deepEqual(
      names.map((one) => one.split('/')[0]),
      ['Condition', 'Goal', 'Organization'],
    )
    assert.deepEqual(disclosed.at(-1)?.sort(), [...names, subject].sort())
    const others = made(await vr.get('/Organization?_id=es&_revinclude=Patient:organization&_revinclude=*'))
    assert.equal(shown(others, 'include').includes(patient.id), false)
  })

  const definitions = {
    capabilities: [],
    capability: () => ({
      searchParameters: [{ code: 'part', type: 'reference', target: [], expression: 'Task.partOf' }],
    }),
  } as never
  const task = (id: number, ...parts: number[]): FoundVersion =>
    ({
      type: 'Task',
      id: String(id),
      version: 1,
      text: '{}',
      entries: parts.map((part) => ({ kind: 'reference', param: 'part', type: 'Task', id: String(part) })),
    }) as never
  const view = {
    readMany: (keys: { id: string }[]) => keys.map(({ id }) => task(Number(id))),
    find: ({ where }: { where: { ids: string[] } }) => ({
      versions: where.ids.map((id) => task(Number(id), Number(id) + 1)),
    }),
  } as unknown as View

  it('ends at a limit of records, and says so', async () => {
    const parts = Array.from({ length: DEFAULT_LIMITS.included + 1 }, (_, index) => index + 1)
    const inclusion = {
      definitions,
      base: '',
      view,
      limits: DEFAULT_LIMITS,
      includes: [{ type: 'Task', param: 'part' }],
    }
    const { records, issues } = await include(inclusion, [task(0, ...parts)])
    assert.equal(records.length, DEFAULT_LIMITS.included)
    assert.match(issues[0]?.text ?? '', /More than 1000 records would be included/)
    assert.deepEqual([(await include(inclusion, [task(0, ...parts.slice(1))])).issues, issues.length], [[], 1])
  })

  it('ends at a size of them together, one at least, and says so', async () => {
    const text = 'x'.repeat(3 * 1024 * 1024)
    const large = {
      readMany: async (keys: readonly { id: string }[]) => keys.map(({ id }) => ({ ...task(Number(id)), text })),
    } as unknown as View
    const inclusion = {
      definitions,
      base: '',
      view: large,
      limits: DEFAULT_LIMITS,
      includes: [{ type: 'Task', param: 'part' }],
    }
    const { records, issues } = await include(inclusion, [task(0, 1, 2, 3, 4)])
    assert.deepEqual(
      records.map(({ id }) => id),
      ['1', '2'],
    )
    assert.match(issues[0]?.text ?? '', /More than 8388608 bytes would be included with this page; only 2 records are/)
  })

  it('ends after so many steps of :iterate, and says so', async () => {
    const inclusion = {
      definitions,
      base: '',
      view,
      limits: DEFAULT_LIMITS,
      includes: [{ type: 'Task', param: 'part', iterate: true as const }],
    }
    const { records, issues } = await include(inclusion, [task(0, 1)])
    assert.equal(records.length, DEFAULT_LIMITS.iterate)
    assert.match(issues[0]?.text ?? '', /lead on over more than 20 references/)
  })
})
