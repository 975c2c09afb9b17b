/**
 * A consent that somebody gave for the participant opens records as long as the authority holds, and not a moment longer:
 * each giver, end and path. What an agency reads is compared with what it is answered about an id that nobody has.
 */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import {
  condition,
  consent,
  goal,
  participant,
  profileAt,
  relatedPerson,
  subscription,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'
import { comparableAnswer, PATHS, unknownLike } from './paths.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-12-07T15:00:00Z')
/** Comes of age on 2026-12-17. */
const MINOR = '2008-12-17'
const MAJORITY = Date.parse('2026-12-17T06:00:00Z')

type Case = {
  readonly title: string
  readonly birthDate?: string
  /** The relationship of the giver; absent: the participant gives the consent. */
  readonly code?: string
  readonly person?: JsonObject
  readonly basis?: string
  /** The participant signs as well. */
  readonly both?: true
  readonly period?: { readonly end: string }
  /** When it ends (ms); absent: it does not, within a century. */
  readonly until?: number
}

const period = (end?: string) => ({ period: { start: '2020-01-01', ...(end ? { end } : {}) } })
const CASES: readonly Case[] = [
  { title: 'a participant of age' },
  { title: 'a minor without anybody else', birthDate: MINOR },
  {
    title: 'a participant, until its period ends',
    period: { end: '2026-12-11' },
    until: Date.parse('2026-12-12T06:00:00Z'),
  },
  { title: 'a guardian of a minor', birthDate: MINOR, code: 'GUARD', person: period(), until: MAJORITY },
  { title: 'a guardian ad litem of a minor', birthDate: MINOR, code: 'GUADLTM', person: period(), until: MAJORITY },
  {
    title: 'a guardian and the minor together',
    birthDate: MINOR,
    code: 'GUARD',
    person: period(),
    both: true,
    until: MAJORITY,
  },
  {
    title: 'a guardian whose authority ends first',
    birthDate: MINOR,
    code: 'GUARD',
    person: period('2026-12-09'),
    until: Date.parse('2026-12-10T06:00:00Z'),
  },
  {
    title: 'a guardian, with a period that ends first',
    birthDate: MINOR,
    code: 'GUARD',
    person: period(),
    period: { end: '2026-12-11' },
    until: Date.parse('2026-12-12T06:00:00Z'),
  },
  {
    title: 'a guardian of a minor by court order',
    birthDate: MINOR,
    code: 'GUARD',
    person: period(),
    basis: 'court-order',
  },
  { title: 'a guardian of an adult', code: 'GUARD', person: period() },
  {
    title: 'a representative by power of attorney',
    code: 'POWATT',
    person: period('2026-12-20'),
    until: Date.parse('2026-12-21T06:00:00Z'),
  },
  {
    title: 'a representative by power of attorney and the participant of age',
    code: 'POWATT',
    person: period('2026-12-20'),
    both: true,
  },
  {
    title: 'a guardian of somebody born on a leap day',
    birthDate: '2012-02-29',
    code: 'RESPRSN',
    person: { period: { start: '2020-01-01' } },
    until: Date.parse('2030-03-01T06:00:00Z'),
  },
]

