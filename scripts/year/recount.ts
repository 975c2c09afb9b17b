/** Counts the year again from what the hub stores: by its figures, and by searches that anybody may repeat. */
import { codeSystemAt } from '../../test/builders/index.ts'
import { made, type Client } from '../../test/given.ts'
import { CO_ENROLMENT, type Outcome } from './plan.ts'

export type Recounted = {
  readonly sent: number
  readonly closed: number
  readonly ended: number
  readonly armed: number
  readonly warned: number
  readonly unaccounted: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** Participants who were referred to human services by employment services, in SNAP before, and after. */
  readonly customers: number
  readonly before: number
  readonly after: number
}

type Parameter = {
  readonly name: string
  readonly valueUnsignedInt?: number
  readonly part?: readonly { readonly valueCode?: string; readonly valueUnsignedInt?: number }[]
}

/** `board`: a client that may know everything. `first`: the instant at which the year began. */
export async function recount(board: Client, first: number): Promise<Recounted> {
  const parameters = made(await board.get('/$referral-conservation')).parameter as readonly Parameter[]
  const count = (name: string): number => parameters.find((one) => one.name === name)?.valueUnsignedInt ?? 0
  const outcomes = parameters
    .filter(({ name }) => name === 'outcome')
    .map(({ part = [] }) => [part[0]?.valueCode ?? '', part[1]?.valueUnsignedInt ?? 0] as const)
  return {
    sent: count('sent'),
    closed: count('closed'),
    ended: count('ended'),
    armed: count('armed'),
    warned: count('warned'),
    unaccounted: count('unaccounted'),
    outcomes: Object.fromEntries(outcomes) as Record<Outcome, number>,
    ...(await coEnrolment(board, first)),
  }
}

type Found = {
  readonly for?: { readonly reference: string }
  readonly authoredOn?: string
  readonly patient?: { readonly reference: string }
  readonly period?: { readonly start: string }
}

/** Who of those who were referred took part in the program when the referral was sent, and who does now. */
async function coEnrolment(board: Client, first: number): Promise<Pick<Recounted, 'customers' | 'before' | 'after'>> {
  const { requester, owner } = CO_ENROLMENT
  const referred = new Map<string, string>()
  const since = new Date(first).toISOString()
  for await (const { for: subject, authoredOn = '' } of found(
    board,
    `/Task?requester=${requester}&owner=${owner}&authored-on=ge${since}`,
  )) {
    const known = referred.get(subject?.reference ?? '')
    if (known === undefined || authoredOn < known) referred.set(subject?.reference ?? '', authoredOn)
  }
  const started = new Map<string, string>()
  const program = `${codeSystemAt('program')}%7Csnap`
  for await (const { patient, period } of found(board, `/EpisodeOfCare?type=${program}&organization=${owner}`))
    started.set(patient?.reference ?? '', period?.start ?? '')
  const enrolled = [...referred].flatMap(([patient, at]) => {
    const start = started.get(patient)
    return start === undefined ? [] : [start < at.slice(0, 10)]
  })
  return { customers: referred.size, before: enrolled.filter((before) => before).length, after: enrolled.length }
}

async function* found(board: Client, path: string): AsyncGenerator<Found> {
  let next: string | undefined = `${path}&_count=500`
  while (next !== undefined) {
    const bundle: {
      entry?: readonly { readonly resource: Found }[]
      link: readonly { readonly relation: string; readonly url: string }[]
    } = made(await board.get(next))
    for (const { resource } of bundle.entry ?? []) yield resource
    const url: string | undefined = bundle.link.find(({ relation }) => relation === 'next')?.url
    next = url?.replace(/^.*\/fhir/, '')
  }
}
