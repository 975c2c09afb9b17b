/**
 * Who may know of what, by every path: one table, written from the rule itself (docs say it: the agency that wrote a
 * record, the agency of entry, the parties of an open referral, an open participation, a consent in its period, the
 * board; restricted classes by a consent that names them, wages also by an agreement).
 */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { given, made, type Client, type Given } from '../given.ts'
import { PATHS, comparableAnswer, unknownLike } from './paths.ts'
import {
  agencyTeam,
  careTeam,
  condition,
  labelled,
  participant,
  practitioner,
  practitionerRole,
  relatedPerson,
  teamMember,
  wages,
} from '../builders/index.ts'
import { RELATIONS, type RelationWorld } from './relations.ts'

const RECORDS = [
  'participant',
  'plain',
  'family',
  'team',
  'restricted team',
  'disability',
  'rehabilitation',
  'both',
  'wages',
  'unnamed',
] as const
type RecordName = (typeof RECORDS)[number]

const NOTHING: readonly RecordName[] = []
const PLAIN: readonly RecordName[] = ['participant', 'plain', 'family', 'team']

/** Who asks, in what relation, and what it may know of. Everything else does not exist for it. */
const TABLE: readonly (readonly [agency: string, relation: keyof typeof RELATIONS, visible: readonly RecordName[]])[] =
  [
    // es entered the participant and wrote all but the wage record.
    ['es', 'none', [...PLAIN, 'restricted team', 'disability', 'rehabilitation', 'both', 'unnamed']],
    ['abe', 'none', NOTHING],
    ['board', 'none', [...PLAIN, 'wages']],
    ['ui', 'none', ['wages']],
    ['abe', 'owner of a referral that is requested', PLAIN],
    ['abe', 'owner of a referral that it accepted', PLAIN],
    ['abe', 'owner of a referral that it rejected', NOTHING],
    ['abe', 'owner of a referral that it completed', NOTHING],
    ['abe', 'requester of a referral that is open', PLAIN],
    ['abe', 'requester of a referral that was rejected', NOTHING],
    ['vr', 'requester of a referral that is open', PLAIN],
    ['vr', 'requester of a referral that was rejected', NOTHING],
    ['abe', 'a participation that is open', PLAIN],
    ['abe', 'a participation that is planned', PLAIN],
    ['abe', 'a participation that is finished', NOTHING],
    ['abe', 'a consent', PLAIN],
    ['abe', 'a consent that has expired', NOTHING],
    ['abe', 'a consent that has not begun', NOTHING],
    ['abe', 'a consent that was revoked', NOTHING],
    ['abe', 'a consent that names another agency', NOTHING],
    ['abe', 'a consent that names disability', [...PLAIN, 'disability']],
    ['abe', 'a consent that names rehabilitation', [...PLAIN, 'restricted team', 'rehabilitation']],
    [
      'abe',
      'a consent that names disability and rehabilitation',
      [...PLAIN, 'restricted team', 'disability', 'rehabilitation', 'both'],
    ],
    ['abe', 'an expired consent that names disability', NOTHING],
    ['abe', 'a consent that names wages, without an agreement', PLAIN],
    ['abe', 'a consent that names wages, and an agreement', [...PLAIN, 'wages']],
    ['abe', 'a consent that names wages, and an agreement that has expired', PLAIN],
    ['abe', 'a consent that names wages, and an agreement that was ended', PLAIN],
    ['abe', 'a consent that names wages, and an agreement about disability', PLAIN],
    ['abe', 'a consent that names wages, and an agreement of others', PLAIN],
    ['abe', 'a consent that names wages, and an agreement without the wage agency', PLAIN],
    ['abe', 'an agreement without a consent', NOTHING],
  ]

const NOW = Date.parse('2026-06-01T12:00:00Z')

