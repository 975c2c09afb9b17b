/** For each code that no sample of a profile raises: requests of which the last one is answered with it. */
import type { ErrorCode } from '../../server/fhir/outcome.ts'
import { CommitConflict, QueryTooLong, StoreFull } from '../../server/store/errors.ts'
import type { Store } from '../../server/store/store.ts'
import { indexWrite, readStoredIndex } from '../../server/write/index-state.ts'
import { newcomer, post, referred } from '../attack/scene.ts'
import { made, type Answer, type Client } from '../given.ts'
import { address, profileOf } from '../builders/definitions.ts'
import {
  assessment,
  business,
  careTeam,
  codeSystemAt,
  coded,
  condition,
  consent,
  denial,
  goal,
  lookUpConsent,
  matchParameters,
  output,
  participant,
  participation,
  practitioner,
  practitionerRole,
  profileAt,
  referral,
  wages,
  type Body,
} from '../builders/index.ts'
import type { Cast, ErrorCase } from './case.ts'
import { HTTP } from './http-requests.ts'

/** A case manager of the agency, as `PractitionerRole/...`. */
async function staffOf(client: Client, by: string): Promise<string> {
  const person = await post(client, practitioner())
  return `PractitionerRole/${(await post(client, practitionerRole(`Practitioner/${person.id}`, by))).id}`
}

