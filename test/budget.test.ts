/**
 * What a request costs: calls of the store, guards and commits, for each interaction and operation. A call is a round
 * trip over the network in a store of several processes. The limits are what each costs today; they only go down.
 * The caller is identified without one: the active agencies are in memory (auth/active-agencies.ts).
 * `all` counts as one call: what it asks the store for (the last number given, then pages up to it) belongs to the store.
 */
import assert from 'node:assert/strict'
import { createClock } from '../server/clock.ts'
import { loadConfig } from '../server/config.ts'
import { createHub, type Hub } from '../server/hub.ts'
import { createLog } from '../server/log.ts'
import type { Store, Work } from '../server/store/store.ts'
import { openStore } from '../server/store/open.ts'
import { post, referred } from './attack/scene.ts'
import {
  assessment,
  consent,
  decisions,
  goal,
  lookUpConsent,
  matchParameters,
  participant,
  plan,
  practitioner,
  practitionerRole,
  referral,
  subscription,
  transaction,
  type Body,
} from './builders/index.ts'
import { clientAt, type Answer, type Client } from './given.ts'

/** Calls of the store, guards of all commits, commits. */
type Cost = { readonly calls: number; readonly guards: number; readonly commits: number }

type Row = readonly [name: string, limit: Cost, request: (records: Records) => Promise<Answer>]

/** What a request can be about: a participant with a goal, a plan, an assessment, a consent and a referral. */
type Records = {
  readonly es: Client
  /** May know the participant by a consent. */
  readonly abe: Client
  readonly patient: Body & { readonly id: string; readonly meta: { readonly versionId: string } }
  readonly subject: string
  readonly goal: string
  /** A goal that no record refers to. */
  readonly spare: string
  readonly form: string
  readonly request: Body & { readonly id: string }
  readonly task: string
  readonly plan: Body & { readonly id: string }
  readonly subscription: string
  /** A case manager. */
  readonly staff: string
}

const cost = (calls: number, guards: number, commits: number): Cost => ({ calls, guards, commits })

const referParameters = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'service', valueCode: 'program-referral-coordination' },
    { name: 'performer', valueReference: { reference: 'Organization/vr' } },
  ],
}

