/**
 * Whatever several writers do at once: afterwards every record of a participant has the audience that the rule gives it
 * from scratch, and the stored circle is the one that its source records give.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audienceOf } from '../../server/domain/visibility/audience.ts'
import { circleOf, type Circle } from '../../server/domain/visibility/circle.ts'
import type { VisibilityRule } from '../../server/domain/visibility/rule.ts'
import { dateRange } from '../../server/fhir/dates.ts'
import { keyText, type Resource } from '../../server/fhir/types.ts'
import { ALL, PARTICIPANT, type Query } from '../../server/search/query.ts'
import type { Store, Version } from '../../server/store/store.ts'
import { CIRCLE, circleFromRecords, readGrants } from '../../server/write/circle.ts'
import type { Answer } from '../given.ts'
import { newcomer } from '../attack/scene.ts'
import {
  agreement,
  business,
  condition,
  consent,
  denial,
  goal,
  labelled,
  participation,
  relatedPerson,
  wages,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { createRandom, type Random } from '../../scripts/random.ts'
import { watchedHub, type WatchedHub } from './watched.ts'

const rule = JSON.parse(
  readFileSync(new URL('../../capability/rules/visibility.json', import.meta.url), 'utf8'),
) as VisibilityRule
const range = (text: string) => dateRange(text, ZONE) ?? { start: Infinity, end: -Infinity }
const ZONE = 'America/Chicago'
const AGENCIES = ['abe', 'vr', 'dhs'] as const
const WRITERS = 8
const WRITES = 160

type CircleWorld = {
  readonly hub: WatchedHub
  readonly random: Random
  readonly people: readonly string[]
  readonly made: StoredBody[]
}
type CircleAction = (world: CircleWorld) => Promise<Answer | undefined>

const create =
  (by: string, body: (world: CircleWorld) => Body): CircleAction =>
  async (world) => {
    const resource = body(world)
    const answer = await world.hub.as(by).post(`/${resource.resourceType}`, resource)
    if (answer.status === 201) world.made.push(answer.body)
    return answer
  }

/** What its writer makes of a record that somebody made. */
const change =
  (type: string, changed: (record: StoredBody, random: Random) => object): CircleAction =>
  async ({ hub, random, made }) => {
    const record = made.filter((one) => one.resourceType === type).at(-1 - random.below(12))
    if (!record) return undefined
    const body = { ...record, ...changed(record, random) }
    return hub.as(ownerOf(record)).put(`/${type}/${record.id}`, body, type === 'Task' ? '*' : undefined)
  }

const remove =
  (type: string): CircleAction =>
  async ({ hub, random, made }) => {
    const record = made.filter((one) => one.resourceType === type).at(-1 - random.below(12))
    return record && hub.as(ownerOf(record)).delete(`/${type}/${record.id}`)
  }

const ownerOf = ({ meta }: StoredBody): string => String((meta as { source?: string }).source).split('/')[1]!

const subject = ({ random, people }: CircleWorld): string => random.pick(people)
const CLASSES = [['disability'], ['wages'], ['disability', 'wages'], ['rehabilitation']]
const period = ({ random }: CircleWorld) =>
  random.percent(30) ? { end: random.pick(['2025-12-31', '2099-01-01']) } : {}
const permit = (world: CircleWorld): Body => consent(subject(world), 'es', world.random.pick(AGENCIES), period(world))
const release = (world: CircleWorld): Body =>
  consent(subject(world), 'es', world.random.pick(AGENCIES), { classes: world.random.pick(CLASSES), ...period(world) })
const deny = (world: CircleWorld): Body => denial(subject(world), 'es', world.random.pick(AGENCIES))
/** Of another quarter each time: there is one for a participant, quarter and employer. */
/** By a guardian, of whom there may be none yet: then by the participant. */
const permitByGuardian = (world: CircleWorld): Body => {
  const of = subject(world)
  const persons = world.made.filter((one) => one.resourceType === 'RelatedPerson' && referenceIn(one.patient) === of)
  const giver = persons.at(-1 - world.random.below(4))
  const performer = [{ reference: giver ? `RelatedPerson/${giver.id}` : of }]
  return consent(of, 'es', world.random.pick(AGENCIES), { ...period(world), more: { performer } })
}
const referenceIn = (value: unknown): string | undefined => (value as { reference?: string } | undefined)?.reference
const guardian = (world: CircleWorld): Body =>
  relatedPerson(subject(world), world.random.pick(['GUARD', 'POWATT', 'MTH']), {
    period: { start: '2020-01-01', ...(world.random.percent(40) ? { end: '2099-01-01' } : {}) },
  })
const wage = (world: CircleWorld): Body => {
  const year = 1950 + world.made.length
  return { ...wages(subject(world), 'ui'), effectivePeriod: { start: `${year}-10-01`, end: `${year}-12-31` } }
}
const refer: CircleAction = async (world) => {
  const answer = await world.hub.as('es').post(`/${subject(world)}/$refer`, {
    resourceType: 'Parameters',
    parameter: [
      { name: 'service', valueCode: 'program-referral-coordination' },
      { name: 'performer', valueReference: { reference: `Organization/${world.random.pick(AGENCIES)}` } },
    ],
  })
  if (answer.status === 200) world.made.push(answer.body.entry[1].resource)
  return answer
}
/** The owner of a referral takes it or gives it back. */
const answerTask: CircleAction = async ({ hub, random, made }) => {
  const task = made.filter((one) => one.resourceType === 'Task').at(-1 - random.below(6))
  if (!task) return undefined
  const by = hub.as(String((task.owner as { reference: string }).reference).split('/')[1]!)
  const current = (await by.get(`/Task/${task.id}`)).body as StoredBody
  const reject = { status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'No place is free.' } }
  const status = random.percent(50) ? reject : { status: 'accepted', ...business('accepted') }
  return by.put(
    `/Task/${task.id}`,
    { ...current, ...status },
    Number((current.meta as { versionId?: string })?.versionId),
  )
}
const touchPatient: CircleAction = async (world) => {
  const es = world.hub.as('es')
  const patient = (await es.get(`/${subject(world)}`)).body
  const telecom = [{ system: 'phone', value: `601-555-01${10 + world.random.below(90)}`, use: 'home' }]
  return es.put(`/Patient/${patient.id}`, { ...patient, telecom }, patient.meta.versionId)
}

