/**
 * What both hubs hold, and what only the second one holds: nothing that `abe`, which asks, may know of. Names, numbers,
 * dates and participants are the same on purpose.
 */
import type { JsonObject } from '../../server/fhir/types.ts'
import {
  agencyTeam,
  agreement,
  assessment,
  careTeam,
  condition,
  consent,
  denial,
  goal,
  labelled,
  participant,
  participation,
  practitioner,
  practitionerRole,
  profileAt,
  relatedPerson,
  teamMember,
  wages,
  type Body,
} from '../builders/index.ts'
import type { Random } from '../../scripts/random.ts'
import type { TwinAnswer, Twins } from './twins.ts'

export const FAMILIES = ['Ferris', 'Ferrer', 'Okoye', 'Lindqvist']
export const GIVENS = ['Ida', 'Elvis', 'Ngozi']
export const NUMBERS = ['N-1', 'N-2', 'N-3', 'N-4', 'N-5', 'N-6']
export const NUMBERED = ['abe', 'es', 'vr', 'dhs']
/** Somebody whom abe looks up with a consent, and who denied abe: only the second hub holds the record. */
export const LOST_PERSON: Body = {
  ...participant('dhs', { family: 'Zabriskie', given: 'Odalys' }),
  telecom: [{ system: 'phone', value: '662-555-0199' }],
  address: [{ line: ['12 Oak Street'], city: 'Tupelo', postalCode: '38801' }],
}

export const SSNS = ['123-45-6789', '234-56-7890', '345-67-8901', '456-78-9012', '567-89-0123']

/** What is known of the second hub's secrets to whoever asks about them: addresses that the first one never gave. */
export type Secrets = { readonly keys: string[] }

/** The participants that both hubs hold, and what abe was answered when it wrote records about them. */
export async function share(
  hubs: Twins,
): Promise<{ readonly shared: readonly string[]; readonly written: readonly TwinAnswer[] }> {
  const written: TwinAnswer[] = []
  const post = async (agency: string, body: Body): Promise<string> => {
    hubs.tick(1000)
    const answer = await hubs.ask({ agency, method: 'POST', path: `/${body.resourceType}`, body })
    if (agency === 'abe') written.push(answer)
    return keyIn(answer)
  }
  /** Of two hubs that hold different confidential details. */
  const apart = async (agency: string, body: Body): Promise<string> => {
    hubs.tick(1000)
    const sent = {
      agency,
      method: 'POST',
      path: `/${body.resourceType}`,
      body: { ...body, ...confidential('Magnolia') },
    }
    return keyIn(await hubs.askApart(sent, { ...body, ...confidential('Oleander') }))
  }
  const [own, known, open, closed, referred] = [
    await post('abe', participant('abe', { ssn: SSNS[0], number: NUMBERS[0] })),
    await apart('es', participant('es', { number: NUMBERS[1], family: FAMILIES[1] })),
    await post('es', participant('es', { number: NUMBERS[2], given: GIVENS[1] })),
    await post('es', participant('es', { family: FAMILIES[2], given: GIVENS[2] })),
    await post('vr', participant('vr', { number: NUMBERS[0] })),
  ] as [string, string, string, string, string]
  await post('es', consent(known, 'es', 'abe'))
  await apart('es', relatedPerson(known))
  await post('board', consent(open, 'es', 'abe', { classes: ['disability', 'wages'] }))
  await post('board', agreement(['ui', 'abe'], '2027-01-01'))
  await post('es', consent(closed, 'es', 'abe', { end: '2025-12-31' }))
  await post('vr', consent(referred, 'vr', 'abe'))
  for (const [agency, subject] of [
    ['abe', own],
    ['es', known],
    ['es', open],
    ['es', closed],
    ['vr', referred],
  ] as const) {
    await post(agency, condition(subject))
    await post(agency, asserted(condition(subject)))
    await post(agency, labelled(condition(subject, 'disability'), 'disability'))
    await post(agency, goal(subject))
    await post(agency, participation(subject, agency))
    await post(agency, assessment(subject, true))
    await post('board', wages(subject, 'ui'))
  }
  for (const [agency, subject] of [
    ['abe', own],
    ['es', known],
    ['vr', referred],
  ] as const) {
    const staff = await post(agency, practitionerRole(await post(agency, practitioner()), agency))
    await post(agency, careTeam(subject, staff))
    await post(agency, relatedPerson(subject))
  }
  // Records of abe's own, to which others may refer in records that abe may not know of.
  for (const subject of [known, open]) for (let count = 0; count < 6; count += 1) await post('abe', condition(subject))
  await refer(hubs, 'vr', referred)
  const shared = [own, known, open, closed, referred, await shareWhatIsOver(hubs, post)]
  return { shared, written }
}