const ROWS: readonly Row[] = [
  ['read', cost(1, 0, 0), ({ es, subject }) => es.get(`/${subject}`)],
  // The version of today says what of an old one is confidential.
  ['vread', cost(2, 0, 0), ({ es, subject }) => es.get(`/${subject}/_history/1`)],
  ['vread of a record without contact details', cost(1, 0, 0), ({ es, goal }) => es.get(`/Goal/${goal}/_history/1`)],
  ['history', cost(1, 0, 0), ({ es, subject }) => es.get(`/${subject}/_history`)],
  ['search', cost(1, 0, 0), ({ es, subject }) => es.get(`/Goal?patient=${subject}`)],
  // The list of the agency's requests, and the commit of the job.
  ['search in the background', cost(2, 0, 1), ({ es }) => es.get('/Goal', { headers: { Prefer: 'respond-async' } })],
  ['search with _include', cost(2, 0, 0), ({ es, goal }) => es.get(`/Goal?_id=${goal}&_include=Goal:patient`)],
  ['search with a chain', cost(2, 0, 0), ({ es }) => es.get('/Goal?patient.family=nobody,Ferris&_count=1')],
  ['search with _has', cost(2, 0, 0), ({ es, goal }) => es.get(`/Patient?_has:Goal:patient:_id=${goal}`)],
  [
    'search with _revinclude=*',
    cost(2, 0, 0),
    ({ es, subject }) => es.get(`/Patient?_id=${subject.slice(8)}&_revinclude=*`),
  ],
  [
    'search with _include:iterate',
    cost(3, 0, 0),
    ({ es, goal }) => es.get(`/Goal?_id=${goal}&_include=Goal:patient&_include:iterate=Patient:organization`),
  ],
  // A duplicate would be found by a guard of the commit.
  ['create Patient', cost(2, 4, 1), ({ es }) => es.post('/Patient', participant('es', { number: 'B-1' }))],
  ['create Goal', cost(3, 2, 1), ({ es, subject }) => es.post('/Goal', goal(subject))],
  // The consent is read by its key, which the circle names.
  [
    'create ServiceRequest',
    cost(4, 4, 1),
    ({ es, subject }) => es.post('/ServiceRequest', referral(subject, 'es', 'vr')),
  ],
  [
    // The circle is read for the warning that the participant denies the agency.
    'create Consent, which moves a circle',
    cost(5, 3, 1),
    ({ es, subject }) => es.post('/Consent', consent(subject, 'es', 'dhs')),
  ],
  [
    'create under a condition that is met',
    cost(1, 0, 0),
    ({ es, subject, goal: id }) =>
      es.send('POST', '/Goal', goal(subject), { headers: { 'If-None-Exist': `_id=${id}` } }),
  ],
  [
    'update Patient',
    cost(4, 2, 1),
    ({ es, patient }) => es.put(`/Patient/${patient.id}`, { ...patient, language: 'en' }, patient.meta.versionId),
  ],
  [
    'update ServiceRequest that ends its Task',
    cost(7, 4, 1),
    ({ es, request }) => es.put(`/ServiceRequest/${request.id}`, { ...request, status: 'revoked' }, 1),
  ],
  ['patch Patient', cost(4, 2, 1), ({ es, patient }) => patched(es, `/Patient/${patient.id}`, patient.meta.versionId)],
  // The search is one call, and its condition one guard more.
  [
    'conditional patch',
    cost(5, 3, 1),
    ({ es, patient }) => patched(es, `/Patient?_id=${patient.id}`, patient.meta.versionId),
  ],
  [
    'conditional update',
    cost(5, 3, 1),
    ({ es, subject, goal: id }) => es.put(`/Goal?_id=${id}`, { ...goal(subject), language: 'en' }),
  ],
  ['conditional update that creates', cost(4, 3, 1), ({ es, subject }) => es.put('/Goal?_id=nobody', goal(subject))],
  ['conditional delete Goal', cost(5, 4, 1), ({ es, spare }) => es.delete(`/Goal?_id=${spare}`)],
  ['delete Goal', cost(4, 3, 1), ({ es, spare }) => es.delete(`/Goal/${spare}`)],
  [
    'batch of two reads',
    cost(2, 0, 0),
    ({ es, subject, goal }) =>
      es.post('/', {
        ...transaction({ method: 'GET', url: subject }, { method: 'GET', url: `Goal/${goal}` }),
        type: 'batch',
      }),
  ],
  [
    'transaction of ten',
    cost(3, 2, 1),
    ({ es, subject }) =>
      es.post(
        '/',
        transaction(...Array.from({ length: 10 }, () => ({ method: 'POST', url: 'Goal', resource: goal(subject) }))),
      ),
  ],
  ['$reconcile', cost(2, 0, 0), ({ es, plan }) => es.get(`/CarePlan/${plan.id}/$reconcile?base=1`)],
  ['$validate of what is sent', cost(0, 0, 0), ({ es, subject }) => es.post('/Goal/$validate', goal(subject))],
  ['$validate of a stored record', cost(1, 0, 0), ({ es, goal }) => es.get(`/Goal/${goal}/$validate`)],
  [
    '$validate as an update',
    cost(2, 0, 0),
    ({ es, patient }) => es.post(`/Patient/${patient.id}/$validate?mode=update`, patient),
  ],
  ['$propose-referrals', cost(4, 0, 0), ({ es, form }) => es.get(`/QuestionnaireResponse/${form}/$propose-referrals`)],
  [
    '$submit-referrals with three referrals',
    cost(7, 10, 1),
    ({ es, subject, form }) =>
      es.post(
        `/${subject}/$submit-referrals`,
        decisions(`QuestionnaireResponse/${form}`, { snap: true, tanf: true, abe: true }),
      ),
  ],
  // The count is read; the matches; the next count and the AuditEvent are one commit.
  ['$match', cost(3, 0, 1), ({ es, patient }) => es.post('/Patient/$match', matchParameters(patient))],
  // And all participants are searched.
  [
    '$match with a consent to be looked up',
    cost(4, 0, 1),
    ({ es }) =>
      es.post(
        '/Patient/$match',
        matchParameters(participant('es', { family: 'Quill' }), { consent: lookUpConsent('es') }),
      ),
  ],
  [
    'create Patient with a phone, by which a duplicate would show',
    cost(2, 4, 1),
    ({ es }) =>
      es.post('/Patient', {
        ...participant('es', { family: 'Quill' }),
        telecom: [{ system: 'phone', value: '662-555-0101' }],
      }),
  ],
  ['$refer', cost(7, 4, 1), ({ es, subject }) => es.post(`/${subject}/$refer`, referParameters)],
  ['$meta', cost(1, 0, 0), ({ es, subject }) => es.get(`/${subject}/$meta`)],
  ['$why', cost(3, 0, 0), ({ es, subject }) => es.get(`/${subject}/$why?agency=vr`)],
  ['$consent-check', cost(3, 0, 0), ({ es, subject }) => es.get(`/${subject}/$consent-check`)],
  [
    '$revoke-consent',
    cost(8, 25, 1),
    ({ es, subject }) =>
      es.post(`/${subject}/$revoke-consent`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'recipient', valueReference: { reference: 'Organization/vr' } }],
      }),
  ],
  [
    '$fileConsent',
    cost(6, 3, 1),
    ({ es, subject }) =>
      es.post('/Consent/$fileConsent', {
        resourceType: 'Parameters',
        parameter: [
          { name: 'consent', resource: consent(subject, 'es', 'dhs') },
          {
            name: 'document',
            resource: { resourceType: 'DocumentReference', content: [{ attachment: { title: 'Form' } }] },
          },
        ],
      }),
  ],
  [
    '$propose-change',
    cost(4, 4, 1),
    ({ abe, subject }) =>
      abe.post(`/${subject}/$propose-change`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'gender', valueCode: 'other' }],
      }),
  ],
  ['$open-referrals', cost(1, 0, 0), ({ es }) => es.get('/Task/$open-referrals')],
  [
    '$transfer-case-manager',
    cost(5, 5, 1),
    ({ es, subject, staff }) =>
      es.post(`/${subject}/$transfer-case-manager`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'to', valueReference: { reference: staff } }],
      }),
  ],
  ['$everything', cost(4, 0, 0), ({ es, subject }) => es.get(`/${subject}/$everything`)],
  ['$intake-package', cost(5, 0, 0), ({ es, subject }) => es.get(`/${subject}/$intake-package`)],
  ['$warnings', cost(1, 0, 0), ({ es }) => es.get('/$warnings')],
  ['$warnings of a participant', cost(2, 0, 0), ({ es, subject }) => es.get(`/${subject}/$warnings`)],
  [
    '$appeal',
    cost(3, 2, 1),
    ({ es, task }) =>
      es.post(`/Task/${task}/$appeal`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'reason', valueString: 'Nobody answers.' }],
      }),
  ],
  ['$status', cost(2, 0, 0), ({ es, subscription }) => es.get(`/Subscription/${subscription}/$status`)],
  ['$events', cost(3, 0, 0), ({ es, subscription }) => es.get(`/Subscription/${subscription}/$events`)],
]