const ACTS: readonly CircleAction[] = [
  create('es', permit),
  create('es', guardian),
  create('es', permitByGuardian),
  change('RelatedPerson', (_, random) =>
    random.percent(50) ? { active: false } : { period: { start: '2020-01-01' } },
  ),
  create('board', release),
  create('vr', (world) => consent(subject(world), 'vr', world.random.pick(AGENCIES), { classes: ['rehabilitation'] })),
  create('vr', (world) => labelled(condition(subject(world)), 'rehabilitation')),
  create('es', deny),
  create('es', (world) => condition(subject(world))),
  create('abe', (world) => condition(subject(world))),
  create('es', (world) => labelled(condition(subject(world), 'disability'), 'disability')),
  create('es', (world) => goal(subject(world))),
  create('abe', (world) => participation(subject(world), 'abe')),
  create('vr', (world) => participation(subject(world), 'vr')),
  create('board', wage),
  create('board', ({ random }) => agreement(['ui', random.pick(AGENCIES)], random.pick(['2025-12-31', '2099-01-01']))),
  change('Consent', (_, random) => ({ status: random.pick(['inactive', 'active']) })),
  change('Consent', (_, random) => ({ status: random.pick(['inactive', 'active']) })),
  change('EpisodeOfCare', (_, random) => (random.percent(50) ? { status: 'onhold' } : FINISHED)),
  change('Contract', (_, random) => ({ status: random.pick(['executed', 'terminated']) })),
  change('Condition', (record, random) => (random.percent(30) ? labelled(record, 'V') : { note: [{ text: 'Seen.' }] })),
  change('Goal', () => ({ note: [{ text: 'Seen.' }] })),
  remove('Consent'),
  remove('Condition'),
  remove('Goal'),
  refer,
  answerTask,
  touchPatient,
]
const FINISHED = { status: 'finished', period: { start: '2026-01-05', end: '2026-01-31' } }

async function all(store: Store, query: Pick<Query, 'type' | 'where' | 'deleted'>): Promise<readonly Version[]> {
  return (await store.find({ ...query, viewer: 'unrestricted', limit: 100_000 })).versions
}

const parsed = ({ text }: Version): Resource => JSON.parse(text) as Resource

async function check({ store }: WatchedHub, participant: string): Promise<number> {
  const id = participant.split('/')[1]!
  const where = { op: 'reference', param: PARTICIPANT, type: 'Patient', id } as const
  const versions = await all(store, { type: '*', where, deleted: true })
  const agreements = (await all(store, { type: 'Contract', where: ALL })).map(parsed)
  const records = versions
    .filter(({ text }) => text !== '')
    .map((version) => ({ resource: parsed(version), owner: version.owner }))
  const circle = circleOf(rule, { records, agreements, wageAgencies: ['ui'] }, range)

  const version = (await store.read({ type: CIRCLE, id }, 'unrestricted'))!
  const stored = parsed(version) as { circle?: unknown }
  assert.deepEqual(stored.circle as Circle, circle)
  const again = await circleFromRecords({ store, visibility: rule, range }, id)
  assert.deepEqual(again.circle, circle)
  assert.equal(JSON.stringify(await readGrants({ store }, id, version)), JSON.stringify(again.grants))
  for (const version of versions) {
    const last = version.text === '' ? await store.vread(version, version.version - 1, 'unrestricted') : version
    const { owner, author } = version
    const written = { resource: parsed(last!), owner, author }
    const right = audienceOf(rule, written, circle, { board: 'board', hub: 'hub', wageAgencies: ['ui'] })
    assert.deepEqual((await store.indexed(version))?.audience, right, keyText(version))
  }
  return versions.length
}

for (const kind of ['memory', 'sqlite'] as const)
  describe(`write / circle / several writers at once / ${kind}`, function () {
    this.timeout(120_000)
    let hub: WatchedHub, folder: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'nwd-circle-'))
      const store = kind === 'memory' ? 'memory:' : `sqlite:${join(folder, 'hub.db')}`
      hub = await watchedHub({ store, interleaved: true, settings: { HUB_TIME_ZONE: ZONE } })
    })
    after(async () => {
      await hub.stop()
      await rm(folder, { recursive: true, force: true })
    })

    for (const seed of [20_261_128])
      it(`leaves every audience as the rule computes it from scratch (seed ${seed})`, async () => {
        const random = createRandom(seed)
        const es = hub.as('es')
        const world: CircleWorld = {
          hub,
          random,
          people: [await newcomer(es, 'es'), await newcomer(es, 'es')],
          made: [],
        }
        let left = WRITES
        const statuses: number[] = []
        const writer = async (): Promise<void> => {
          while (left > 0) {
            left -= 1
            const answer = await random.pick(ACTS)(world)
            if (answer) statuses.push(answer.status)
          }
        }
        await Promise.all(Array.from({ length: WRITERS }, writer))
        assert.ok(statuses.filter((one) => one < 300).length > WRITES / 3, statuses.join(' '))
        assert.deepEqual(
          statuses.filter((one) => one >= 500),
          [],
        )
        for (const participant of world.people) assert.ok((await check(hub, participant)) > 10)
      })
  })