/** A record that contains another. */
export const asserted = (body: Body): Body => ({
  ...body,
  contained: [{ resourceType: 'Practitioner', id: 'who', name: [{ family: FAMILIES[0] }] }],
  asserter: { reference: '#who' },
})

/** An address and a number that es alone may know of. */
const confidential = (street: string) => {
  const extension = [{ url: profileAt('ext-confidential'), valueReference: { reference: 'Organization/es' } }]
  const address = [{ extension, line: [`12 ${street} Street`], city: street, state: 'MS', postalCode: '38801' }]
  return {
    address,
    telecom: [{ extension, system: 'phone', value: street === 'Magnolia' ? '662-555-0101' : '662-555-0199' }],
  }
}

type Post = (agency: string, body: Body) => Promise<string>

/**
 * A participant who was referred to abe, which wrote a record that refers to others and then rejected the referral:
 * its Task and its record still point at what it may no longer know of.
 */
async function shareWhatIsOver(hubs: Twins, post: Post): Promise<string> {
  const subject = await post('es', participant('es', { given: GIVENS[2] }))
  const permit = consent(subject, 'es', 'abe')
  const consented = await post('es', permit)
  const form = await post('es', assessment(subject, false))
  await post('abe', { ...condition(subject), evidence: [{ detail: [{ reference: form }] }] })
  const task = await refer(hubs, 'es', subject)
  const rejected = {
    ...task,
    status: 'rejected',
    businessStatus: { coding: [{ system: `${CODES}/referral-business-status`, code: 'rejected-capacity' }] },
    statusReason: { text: 'No place is free before the summer.' },
  }
  await put(hubs, 'abe', `Task/${task.id}`, rejected)
  await put(hubs, 'es', consented, { ...permit, id: consented.split('/')[1], status: 'inactive' })
  return subject
}

const CODES = 'https://no-wrong-door.example/fhir/CodeSystem'

async function put(hubs: Twins, agency: string, key: string, body: object): Promise<void> {
  hubs.tick(1000)
  const version = (body as { meta?: { versionId?: string } }).meta?.versionId
  const headers = version === undefined ? {} : { 'If-Match': `W/"${version}"` }
  const answer = await hubs.ask({ agency, method: 'PUT', path: `/${key}`, body, headers })
  if (answer.status !== 200) throw new Error(answer.text)
}

/** Refers a participant to abe and answers the Task. */
async function refer(hubs: Twins, agency: string, subject: string): Promise<JsonObject & { readonly id: string }> {
  hubs.tick(1000)
  const { text } = await hubs.ask({
    agency,
    method: 'POST',
    path: `/${subject}/$refer`,
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'service', valueCode: 'program-referral-coordination' },
        { name: 'performer', valueReference: { reference: 'Organization/abe' } },
      ],
    },
  })
  return (JSON.parse(text) as { entry: { resource: JsonObject & { id: string } }[] }).entry[1]!.resource
}