describe('visibility / who may know of what', function () {
  this.timeout(60_000)
  let hub: Given
  const asks = new Map<string, Client>()
  const own = new Map<string, string>()
  /** Per agency and path: the answer about an id that nobody has. */
  const unknown = new Map<string, string>()

  before(async () => {
    hub = await given(
      {},
      createClock(() => NOW),
    )
    for (const agency of ['es', 'abe', 'ui', 'vr', 'board']) {
      const client = hub.as(agency)
      asks.set(agency, client)
      const named = agency === 'board' ? 'es' : agency
      own.set(agency, `Patient/${made(await client.post('/Patient', participant(named))).id}`)
    }
  })
  after(() => hub.stop())
  /** Agreements are not about one participant: each test has its own. */
  afterEach(async () => {
    const { entry = [] } = made(await as('board').get('/Contract'))
    for (const { resource } of entry as { resource: { id: string } }[])
      await as('board').delete(`/Contract/${resource.id}`)
  })

  const as = (agency: string): Client => asks.get(agency)!

  async function people(): Promise<Record<RecordName, string>> {
    const make = async (agency: string, body: { resourceType: string }) =>
      `${body.resourceType}/${made(await as(agency).post(`/${body.resourceType}`, body)).id}`
    const subject = await make('es', participant('es'))
    const staff = await make('es', practitionerRole(await make('es', practitioner()), 'es'))
    return {
      participant: subject,
      plain: await make('es', condition(subject)),
      family: await make('es', relatedPerson(subject)),
      team: await make('es', careTeam(subject, staff)),
      'restricted team': await make(
        'es',
        labelled(agencyTeam(subject, teamMember('counselor', staff)), 'rehabilitation'),
      ),
      disability: await make('es', labelled(condition(subject, 'disability'), 'disability')),
      rehabilitation: await make('es', labelled(condition(subject), 'rehabilitation')),
      both: await make('es', labelled(condition(subject), 'rehabilitation', 'disability')),
      unnamed: await make('es', labelled(condition(subject), 'V')),
      wages: await make('board', wages(subject, 'ui')),
    }
  }

  async function aboutNobody(agency: string, path: (typeof PATHS)[number], type: string, id: string): Promise<string> {
    const key = [agency, path.name, type].join()
    const nobody = unknownLike(id)
    const cached = unknown.get(key)
    if (cached !== undefined) return cached
    const answer = comparableAnswer(await path.ask(as(agency), { type, id: nobody, own: own.get(agency)! }), nobody)
    unknown.set(key, answer)
    return answer
  }

  async function ways(agency: string, key: string): Promise<{ disclosing: string[]; silent: string[] }> {
    const [type = '', id = ''] = key.split('/')
    const disclosing: string[] = []
    const silent: string[] = []
    for (const path of PATHS) {
      if (path.types && !path.types.includes(type)) continue
      const answer = comparableAnswer(await path.ask(as(agency), { type, id, own: own.get(agency)! }), id)
      ;(answer === (await aboutNobody(agency, path, type, id)) ? silent : disclosing).push(path.name)
    }
    return { disclosing, silent }
  }

  for (const [agency, relation, visible] of TABLE) {
    it(`lets ${agency} know ${visible.join(', ') || 'nothing'}, in the relation: ${relation}`, async () => {
      const records = await people()
      const world: RelationWorld = {
        participant: records.participant,
        es: as('es'),
        abe: as('abe'),
        vr: as('vr'),
        board: as('board'),
      }
      await RELATIONS[relation](world)
      await countsAre(agency, records, visible) // first: the paths below write records of the participant
      for (const name of RECORDS) {
        const { disclosing, silent } = await ways(agency, records[name])
        if (visible.includes(name)) assert.deepEqual(silent, [], `${name}: these paths do not know it`)
        else assert.deepEqual(disclosing, [], `${name}: these paths show it`)
      }
      await survives(agency, records, visible)
    })
  }

  /** Who may know of the jobs of the hub: `$jobs` and `$retry-job`, by every way of calling them. */
  const JOBS: readonly (readonly [agency: string, visible: boolean])[] = [
    ['board', true],
    ['es', false],
    ['abe', false],
    ['vr', false],
    ['nobody-at-all', false],
  ]
  const CALLS: readonly (readonly [method: string, name: string, query: string, body?: unknown])[] = [
    ['GET', 'jobs', ''],
    ['HEAD', 'jobs', ''],
    ['GET', 'jobs', '?state=failed&count=1'],
    ['GET', 'jobs', '?nonsense=1'],
    ['POST', 'jobs', ''],
    ['DELETE', 'jobs', ''],
    ['GET', 'retry-job', ''],
    ['POST', 'retry-job', '?kind=deliver&key=abc'],
    ['POST', 'retry-job', '', '{ no JSON'],
    ['GET', 'referral-conservation', ''],
    ['POST', 'referral-conservation', '?nonsense=1'],
    ['POST', '', '', { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: '$jobs' } }] }],
  ]
  for (const [agency, visible] of JOBS) {
    it(`${visible ? 'lets' : 'does not let'} ${agency} know that there are jobs`, async () => {
      const client = hub.as(agency)
      for (const [method, name, query, body] of CALLS) {
        const sent = (text: unknown, as: string) =>
          typeof text === 'object' ? JSON.parse(JSON.stringify(text).replace('$jobs', `$${as}`)) : text
        const answer = async (operation: string) => {
          const path = name === '' ? '' : `/$${operation}${query}`
          const { status, headers, text } = await client.send(method, path, sent(body, operation))
          return [status, headers.get('allow'), text.replaceAll(operation, '<name>')]
        }
        const [answered, unknown] = [await answer(name || 'jobs'), await answer('nothing')]
        if (visible) assert.notDeepEqual(answered, unknown, `${method} $${name}${query}`)
        else assert.deepEqual(answered, unknown, `${method} $${name}${query}`)
      }
    })
  }

  /** The figures of the hub are no FHIR address: they stand beside the base. */
  for (const [agency, visible] of JOBS) {
    it(`${visible ? 'lets' : 'does not let'} ${agency} know that there are metrics`, async () => {
      const answer = async (method: string, path: string) => {
        const headers: Record<string, string> = agency === 'board' ? {} : { 'X-Agency': agency }
        const response = await fetch(new URL(path, hub.url), { method, headers })
        const kept = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
        return [response.status, kept, (await response.text()).replaceAll('nothing', 'metrics')]
      }
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])
        for (const rest of ['', '?x=1', '/', '/x']) {
          const [answered, unknown] = [await answer(method, `/metrics${rest}`), await answer(method, `/nothing${rest}`)]
          if (visible && !rest.startsWith('/')) assert.notDeepEqual(answered, unknown, `${method} /metrics${rest}`)
          else assert.deepEqual(answered, unknown, `${method} /metrics${rest}`)
        }
    })
  }

  /** A search by the participant finds and counts exactly what may be known. */
  async function countsAre(
    agency: string,
    records: Record<RecordName, string>,
    visible: readonly RecordName[],
  ): Promise<void> {
    for (const type of ['Condition', 'Observation', 'RelatedPerson', 'CareTeam']) {
      const query = `/${type}?patient=${records.participant}&_total=accurate&_include=${type}:patient`
      const { total, entry = [] } = made(await as(agency).get(query))
      const mine = visible.filter((name) => records[name].startsWith(`${type}/`))
      const found = (entry as { resource: { resourceType: string; id: string }; search: { mode: string } }[]).map(
        ({ resource, search }) => `${search.mode} ${resource.resourceType}/${resource.id}`,
      )
      const included = mine.length > 0 && visible.includes('participant') ? [`include ${records.participant}`] : []
      assert.equal(total, mine.length)
      assert.deepEqual([...found].sort(), [...mine.map((name) => `match ${records[name]}`), ...included].sort())
    }
  }

  /** Deleting what one may not know of is answered like deleting nothing, and does nothing. */
  async function survives(
    agency: string,
    records: Record<RecordName, string>,
    visible: readonly RecordName[],
  ): Promise<void> {
    for (const name of RECORDS.filter((one) => !visible.includes(one))) {
      const gone = await as(agency).delete(`/${records[name]}`)
      assert.equal(gone.status, name === 'participant' ? 403 : 204, gone.text)
      assert.equal(gone.headers.get('etag'), null)
      const keeper = name === 'wages' ? 'board' : 'es'
      assert.equal((await as(keeper).get(`/${records[name]}`)).status, 200)
    }
  }
})