const patched = (es: Client, path: string, version: string): Promise<Answer> =>
  es.send('PATCH', path, JSON.stringify([{ op: 'add', path: '/language', value: 'en' }]), {
    headers: { 'Content-Type': 'application/json-patch+json', 'If-Match': `W/"${version}"` },
  })

/** What a request calls. */
const COUNTED: readonly (keyof Store)[] = [
  'read',
  'readMany',
  'vread',
  'history',
  'find',
  'all',
  'indexed',
  'events',
  'eventCount',
  'commit',
]

describe('the budget of', () => {
  let hub: Hub
  let url: string
  let counted: ReturnType<typeof counting>
  before(async () => {
    const clock = createClock()
    counted = counting(withoutBackground(await openStore({ kind: 'memory' }, { clock: clock.now })))
    const settings = { HUB_PORT: '0', HUB_STORE: 'memory:', HUB_LOG: 'silent', HUB_LOOPBACK_ENDPOINTS: 'true' }
    const config = loadConfig({ ...settings, HUB_SSN_KEY: 'a key for tests only, 32 chars at least' })
    hub = await createHub(config, { log: createLog('silent'), clock, store: counted.store })
    url = (await hub.listen()).url
  })
  after(() => hub.stop())

  for (const [name, limit, request] of ROWS) {
    it(`${name} is at most ${limit.calls} calls of the store, ${limit.guards} guards, ${limit.commits} commits`, async () => {
      const records = await recordsOf(clientAt(url, 'es'), clientAt(url, 'abe'))
      counted.reset()
      const answer = await request(records)
      assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
      for (const [what, most] of Object.entries(limit)) {
        const spent = counted.cost()[what as keyof Cost]
        assert.ok(spent <= most, `${spent} ${what}: ${counted.calls().join(' ')}`)
      }
    })
  }
})

async function recordsOf(es: Client, abe: Client): Promise<Records> {
  const patient = await post(es, participant('es'))
  const subject = `Patient/${patient.id}`
  const { id: goalId } = await post(es, goal(subject))
  const form = await post(es, assessment(subject, true))
  for (const recipient of ['dhs', 'abe']) await post(es, consent(subject, 'es', recipient))
  const { request, task } = await referred(es, subject, 'es', 'vr')
  const person = await post(es, practitioner())
  const staff = `PractitionerRole/${(await post(es, practitionerRole(`Practitioner/${person.id}`, 'es'))).id}`
  const subscriptionBody = subscription('http://127.0.0.1:9/none', { topic: 'participant-updated' }) as Body
  const own = await post(es, subscriptionBody)
  return {
    es,
    abe,
    patient: (await es.get(`/${subject}`)).body as Records['patient'],
    subject,
    goal: goalId,
    spare: (await post(es, goal(subject))).id,
    form: form.id,
    request,
    task: task.id,
    plan: await post(es, plan('es', subject, `Goal/${goalId}`) as Body),
    subscription: own.id,
    staff,
  }
}

/** No log to read and no job to do: only requests use the store. */
const withoutBackground = (store: Store): Store => ({
  ...store,
  feed: () => Promise.resolve([]),
  changed: (_sequence, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
  jobs: { ...store.jobs, claim: () => Promise.resolve([]) },
})

function counting(store: Store) {
  let calls: string[] = []
  let guards = 0
  const counts = (name: string | symbol): name is keyof Store => COUNTED.includes(name as keyof Store)
  const proxy = new Proxy(store, {
    get(target, name) {
      const value = target[name as keyof Store] as unknown
      if (!counts(name) || typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const work = name === 'commit' ? (args[0] as Work) : undefined
        calls.push(name)
        guards += work?.guards?.length ?? 0
        return (value as (...all: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  return {
    store: proxy,
    reset() {
      calls = []
      guards = 0
    },
    calls: () => calls,
    cost: (): Cost => cost(calls.length, guards, calls.filter((one) => one === 'commit').length),
  }
}