/** One more thing that only the second hub holds. `shared` are participants that both hold. */
export async function keepSecret(hubs: Twins, secrets: Secrets, shared: readonly string[], random: Random) {
  const agency = random.pick(['vr', 'dhs', 'college'])
  const post = async (by: string, body: Body, headers?: Record<string, string>): Promise<string> => {
    const answer = await hubs.hide({ agency: by, method: 'POST', path: `/${body.resourceType}`, body, headers })
    if (answer.status !== 201) return ''
    secrets.keys.push(keyIn(answer))
    return keyIn(answer)
  }
  const stranger = () =>
    post(agency, {
      ...participant(agency, {
        ...(random.percent(60) ? { ssn: random.pick(SSNS) } : {}),
        number: random.pick(NUMBERS),
        family: random.pick(FAMILIES),
        given: random.pick(GIVENS),
      }),
      ...(random.percent(40) ? { telecom: [{ system: 'phone', value: '662-555-0101' }] } : {}),
    })
  const of = (type: string) => secrets.keys.filter((key) => key.startsWith(`${type}/`))
  const about = of('Patient').at(-1 - random.below(3))
  const subject = random.pick(shared)
  const KINDS: readonly (() => Promise<unknown>)[] = [
    stranger,
    async () => {
      const lost = await post('dhs', LOST_PERSON)
      return lost && post('dhs', denial(lost, 'dhs', 'abe'))
    },
    // A merge of participants that abe does not know.
    async () => {
      const parameter = [about, random.pick([...of('Patient'), shared[3]!])].map((reference, index) => ({
        name: index === 0 ? 'source-patient' : 'target-patient',
        valueReference: { reference },
      }))
      const body = { resourceType: 'Parameters', parameter }
      return about && hubs.hide({ agency: 'board', method: 'POST', path: '/Patient/$merge', body })
    },
    // Restricted records of participants that abe knows.
    () => post('es', labelled(condition(subject), random.pick(['rehabilitation', 'V'] as const))),
    () => post('es', labelled(goal(subject), 'rehabilitation')),
    () => post('es', labelled(asserted(condition(subject)), 'rehabilitation')),
    async () => about && post('board', asserted(condition(about))),
    () => post('es', labelled(relatedPerson(subject, 'SPS'), random.pick(['rehabilitation', 'V'] as const))),
    () => post('es', labelled(agencyTeam(subject, teamMember('agency', 'Organization/es')), 'rehabilitation')),
    // A restricted record that refers to one that abe knows, perhaps to its own: abe may delete that all the same.
    async () => {
      const about = random.pick([shared[1]!, shared[2]!])
      const barrier = await conditionOf(hubs, about, random)
      const referring = { ...goal(about), addresses: [{ reference: barrier ?? '' }] }
      return barrier && post('es', labelled(referring, 'rehabilitation'))
    },
    async () => {
      const before = secrets.keys.length
      const made = await post('vr', labelled(participation(subject, 'vr'), 'V'))
      return before === secrets.keys.length ? made : undefined
    },
    // Everything about participants that abe does not know.
    async () => about && post('board', wages(about, 'ui')),
    async () => about && post('board', condition(about)),
    async () => about && post('board', goal(about)),
    async () => about && post('board', relatedPerson(about)),
    async () => about && post('board', agencyTeam(about, teamMember('agency', 'Organization/abe'))),
    async () => about && post('board', consent(about, 'es', 'vr')),
    async () => about && post('board', consent(about, 'es', 'abe', { end: '2025-12-31' })),
    async () => about && post('board', assessment(about, true)),
    () => post('board', agreement(['ui', 'vr'], '2027-01-01')),
    () => changeUnseen(hubs, shared.at(-1)!, random.pick(['Patient', 'QuestionnaireResponse'])),
    () => changeUnseen(hubs, shared[3]!, random.pick(['Patient', 'Goal', 'Condition'])),
    async () => {
      const [type = '', id = ''] = random.pick(of('Condition').concat(of('Goal'), 'Goal/nothing')).split('/')
      return hubs.hide({ agency: random.pick(['es', 'board']), method: 'DELETE', path: `/${type}/${id}` })
    },
    async () => {
      const id = `${agency}.${random.below(1000)}`
      const body = { ...participant(agency), id }
      const answer = await hubs.hide({ agency, method: 'PUT', path: `/Patient/${id}`, body })
      if (answer.status === 201) secrets.keys.push(`Patient/${id}`)
    },
  ]
  await random.pick(KINDS)()
}

/** A barrier that abe recorded of a participant, as the second hub has it: `Condition/<id>`. */
async function conditionOf(hubs: Twins, subject: string, random: Random): Promise<string | undefined> {
  const { text } = await hubs.hide({ agency: 'es', method: 'GET', path: `/Condition?patient=${subject}&_count=50` })
  const { entry = [] } = JSON.parse(text) as { entry?: { resource: { id: string; meta: { source: string } } }[] }
  const own = entry.filter(({ resource }) => resource.meta.source === 'Organization/abe')
  return own.length === 0 ? undefined : `Condition/${random.pick(own).resource.id}`
}

/** A new version, in the second hub only, of what both hold and abe may not know of. */
async function changeUnseen(hubs: Twins, subject: string, type: string): Promise<void> {
  const query = type === 'Patient' ? `_id=${subject.split('/')[1]}` : `patient=${subject}`
  const { text } = await hubs.hide({ agency: 'es', method: 'GET', path: `/${type}?${query}&_count=1` })
  const state = (
    JSON.parse(text) as { entry?: { resource: Body & { id: string; meta: { versionId: string; source: string } } }[] }
  ).entry?.[0]?.resource
  if (state?.meta.source !== 'Organization/es') return
  const headers = { 'If-Match': `W/"${state.meta.versionId}"` }
  const body = { ...state, language: state.language === 'en' ? 'es' : 'en' }
  await hubs.hide({ agency: 'es', method: 'PUT', path: `/${type}/${state.id}`, headers, body })
}

/** The address of the record that an answer brings: `Patient/«3»`. */
export function keyIn({ status, text }: TwinAnswer): string {
  const { resourceType, id } = JSON.parse(text) as { resourceType: string; id: string }
  if (status >= 300) throw new Error(text)
  return `${resourceType}/${id}`
}
