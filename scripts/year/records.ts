/** The records that the agencies of the simulated year write, and each step of a referral as its owner or requester takes it. */
import {
  business,
  codeSystemAt,
  coded,
  consent,
  output,
  participation,
  profileAt,
  referral,
  resident,
  task,
} from '../../test/builders/index.ts'
import type { Body } from '../../test/builders/index.ts'
import type { PlannedReferral } from './plan.ts'

export type Entry = {
  readonly fullUrl?: string
  readonly resource: Body
  readonly request: { readonly method: string; readonly url: string; readonly ifMatch?: string }
}

const create = (resource: Body, fullUrl?: string): Entry => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: { method: 'POST', url: resource.resourceType },
})

export const update = (id: string, version: number, resource: Body): Entry => ({
  resource,
  request: { method: 'PUT', url: `${resource.resourceType}/${id}`, ifMatch: `W/"${version}"` },
})

const urn = (kind: number, number: number): string =>
  `urn:uuid:00000000-0000-4000-8${kind}00-${number.toString(16).padStart(12, '0')}`

/** A participant who comes in, with the consent for the first agency that is referred to. */
export const arrival = ({ requester, participant }: PlannedReferral): Entry =>
  create(resident(requester, `Y-${participant}`), urn(1, participant))

/** Before the year, so that every referral of it is covered. */
const SIGNED = '2018-09-01'

export const consentFor = (subject: string, { requester, owner }: PlannedReferral): Entry =>
  create(consent(subject, requester, owner, { more: { dateTime: SIGNED } }))

/** The reference by which entries of one Bundle name the participant who comes in with it. */
export const arriving = ({ participant }: PlannedReferral): string => urn(1, participant)

/** The ServiceRequest and its Task. */
export function sending(subject: string, { number, requester, owner }: PlannedReferral, at: string): readonly Entry[] {
  const request = urn(2, number)
  const dated = { authoredOn: at }
  return [
    create({ ...referral(subject, requester, owner), ...dated }, request),
    create({ ...task(subject, request, requester, owner), ...dated, lastModified: at }, urn(3, number)),
  ]
}

export const snapEnrolment = (subject: string, start: string): Entry =>
  create({
    ...participation(subject, 'dhs', { type: [coded(codeSystemAt('program'), 'snap')], period: { start } }),
  })

/** Days on which the owner tries to reach a participant who has no appointment: three of them are working days. */
const TRIES = 7

/** Half of those who do not show up missed an appointment; the others could not be reached, where there was the time. */
const isUnreached = ({ ending, number, answered, closed }: PlannedReferral): boolean =>
  ending === 'no-show' && number % 2 === 1 && closed - answered >= TRIES

/** What the owner answers: it accepts with an appointment or begins to call, or it turns the referral down. */
export function answer(one: PlannedReferral): object {
  const { ending } = one
  if (isUnreached(one)) return { status: 'accepted', ...business('contact-attempted') }
  if (ending === 'ineligible') return { status: 'rejected', ...business('ineligible-screened'), ...INELIGIBLE }
  if (ending === 'rejected')
    return { status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'The program is full.' } }
  return { status: 'accepted', ...business('scheduled') }
}

const INELIGIBLE = {
  statusReason: { coding: [{ system: codeSystemAt('ineligible-reason'), code: 'income' }], text: 'Above the limit.' },
}

/** The steps from an accepted referral to its end; each is one version. */
export function closing(one: PlannedReferral): readonly object[] {
  const { ending } = one
  if (isUnreached(one)) return [{ status: 'failed', ...business('unable-to-reach'), ...MISSED }]
  if (ending === 'received-services') return [{ status: 'completed', ...business('services-received') }]
  if (ending === 'no-show') return [business('event-missed'), { status: 'failed', ...business('no-show'), ...MISSED }]
  if (ending === 'declined')
    return [{ status: 'failed', ...business('declined'), statusReason: { text: 'No interest.' } }]
  return []
}

const MISSED = { statusReason: { text: 'Did not come to the appointment.' } }

/** One attempt on each of the days before the closing, by phone and by letter in turn. `first`: the day 0 of the year (ms). */
const attemptsOf = ({ closed }: PlannedReferral, first: number): readonly object[] =>
  Array.from({ length: TRIES }, (_, back) => ({
    extension: [{ url: profileAt('ext-contact-way'), valueCode: back % 2 === 0 ? 'phone' : 'letter' }],
    type: coded(codeSystemAt('task-output'), 'contact-attempt'),
    valueDateTime: new Date(first + (closed - back) * DAY).toISOString(),
  }))

const DAY = 86_400_000

/** The outputs that close a referral with an outcome, and their evidence. */
export function outputsOf(one: PlannedReferral, first: number): readonly object[] {
  const { ending } = one
  if (ending === 'withdrawn' || ending === 'rejected' || ending === 'open') return []
  const outcome = output('outcome', 'referral-outcome', ending)
  if (isUnreached(one)) return [...attemptsOf(one, first), outcome]
  if (ending !== 'received-services') return [outcome]
  return [outcome, output('resulting-service-code', 'service-catalogue', 'career-counseling')]
}

export const withdrawal = {
  status: 'cancelled',
  ...business('withdrawn'),
  statusReason: { text: 'The participant moved away.' },
}