describe('visibility / consents by guardians and representatives', function () {
  this.timeout(60_000)
  let hub: Given
  let now = NOW
  let listener: string
  // Each test moves the clock on from the same day, so each has a hub of its own.
  beforeEach(async () => {
    now = NOW
    hub = await given(
      { HUB_LOOPBACK_ENDPOINTS: 'true' },
      createClock(() => now),
    )
    listener = keyOf(await post('abe', subscription('http://127.0.0.1:9/hook', { topic: 'goal-updated' })))
  })
  afterEach(() => hub.stop())

  const as = (agency: string): Client => hub.as(agency)
  const post = async (agency: string, body: Body) =>
    made(await as(agency).post(`/${body.resourceType}`, body)) as StoredBody & { id: string }
  const keyOf = ({ resourceType, id }: StoredBody) => `${resourceType}/${String(id)}`

  type Scene = {
    readonly subject: string
    readonly barrier: string
    readonly person?: StoredBody
    readonly permit: StoredBody
  }

  async function scene({ birthDate, code, person, basis, both, period: held }: Case): Promise<Scene> {
    const subject = keyOf(await post('es', { ...participant('es'), ...(birthDate ? { birthDate } : {}) }))
    const barrier = keyOf(await post('es', condition(subject)))
    const extension = basis ? [{ url: profileAt('ext-authority-basis'), valueCode: basis }] : []
    const giver =
      code && (await post('es', { ...relatedPerson(subject, code, person), ...(basis ? { extension } : {}) }))
    const performer = [
      ...(giver ? [{ reference: keyOf(giver) }] : []),
      ...(giver && !both ? [] : [{ reference: subject }]),
    ]
    const body = consent(subject, 'es', 'abe', { ...held, more: { performer } })
    return { subject, barrier, permit: await post('es', body), ...(giver ? { person: giver } : {}) }
  }

  /** The paths that answer abe about a record otherwise than about nothing. */
  async function telling(key: string): Promise<readonly string[]> {
    const [type = '', id = ''] = key.split('/')
    const own = (await post('abe', participant('abe'))).id
    const nobody = unknownLike(id)
    const names: string[] = []
    for (const path of PATHS) {
      if (path.types && !path.types.includes(type)) continue
      const ask = async (one: string) => comparableAnswer(await path.ask(as('abe'), { type, id: one, own }), one)
      if ((await ask(id)) !== (await ask(nobody))) names.push(path.name)
    }
    return names
  }

  const events = async (): Promise<number> => {
    await hub.hub.catchUp()
    const [status] = made(await as('abe').get(`/${listener}/$events`)).entry
    return status.resource.parameter.filter((one: { name: string }) => one.name === 'notification-event').length
  }

  /** Whether abe reads the records, writes of its own, and is notified of a new one. */
  async function assertOpen({ subject, barrier }: Scene, open: boolean, when: string): Promise<void> {
    for (const key of [subject, barrier])
      assert.equal((await as('abe').get(`/${key}`)).status, open ? 200 : 404, `${key} ${when}`)
    assert.equal((await as('abe').post('/Condition', condition(subject))).status, open ? 201 : 422, when)
    const seen = await events()
    await post('es', goal(subject))
    assert.equal(await events(), seen + (open ? 1 : 0), `notified ${when}`)
  }

  for (const one of CASES)
    it(`of ${one.title} open until ${one.until === undefined ? 'they are withdrawn' : 'that ends'}`, async () => {
      const { until = NOW + 36_500 * DAY } = one
      const made = await scene(one)
      await assertOpen(made, true, 'at first')
      now = until - 1
      await assertOpen(made, true, 'a moment before')
      now = until
      await assertOpen(made, one.until === undefined, 'at the end')
    })

  it('of which the authority has ended tell of nothing by any path', async () => {
    const { subject, barrier, permit } = await scene(CASES.find(({ title }) => title === 'a guardian of a minor')!)
    assert.notDeepEqual(await telling(subject), [])
    now = MAJORITY
    for (const key of [subject, barrier, keyOf(permit)]) assert.deepEqual(await telling(key), [], key)
  })

  for (const [title, end] of [
    ['is no longer active', { active: false }],
    ['ends earlier', period('2026-12-01')],
    ['is taken off', { relationship: relatedPerson('Patient/x', 'MTH').relationship as JsonObject }],
  ] as const)
    it(`close at once when the authority ${title}`, async () => {
      const scened = await scene(CASES[3]!)
      made(await as('es').change(scened.person!, end))
      await assertOpen(scened, false, title)
    })

  it('close at once when the participant turns out to be of age, and open again when not', async () => {
    const scened = await scene(CASES[3]!)
    const patient = made(await as('es').get(`/${scened.subject}`)) as StoredBody
    const adult = made(await as('es').change(patient, { birthDate: '2003-05-01' })) as StoredBody
    await assertOpen(scened, false, 'of age')
    made(await as('es').change(adult, { birthDate: MINOR }))
    await assertOpen(scened, true, 'a minor')
  })

  it('close at once when nobody is left who gave them', async () => {
    const scened = await scene(CASES[3]!)
    const friend = await post('es', relatedPerson(scened.subject, 'FRND'))
    const answer = await as('es').change(scened.permit, { performer: [{ reference: keyOf(friend) }] })
    assert.match(refused(answer, 422, 'value-conflict'), /Nobody whom `performer` names may consent/)
    assert.equal(answer.body.issue[0].expression[0], 'Consent.performer')
  })

  for (const [title, code, person] of [
    ['family without authority', 'MTH', {}],
    ['a guardian whose authority is over', 'GUARD', period('2026-12-01')],
    ['a guardian whose authority is still to begin', 'GUARD', { period: { start: '2027-01-01' } }],
    ['a guardian who is not active', 'GUARD', { ...period(), active: false }],
  ] as const)
    it(`are refused of ${title}`, async () => {
      const subject = keyOf(await post('es', { ...participant('es'), birthDate: MINOR }))
      const giver = keyOf(await post('es', relatedPerson(subject, code, person)))
      const body = consent(subject, 'es', 'abe', { more: { performer: [{ reference: giver }] } })
      refused(await as('es').post('/Consent', body), 422, 'value-conflict')
    })

  for (const [title, performer] of [
    ['contained', { reference: '#g' }],
    ['known by a name only', { type: 'RelatedPerson', display: 'Ana Example' }],
  ] as const)
    it(`are refused of a guardian who is ${title}`, async () => {
      const subject = keyOf(await post('es', { ...participant('es'), birthDate: MINOR }))
      const contained =
        'reference' in performer ? { contained: [{ ...relatedPerson(subject, 'GUARD', period()), id: 'g' }] } : {}
      const body = consent(subject, 'es', 'abe', { more: { performer: [performer], ...contained } })
      refused(await as('es').post('/Consent', body), 422, 'value-conflict')
    })

  it('of a guardian of another participant are refused', async () => {
    const [one, other] = [await post('es', participant('es')), await post('es', participant('es'))].map(keyOf)
    const giver = keyOf(await post('es', relatedPerson(other!, 'GUARD', period())))
    const body = consent(one!, 'es', 'abe', { more: { performer: [{ reference: giver }] } })
    refused(await as('es').post('/Consent', body), 422, 'reference-foreign')
  })

  it('carry no referral when the authority is over', async () => {
    const { subject } = await scene(CASES[3]!)
    const parameter = [
      { name: 'service', valueCode: 'program-referral-coordination' },
      { name: 'performer', valueReference: { reference: 'Organization/abe' } },
    ]
    const refer = () => as('es').post(`/${subject}/$refer`, { resourceType: 'Parameters', parameter })
    now = MAJORITY
    refused(await refer(), 422, 'consent-missing')
    now = NOW
    made(await refer())
  })

  it('are withdrawn also when the authority is over', async () => {
    const { permit } = await scene(CASES[3]!)
    now = MAJORITY
    made(await as('es').put(`/${keyOf(permit)}`, { ...permit, status: 'inactive' }))
  })

  for (const agency of ['abe', 'es', 'vr'])
    it(`are not prolonged by ${agency}, which recorded the authority or learns by it`, async () => {
      const subject = keyOf(await post('es', { ...participant('es'), birthDate: MINOR }))
      if (agency === 'vr') await post('es', consent(subject, 'es', 'vr'))
      const by = agency === 'vr' ? 'vr' : 'es'
      const person = await post(by, relatedPerson(subject, 'GUARD', period('2026-12-09')))
      const performer = [{ reference: keyOf(person) }]
      await post('es', consent(subject, 'es', 'abe', { more: { performer } }))
      for (const more of [period(), period('2030-01-01'), { period: { start: '2010-01-01', end: '2026-12-09' } }])
        refused(await as(agency).change(person, more), 403, 'forbidden')
      now = Date.parse('2026-12-10T06:00:00Z')
      const late = await as(agency).change(person, period('2030-01-01'))
      if (agency === 'abe') refused(late, 412, 'version-conflict')
      else refused(late, 403, 'forbidden')
      made(await as('board').change(person, period('2030-01-01')))
      assert.equal((await as('abe').get(`/${subject}`)).status, 200)
    })

  it('are not given again in the name of another by an agency that they no longer let know', async () => {
    const subject = keyOf(await post('es', { ...participant('es'), birthDate: MINOR }))
    const giver = keyOf(await post('es', relatedPerson(subject, 'GUARD', period())))
    const given = { more: { performer: [{ reference: giver }] } }
    await post('es', consent(subject, 'es', 'abe', given))
    const own = await post('abe', consent(subject, 'abe', 'abe', given))
    now = MAJORITY
    const answer = await as('abe').change(own, { performer: [{ reference: subject }] })
    refused(answer, 422, 'reference-not-found')
    assert.equal((await as('abe').get(`/${subject}`)).status, 404)
  })

  it('outweigh no denial, and a denial by a guardian stays when the authority is over', async () => {
    const scened = await scene(CASES[0]!)
    const person = keyOf(await post('es', relatedPerson(scened.subject, 'GUARD', period('2026-12-09'))))
    const permit = consent(scened.subject, 'es', 'abe', { more: { performer: [{ reference: person }] } })
    await post('es', { ...permit, provision: { ...(permit.provision as JsonObject), type: 'deny' } })
    await assertOpen(scened, false, 'denied')
    now = Date.parse('2026-12-10T06:00:00Z')
    await assertOpen(scened, false, 'denied still')
  })

  it('name the authority and its end to the agency of entry that looks up why', async () => {
    const { subject } = await scene(CASES[3]!)
    const why = made(await as('es').get(`/${subject}/$why?agency=abe`)) as {
      parameter: { name: string; part?: { name: string; valueInstant?: string }[] }[]
    }
    const reason = why.parameter.find(({ name }) => name === 'reason')
    assert.equal(reason?.part?.find(({ name }) => name === 'until')?.valueInstant, new Date(MAJORITY).toISOString())
    now = MAJORITY
    const after = made(await as('es').get(`/${subject}/$why?agency=abe`)) as typeof why
    assert.deepEqual(
      after.parameter.filter(({ name }) => name === 'reason'),
      [],
    )
  })
})
