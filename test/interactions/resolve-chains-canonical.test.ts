/** Chains, _has and includes over canonicals: https://hl7.org/fhir/R4/references.html#canonical */
import assert from 'node:assert/strict'
import type { Body } from '../builders/index.ts'
import { openMemory } from '../../server/store/memory/open.ts'
import { given, givenRecords, made, OVER_STORES, refused, type Given } from '../given.ts'
import { put } from '../store/writes.ts'

type Page = { entry?: { resource: Body & { id: string }; search: { mode: string } }[]; total?: number }

const shown = ({ entry = [] }: Page, mode: string): string =>
  entry.flatMap(({ resource, search }) => (search.mode === mode ? resource.id : [])).join(' ')

const U = 'http://a.example/Questionnaire/u'
const W = 'http://a.example/Questionnaire/w'
const PLAN = 'http://a.example/PlanDefinition/p'

const questionnaire = (id: string, url: string, version?: string): Body => ({
  resourceType: 'Questionnaire',
  id,
  url,
  ...(version === undefined ? {} : { version }),
  title: `Title ${id}`,
  status: 'active',
})
const answers = (id: string, canonical: string, status = 'completed'): Body => ({
  resourceType: 'QuestionnaireResponse',
  id,
  status,
  questionnaire: canonical,
})
const plan = (id: string, ...instantiatesCanonical: string[]): Body => ({
  resourceType: 'CarePlan',
  id,
  status: 'active',
  intent: 'plan',
  subject: { reference: 'Patient/ann' },
  instantiatesCanonical,
})

const GRAPH: readonly Body[] = [
  questionnaire('u1', U, '1'),
  questionnaire('u2', U, '2'),
  questionnaire('w', W),
  { resourceType: 'PlanDefinition', id: 'p', url: PLAN, version: '1.0', name: 'Plan', status: 'active' },
  { resourceType: 'Patient', id: 'ann' },
  answers('r1', `${U}|1`),
  answers('r2', `${U}|2`, 'amended'),
  answers('ru', U),
  answers('rw', W),
  answers('r9', `${W}|9`, 'in-progress'),
  answers('rx', 'http://a.example/Questionnaire/nowhere', 'stopped'),
  plan('c1', `${PLAN}|1.0`, U),
  plan('c2', PLAN),
  plan('c3', `${PLAN}|2.0`),
]

/** What is found, and what comes with it. */
const CASES: readonly (readonly [query: string, matches: string, included?: string])[] = [
  ['QuestionnaireResponse?questionnaire.title=title u1', 'r1 ru'],
  ['QuestionnaireResponse?questionnaire.title=title u2', 'r2 ru'],
  ['QuestionnaireResponse?questionnaire.title=title w', 'rw'],
  ['QuestionnaireResponse?questionnaire.title=title', 'r1 r2 ru rw'],
  ['QuestionnaireResponse?questionnaire.title=nothing', ''],
  ['QuestionnaireResponse?questionnaire:Questionnaire.version=2&status=amended', 'r2'],
  ['QuestionnaireResponse?_filter=questionnaire.title eq "title w"', 'rw'],
  ['CarePlan?instantiates-canonical:PlanDefinition.name=plan', 'c1 c2'],
  ['CarePlan?instantiates-canonical:Questionnaire.title=title u2', 'c1'],
  ['Questionnaire?_has:QuestionnaireResponse:questionnaire:status=amended', 'u2'],
  ['Questionnaire?_has:QuestionnaireResponse:questionnaire:status=completed', 'u1 u2 w'],
  ['Questionnaire?_has:QuestionnaireResponse:questionnaire:status=in-progress', ''],
  ['PlanDefinition?_has:CarePlan:instantiates-canonical:_id=c2', 'p'],
  ['PlanDefinition?_has:CarePlan:instantiates-canonical:_id=c3', ''],
  ['?_type=Questionnaire,PlanDefinition&_has:CarePlan:instantiates-canonical:_id=c1', 'u1 u2 p'],
  ['QuestionnaireResponse?_id=r1&_include=QuestionnaireResponse:questionnaire', 'r1', 'u1'],
  ['QuestionnaireResponse?_id=ru,rw&_include=*', 'ru rw', 'u1 u2 w'],
  ['QuestionnaireResponse?_id=r9,rx&_include=QuestionnaireResponse:questionnaire', 'r9 rx', ''],
  ['CarePlan?_id=c1&_include=CarePlan:instantiates-canonical:PlanDefinition', 'c1', 'p'],
  ['CarePlan?_id=c1&_include=CarePlan:instantiates-canonical:Questionnaire', 'c1', 'u1 u2'],
  ['Questionnaire?_id=u2&_revinclude=QuestionnaireResponse:questionnaire', 'u2', 'r2 ru'],
  ['Questionnaire?_id=w&_revinclude=*', 'w', 'rw'],
  ['PlanDefinition?_id=p&_revinclude=CarePlan:instantiates-canonical', 'p', 'c1 c2'],
  [
    'QuestionnaireResponse?_id=r2&_include=QuestionnaireResponse:questionnaire&_revinclude:iterate=QuestionnaireResponse:questionnaire',
    'r2',
    'u2 ru',
  ],
]