/** What is there already, and who asks. */
const RECORD = {
  forbidden: {
    what: 'An agency that changes a lookup of the board.',
    send: ({ es }) => es.put('/Organization/es', { resourceType: 'Organization', id: 'es' }),
  },
  'id-not-yours': {
    what: 'An id of one’s choice that begins with another agency.',
    send: ({ es }) => es.put('/Patient/abe.1', { ...participant('es'), id: 'abe.1' }),
  },
  'not-found': { what: 'A record that there is not.', send: ({ es }) => es.get('/Patient/nobody') },
  deleted: {
    what: 'A record that was deleted.',
    async send({ es, board }) {
      const subject = await newcomer(es, 'es')
      await board.delete(`/${subject}`, 1)
      await es.get(`/${subject}`)
    },
  },
  'version-required': {
    what: 'An update of a participant without If-Match.',
    async send({ es }) {
      const one = await post(es, participant('es'))
      await es.put(`/Patient/${one.id}`, one)
    },
  },
  'version-conflict': {
    what: 'An update that rests on version 1, of a participant at version 2.',
    async send({ es }) {
      const one = await post(es, participant('es'))
      made(await es.put(`/Patient/${one.id}`, { ...one, gender: 'male' }, 1))
      await es.put(`/Patient/${one.id}`, { ...one, gender: 'other' }, 1)
    },
  },
  'part-of-record': {
    what: 'What _elements answered of a goal, sent as an update.',
    async send({ es }) {
      const { id } = await post(es, goal(await newcomer(es, 'es')))
      const part = made(await es.get(`/Goal/${id}?_elements=lifecycleStatus`))
      await es.put(`/Goal/${id}`, part)
    },
  },
  'already-exists': {
    what: 'If-None-Match: * for a record that is there.',
    async send({ es }) {
      const one = { ...goal(await newcomer(es, 'es')), id: 'es.goal-1' }
      made(await es.put('/Goal/es.goal-1', one))
      await es.send('PUT', '/Goal/es.goal-1', one, { headers: { 'If-None-Match': '*' } })
    },
  },
  'multiple-matches': {
    what: 'A conditional create whose condition several records meet.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      await post(es, goal(subject))
      await post(es, goal(subject))
      await es.post('/Goal', goal(subject), { headers: { 'If-None-Exist': `patient=${subject}` } })
    },
  },
  'identity-reserved': {
    what: 'A recipient of a consent who renames the participant.',
    async send({ es, abe }) {
      const subject = await newcomer(es, 'es')
      await post(es, consent(subject, 'es', 'abe'))
      const patient = (await abe.get(`/${subject}`)).body as Body
      await abe.put(`/${subject}`, { ...patient, birthDate: '1990-08-01' }, 1)
    },
  },
  'participant-retired': {
    what: 'A goal of a participant who is retired.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      const other = await newcomer(es, 'es')
      const patient = (await es.get(`/${subject}`)).body as Body
      const link = [{ other: { reference: other }, type: 'replaced-by' }]
      await es.put(`/${subject}`, { ...patient, active: false, link }, 1)
      await es.post('/Goal', goal(subject))
    },
  },
  'merge-conflict': {
    what: 'A participant merged with itself.',
    async send({ es, board }) {
      const subject = await newcomer(es, 'es')
      const patient = { reference: subject }
      await board.post('/Patient/$merge', {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: patient },
          { name: 'target-patient', valueReference: patient },
        ],
      })
    },
  },
  'reference-in-use': {
    what: 'A participant deleted who has a goal.',
    async send({ es, board }) {
      const subject = await newcomer(es, 'es')
      await post(es, goal(subject))
      await board.delete(`/${subject}`, 1)
    },
  },
  'duplicate-participant': {
    what: 'A participant whose number is there already.',
    async send({ es }) {
      await post(es, participant('es', { number: 'ES-1' }))
      await es.post('/Patient', participant('es', { number: 'ES-1' }))
    },
  },
  'duplicate-service': {
    what: 'A second participation in a program at the same time.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      const type = [coded(codeSystemAt('program'), 'adult')]
      await post(es, participation(subject, 'es', { type }))
      await es.post('/EpisodeOfCare', participation(subject, 'es', { type }))
    },
  },
  'known-elsewhere': {
    what: 'Somebody looked up, with a signed consent, who is a participant of another agency.',
    async send({ es, abe }) {
      const elvis = {
        ...participant('es', { family: 'Presley', given: 'Elvis' }),
        telecom: [{ system: 'phone', value: '662-555-0101' }],
      }
      await post(es, elvis)
      await abe.post('/Patient/$match', matchParameters(elvis, { consent: lookUpConsent('abe') }))
    },
  },
  'look-up-consent': {
    what: 'A consent to be looked up by another agency.',
    send: ({ abe }) =>
      abe.post('/Patient/$match', matchParameters(participant('abe'), { consent: lookUpConsent('es') })),
  },
  'too-many-attempts': {
    what: 'A second look-up within the hour, where `HUB_LOOK_UP_LIMIT` is 1.',
    settings: { HUB_LOOK_UP_LIMIT: '1' },
    async send({ es }) {
      await es.post('/Patient/$match', participant('es'))
      await es.post('/Patient/$match', participant('es'))
    },
  },
  'consent-denied': {
    what: 'A consent for an agency that the participant denies, checked before it is sent.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      await post(es, denial(subject, 'es', 'abe'))
      await es.post('/Consent/$validate?mode=create', consent(subject, 'es', 'abe'))
    },
  },
  'do-not-contact': {
    what: 'An attempt to reach a participant who must not be contacted.',
    async send({ es, abe }) {
      const since = [{ url: 'since', valueDate: '2020-01-01' }]
      const extension = [{ url: profileAt('ext-do-not-contact'), extension: since }]
      const { id } = await post(es, { ...participant('es'), extension })
      const { task } = await referred(es, `Patient/${id}`, 'es', 'abe')
      await abe.change(task, { status: 'accepted', ...business('contact-attempted') })
    },
  },
  'reference-not-found': {
    what: 'A goal of a participant who is not there.',
    send: ({ es }) => es.post('/Goal', goal('Patient/nobody')),
  },
  'reference-foreign': {
    what: 'A goal that addresses the barrier of somebody else.',
    async send({ es }) {
      const barrier = await post(es, condition(await newcomer(es, 'es')))
      const addresses = [{ reference: `Condition/${barrier.id}` }]
      await es.post('/Goal', { ...goal(await newcomer(es, 'es')), addresses })
    },
  },
  'value-range': {
    what: 'A text longer than a profile allows.',
    async send({ board, es }) {
      made(await board.put('/StructureDefinition/short-city', SHORT_CITY))
      const meta = { profile: [SHORT_CITY.url] }
      await es.post('/Patient', {
        ...participant('es'),
        meta,
        address: [{ city: 'Llanfairpwllgwyngyll', state: 'MS' }],
      })
    },
  },
  'reference-format': {
    what: 'A reference with white space in it.',
    send: ({ es }) => es.post('/Goal/$validate', goal('Patient/the king')),
  },
  'code-unexpected': {
    what: 'A code of one’s own where others are expected: a warning.',
    send: ({ es }) => es.post('/Patient/$validate', { ...participant('es'), contact: [related(AUNT)] }),
  },
  'code-unchecked': {
    what: 'A code that only the whole of a code system could tell, of which the hub holds a part.',
    send: ({ es }) => es.get('/CodeSystem/$validate-code?url=http://onetonline.org/onet-soc&code=99-9999.99'),
  },
} as const satisfies Partial<Record<ErrorCode, ErrorCase>>

const SHORT_CITY = profileOf('short-city', 'Patient', [{ id: 'Patient.address.city', maxLength: 12 }])
const related = (coding: object) => ({ relationship: [{ coding: [coding] }], name: { text: 'Ada Ferris' } })
const AUNT = { system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'AUNT' }

