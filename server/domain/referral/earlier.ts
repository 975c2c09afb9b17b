/** What became of the earlier referrals of a participant to one service: who proposes it again should know. */
import type { Resource } from '../../fhir/types.ts'
import { codeSystem, namingSystem } from '../../fhir/canonical.ts'
import { codesOf, items } from '../../fhir/element.ts'
import { businessStatusOf, outcomesOf, statusOf } from './task.ts'

/** One referral: its request and one Task of it. */
export type EarlierReferral = { readonly request: Resource; readonly task: Resource }

/** References (`Task/abc`), the latest first. */
export type Earlier = {
  readonly declined: readonly string[]
  readonly noShow: readonly string[]
  /** A referral that is open. */
  readonly open?: string
}

const SERVICE = codeSystem('service-catalogue')
/** The participant declined it: before it was sent, before it was accepted, or when it was offered. */
const DECLINED = ['declined-before-send', 'declined']

/** `terminal`: the statuses without a way on, see the lifecycle. */
export function earlierTo(
  service: string,
  referrals: readonly EarlierReferral[],
  terminal: readonly string[],
): Earlier {
  const latestFirst = (a: EarlierReferral, b: EarlierReferral) =>
    Date.parse(String(b.task.authoredOn)) - Date.parse(String(a.task.authoredOn))
  const tasks = referrals
    .filter(({ request }) => codesOf(request.code, SERVICE).includes(service))
    .sort(latestFirst)
    .map(({ task }) => task)
    .filter((task) => statusOf(task) !== 'entered-in-error')
  const open = tasks.find((task) => !terminal.includes(statusOf(task)))
  return {
    declined: tasks.filter((task) => DECLINED.includes(businessStatusOf(task) ?? '')).map(reference),
    noShow: tasks.filter((task) => outcomesOf(task).includes('no-show')).map(reference),
    ...(open ? { open: reference(open) } : {}),
  }
}

/** Identifier of a referral that came from a proposal. */
export const PROPOSAL = namingSystem('proposal')

/** Its value: the assessment and the rule. */
export const proposalNumber = (response: string, rule: string): string => `${response}.${rule}`

/** The referral by which a proposal was decided, sent or declined; undefined while it is undecided. */
export const decidedBy = (number: string, referrals: readonly EarlierReferral[]): EarlierReferral | undefined =>
  referrals.find(({ request }) =>
    items(request.identifier).some(({ system, value }) => system === PROPOSAL && value === number),
  )

const reference = (task: Resource): string => `Task/${String(task.id)}`