for (const store of OVER_STORES) {
  describe(`interactions / resolve-chains / canonicals / ${store}`, () => {
    let hub: Given
    before(async () => {
      hub = await givenRecords(store, GRAPH)
    })
    after(() => hub.stop())

    for (const [query, matches, included = ''] of CASES) {
      it(`answers ${query}`, async () => {
        const page = made(await hub.as(undefined).get(`/${query}`)) as Page
        assert.deepEqual([shown(page, 'match'), shown(page, 'include')], [matches, included])
      })
    }

    it('refuses a chain over more urls than a search takes', async () => {
      const entry = Array.from({ length: 151 }, (_, index) => ({
        resource: questionnaire(`many${index}`, `http://many.example/${index}`),
        request: { method: 'PUT', url: `Questionnaire/many${index}` },
      }))
      made(await hub.as(undefined).post('/', { resourceType: 'Bundle', type: 'transaction', entry }))
      const answer = await hub.as(undefined).get('/QuestionnaireResponse?questionnaire.title=title many')
      assert.match(refused(answer, 422, 'too-costly'), /more than 150 urls/)
    })
  })
}

describe('interactions / resolve-chains / canonicals', () => {
  let hub: Given
  after(() => hub.stop())

  it('lead to no definition that the caller may not know of', async () => {
    const store = openMemory({ clock: () => Date.now() })
    hub = await given({}, undefined, { store })
    const uri = (param: string, value: string) => ({ kind: 'uri' as const, param, value })
    const title = { kind: 'string' as const, param: 'title', value: 'secret', exact: 'Secret' }
    const [draft, response] = [questionnaire('draft', U), answers('r', U)]
    await store.commit({
      writes: [
        put('Questionnaire/draft', { body: draft, entries: [uri('url', U), title], audience: [{ agency: 'abe' }] }),
        put('QuestionnaireResponse/r', { body: response, entries: [uri('questionnaire', U)] }),
      ],
    })
    const seen = async (agency: string) => {
      const pages = await Promise.all(
        [
          'QuestionnaireResponse?questionnaire.title=secret',
          'QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire',
          'Questionnaire?_has:QuestionnaireResponse:questionnaire:_id=r',
        ].map(async (query) => made(await hub.as(agency).get(`/${query}`)) as Page),
      )
      return pages.map((page) => `${shown(page, 'match')} ${shown(page, 'include')}`.trim())
    }
    assert.deepEqual(await seen('abe'), ['r', 'r draft', 'draft'])
    assert.deepEqual(await seen('es'), ['', 'r', ''])
  })
})