/** The work between agencies. */
const WORK = {
  'transition-illegal': {
    what: 'A referral that is completed before anybody accepted it.',
    async send({ es, abe }) {
      const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
      await abe.put(`/Task/${task.id}`, { ...task, status: 'in-progress', ...business('in-service') }, 1)
    },
  },
  'referral-rule': {
    what: 'A referral that is accepted with the business status of a later step.',
    async send({ es, abe }) {
      const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
      await abe.put(`/Task/${task.id}`, { ...task, status: 'accepted', ...business('services-received') }, 1)
    },
  },
  'number-in-use': {
    what: 'A referral under the number of another one.',
    async send({ es }) {
      made(await es.post(`/${await newcomer(es, 'es')}/$refer`, NUMBERED))
      await es.post(`/${await newcomer(es, 'es')}/$refer`, NUMBERED)
    },
  },
  'referral-closed': {
    what: 'A referral that is made again after it was withdrawn.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      const task = made(await es.post(`/${subject}/$refer`, CLOSED)).entry[1].resource
      const withdrawn = { status: 'cancelled', ...business('withdrawn'), statusReason: { text: 'Moved away.' } }
      made(await es.put(`/Task/${task.id}`, { ...task, ...withdrawn }, 1))
      await es.post(`/${subject}/$refer`, CLOSED)
    },
  },
  'outcome-text': {
    what: 'The outcome of a referral comes with a sentence.',
    async send({ es, as }) {
      const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
      const end = { status: 'cancelled', ...business('declined'), statusReason: { text: 'Learns at home.' } }
      const body = { ...task, ...end, output: [output('outcome', 'referral-outcome', 'declined')] }
      const headers = { 'If-Match': 'W/"1"', Prefer: 'return=OperationOutcome' }
      await as('abe').send('PUT', `/Task/${task.id}`, body, { headers })
    },
  },
  'consent-missing': {
    what: 'A referral to an agency that no consent names.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      await es.post('/ServiceRequest', referral(subject, 'es', 'abe'))
    },
  },
  'element-immutable': {
    what: 'A referral whose requester is changed.',
    async send({ es, abe }) {
      const { task } = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
      await abe.put(`/Task/${task.id}`, { ...task, requester: { reference: 'Organization/abe' } }, 1)
    },
  },
  'plan-active-exists': {
    what: 'A second active plan.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      const aim = await post(es, goal(subject))
      await post(es, plan(subject, `Goal/${aim.id}`))
      await es.post('/CarePlan', plan(subject, `Goal/${aim.id}`))
    },
  },
  'care-team-rule': {
    what: 'A primary case manager who does not work for the agency of entry.',
    async send({ es, abe }) {
      const subject = await newcomer(es, 'es')
      await es.post('/CareTeam', careTeam(subject, await staffOf(abe, 'abe')))
    },
  },
  'case-manager-changed': {
    what: 'A transfer from somebody who does not lead the case.',
    async send({ es }) {
      const subject = await newcomer(es, 'es')
      const [first, second] = [await staffOf(es, 'es'), await staffOf(es, 'es')]
      await post(es, careTeam(subject, first))
      const reference = (name: string, role: string) => ({ name, valueReference: { reference: role } })
      await es.post(`/${subject}/$transfer-case-manager`, {
        resourceType: 'Parameters',
        parameter: [reference('from', second), reference('to', second)],
      })
    },
  },
  'agency-not-yours': {
    what: 'A participation in the name of another agency.',
    send: ({ es }) => es.post('/Patient', { ...participant('abe') }),
  },
  'role-required': {
    what: 'A wage record of an agency that keeps no wages.',
    send: async ({ es }) => es.post('/Observation', wages(await newcomer(es, 'es'), 'es')),
  },
  'agency-rule': {
    what: 'An agency with a dot in its id.',
    async send({ board }) {
      const { body } = await board.get('/Organization/abe')
      await board.put('/Organization/abe.north', { ...body, id: 'abe.north' })
    },
  },
  'catalogue-rule': {
    what: 'The wage record of a quarter and an employer, twice.',
    async send({ ui }) {
      const record = wages(await newcomer(ui, 'ui'), 'ui')
      await post(ui, record)
      await ui.post('/Observation', record)
    },
  },
  'subscription-rule': {
    what: 'An endpoint that is not on the public internet.',
    send: ({ es }) => es.post('/Subscription', subscription('https://10.0.0.1/fhir')),
  },
  'assessment-rule': {
    what: 'Proposals asked for from an assessment that is not completed.',
    async send({ es }) {
      const response = { ...assessment(await newcomer(es, 'es'), true), status: 'in-progress' }
      await es.post('/QuestionnaireResponse/$propose-referrals', response)
    },
  },
  'definition-invalid': {
    what: 'A profile on an element that its base has not.',
    send: ({ board }) => board.put('/StructureDefinition/odd', profileOf('odd', 'Patient', [{ id: 'Patient.hobby' }])),
  },
  'definition-taken': {
    what: 'A profile with the address of another one.',
    async send({ board }) {
      const one = profileOf('one', 'Patient', [GENDER])
      made(await board.put('/StructureDefinition/one', one))
      await board.put('/StructureDefinition/two', { ...one, id: 'two' })
    },
  },
  'definition-in-use': {
    what: 'A profile that another one rests on, deleted.',
    async send({ board }) {
      made(await board.put('/StructureDefinition/below', profileOf('below', 'Patient', [GENDER])))
      const more = { baseDefinition: address('StructureDefinition', 'below') }
      made(await board.put('/StructureDefinition/above', profileOf('above', 'Patient', [GENDER], more)))
      await board.delete('/StructureDefinition/below')
    },
  },
} as const satisfies Partial<Record<ErrorCode, ErrorCase>>

