/**
 * Tasks between agencies that are no referral (profile hub-agency-task): who makes them, and how they move.
 * https://hl7.org/fhir/R4/task.html
 */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, idOf, sameJson } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import type { Caller, Resource } from '../../fhir/types.ts'

export const AGENCY_TASK = codeSystem('agency-task')

/** `review-change`, `review-consent`; undefined for any other Task, a referral among them. */
export const kindOf = (task: Resource | undefined): string | undefined => codesOf(task?.code, AGENCY_TASK)[0]

/** Who may move an open task where. The board may do either. */
const MOVES: Readonly<Record<string, readonly Party[]>> = {
  completed: ['owner'],
  rejected: ['owner'],
  cancelled: ['requester'],
  'entered-in-error': ['requester'],
}
type Party = 'owner' | 'requester'

/** What an answer may change. */
const ANSWER = ['status', 'statusReason', 'note', 'output', 'lastModified', 'executionPeriod', 'businessStatus']

/**
 * Checks one write of an agency task. `before` is the stored version (undefined: creation). Answers every rule that is
 * broken; none means that it may be written.
 */
export function checkAgencyTask(before: Resource | undefined, after: Resource, caller: Caller): readonly Issue[] {
  if (!before) return checkCreation(after, caller)
  if (before.status !== 'requested') return checkClosed(before, after)
  return [...checkMove(before, after, caller), ...checkElements(before, after)]
}

function checkCreation(after: Resource, caller: Caller): readonly Issue[] {
  const requester = idOf(after.requester, 'Organization')
  const foreign = caller.role === 'agency' && requester !== caller.agency
  return [
    ...(foreign
      ? [
          issue(
            'agency-not-yours',
            'Task.requester',
            `\`Task.requester\` must be \`Organization/${caller.agency}\`: an agency asks in its own name.`,
          ),
        ]
      : []),
    ...(after.status === 'requested'
      ? []
      : [
          issue(
            'transition-illegal',
            'Task.status',
            `A task between agencies begins as \`requested\`, not as \`${String(after.status)}\`.`,
          ),
        ]),
  ]
}

function checkMove(before: Resource, after: Resource, caller: Caller): readonly Issue[] {
  if (caller.role !== 'agency') return []
  const parties = partiesOf(before, caller.agency)
  const allowed = Object.keys(MOVES).filter((status) => MOVES[status]?.some((one) => parties.includes(one)))
  const to = String(after.status)
  if (parties.length > 0 && (to === 'requested' || allowed.includes(to))) return []
  const text =
    parties.length === 0
      ? 'You are neither the requester nor the owner of this task: you may not change it.'
      : `As ${parties.join(' and ')} you may set ${allowed.map((one) => `\`${one}\``).join(' or ')}, not \`${to}\`.`
  return [issue('transition-illegal', 'Task.status', text)]
}

function partiesOf(task: Resource, agency: string): readonly Party[] {
  return (['owner', 'requester'] as const).filter((party) => idOf(task[party], 'Organization') === agency)
}

const checkElements = (before: Resource, after: Resource): readonly Issue[] =>
  changed(before, after)
    .filter((name) => !ANSWER.includes(name))
    .map((name) =>
      issue(
        'element-immutable',
        `Task.${name}`,
        `\`Task.${name}\` stays as it was when the task was made; make another.`,
      ),
    )

const checkClosed = (before: Resource, after: Resource): readonly Issue[] =>
  changed(before, after)
    .filter((name) => name !== 'lastModified')
    .map((name) =>
      issue(
        'transition-illegal',
        `Task.${name}`,
        `The task is \`${String(before.status)}\`, which is final; make another.`,
      ),
    )

function changed(before: Resource, after: Resource): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  for (const name of ['resourceType', 'id', 'meta', 'text']) names.delete(name)
  return [...names].filter((name) => !sameJson(before[name], after[name]))
}

const issue = (detail: Issue['detail'], expression: string, text: string): Issue => ({
  severity: 'error',
  detail,
  expression,
  text,
})
