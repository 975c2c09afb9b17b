/** Nobody tries to reach a participant who must not be contacted, and what was done against it counts as no attempt. */
import {
  contactBanOf,
  DO_NOT_CONTACT,
  forbids,
  forbidsAll,
  sentenceOf,
} from '../../domain/participant/do-not-contact.ts'
import { focusOf } from '../../domain/referral/linked.ts'
import { businessStatusOf, isReferral, outputsOf } from '../../domain/referral/task.ts'
import { REFERRAL_TIMER } from '../../domain/timer/job-kind.ts'
import { profileUrl } from '../../fhir/canonical.ts'
import { extensionOf, idOf, sameJson, textOf } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { aboutParticipant, type Filter } from '../../search/query.ts'
import { isOfHub, type PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type ContactTables = Pick<RuleTables, 'range' | 'lifecycle'>

export const contactRules = (tables: ContactTables): readonly Rule[] => [
  { types: ['Task'], check: (change, state) => attemptsAsAllowed(tables, change, state) },
  { types: ['Patient', 'ServiceRequest'], check: (change, state) => looksAtTimers(tables, change, state) },
]

const WAY = profileUrl('ext-contact-way')
const ATTEMPTED = 'contact-attempted'

async function attemptsAsAllowed(
  { range }: ContactTables,
  { change, before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  if (!after || !isReferral(after) || isOfHub({ change }) || state.caller.role === 'hub') return {}
  const attempts = newAttempts(before, after)
  const isStated = businessStatusOf(after) === ATTEMPTED && businessStatusOf(before ?? after) !== ATTEMPTED
  if (attempts.length === 0 && !isStated) return {}
  const { unrestricted, now } = state
  const [patient, request] = await Promise.all([
    unrestricted.resource({ type: 'Patient', id: idOf(after.for, 'Patient') ?? '' }),
    unrestricted.resource({ type: 'ServiceRequest', id: focusOf(after) ?? '' }),
  ])
  const banAt = (instant: number) => contactBanOf(patient, instant, range, request)
  const issues = attempts.flatMap(({ output, index }): Issue[] => {
    const ban = banAt(range(textOf(output.valueDateTime) ?? '').start)
    const way = textOf(extensionOf(output, WAY)?.valueCode)
    return ban && forbids(ban, way) ? [refusal(sentenceOf(ban), `${at}.output[${index}]`)] : []
  })
  const today = banAt(now)
  if (issues.length > 0 || attempts.length > 0 || !today || !forbidsAll(today)) return { issues }
  return { issues: [refusal(sentenceOf(today), `${at}.businessStatus`)] }
}

/** The attempts that the write adds, each with its place. */
function newAttempts(before: Resource | undefined, after: Resource) {
  const earlier = outputsOf(before ?? { resourceType: 'Task' }, 'contact-attempt')
  const all = (Array.isArray(after.output) ? after.output : []) as readonly JsonObject[]
  return outputsOf(after, 'contact-attempt')
    .filter((one) => !earlier.some((other) => sameJson(one, other)))
    .map((output) => ({ output, index: all.indexOf(output) }))
}

const refusal = (sentence: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'do-not-contact',
  text: `${sentence} Take the attempt off; where the participant came in person, say so (ext-contact-way \`in-person\`).`,
  expression,
})

/** Whether an agency is to contact the participant depends on it: the jobs of the open referrals look at it again. */
async function looksAtTimers(
  { lifecycle }: ContactTables,
  { key, before, after }: PreparedChange,
  { unrestricted, now }: PendingState,
): Promise<RuleResult> {
  if (!before || !after) return {}
  const isPatient = key.type === 'Patient'
  const same = isPatient
    ? sameJson(extensionOf(before, DO_NOT_CONTACT), extensionOf(after, DO_NOT_CONTACT))
    : sameJson(before.orderDetail, after.orderDetail)
  if (same) return {}
  const about: Filter = isPatient
    ? aboutParticipant(key.id)
    : { op: 'reference', param: 'focus', type: key.type, id: key.id }
  const tasks = await unrestricted.list('Task', about)
  const open = tasks.filter((one) => isReferral(one) && !['draft', ...lifecycle.terminal].includes(String(one.status)))
  return { jobs: open.map(({ id }) => ({ kind: REFERRAL_TIMER, key: id, due: now })) }
}