const numbered = (number: string) => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'service', valueCode: 'career-counseling' },
    { name: 'identifier', valueString: number },
  ],
})
const NUMBERED = numbered('R-1024')
const CLOSED = numbered('R-1025')
const GENDER = { id: 'Patient.gender', min: 1 }
const HUB = 'https://no-wrong-door.example/fhir'

const plan = (subject: string, aim: string): Body => ({
  resourceType: 'CarePlan',
  status: 'active',
  intent: 'plan',
  category: [{ coding: [{ system: `${HUB}/CodeSystem/plan-category`, code: 'success-plan' }] }],
  subject: { reference: subject },
  created: '2026-01-05',
  author: { reference: 'Organization/es' },
  goal: [{ reference: aim }],
})

const subscription = (endpoint: string) => ({
  resourceType: 'Subscription',
  meta: { profile: ['http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription'] },
  status: 'requested',
  reason: 'Referrals to us',
  criteria: `${HUB}/SubscriptionTopic/referral-received`,
  channel: {
    type: 'rest-hook',
    endpoint,
    payload: 'application/fhir+json',
    _payload: {
      extension: [
        {
          url: 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content',
          valueCode: 'id-only',
        },
      ],
    },
  },
})

/** The hub in trouble. */
const TROUBLE = {
  'store-full': {
    what: 'No room is left on the disk.',
    send: ({ es, between }) => failing(es, between, () => new StoreFull('full')),
  },
  'index-incomplete': {
    what: 'A search by a parameter whose index is being built after the hub was given it.',
    send: ({ es, store }) => whileIncomplete(store, () => es.get('/Patient?gender=female')),
  },
  'search-too-long': {
    what: 'A search that takes longer than `HUB_QUERY_LIMIT`.',
    send: ({ es, beforeReading }) => {
      beforeReading('Goal', () => Promise.reject(new QueryTooLong()))
      return es.get('/Goal?_sort=-_lastUpdated&_total=accurate')
    },
  },
  busy: {
    what: 'Others write to the same records without a pause.',
    send: ({ es, between }) => failing(es, between, () => new CommitConflict('guard', 0)),
  },
  internal: {
    what: 'A fault of the hub itself.',
    send: ({ es, between }) => failing(es, between, () => new Error('an example')),
  },
} as const satisfies Partial<Record<ErrorCode, ErrorCase>>

/** Asks until the hub, which follows the log, has read that the index of a parameter is another one than it needs. */
async function whileIncomplete(store: Store, ask: () => Promise<Answer>): Promise<void> {
  const stored = await readStoredIndex(store)
  const { Patient } = stored?.digests ?? {}
  const digests = { ...stored?.digests, Patient: { ...Patient, gender: 'of another expression' } }
  await store.commit({ writes: [indexWrite(stored, digests, '0.0.0')] })
  while ((await ask()).status !== 503);
  await store.commit({ writes: [indexWrite(await readStoredIndex(store), stored?.digests ?? {}, '0.0.0')] })
}

async function failing(client: Client, between: Cast['between'], fault: () => Error): Promise<void> {
  const fail = (): Promise<never> => {
    between(fail)
    return Promise.reject(fault())
  }
  between(fail)
  await client.post('/Patient', participant('es'))
  between(() => Promise.resolve())
}

export const CASES: Readonly<Partial<Record<ErrorCode, ErrorCase>>> = { ...HTTP, ...RECORD, ...WORK, ...TROUBLE }
