/** What a change of a referral requires: how each requirement is met, and the sentence that names it. */
import type { Resource } from '../../fhir/types.ts'
import { items, textOf } from '../../fhir/element.ts'
import type { Lifecycle, Need, ReferralOutcome } from './lifecycle.ts'
import { businessStatusOf, outputsOf } from './task.ts'

type Evidence = {
  readonly expression: string
  /** What to send: reads after "needs". */
  readonly phrase: (lifecycle: Lifecycle) => string
  readonly met: (before: Resource | undefined, after: Resource, lifecycle: Lifecycle) => boolean
}

export const EVIDENCE: Readonly<Record<Need, Evidence>> = {
  'statusReason.text': {
    expression: 'Task.statusReason',
    phrase: () => '`statusReason.text`',
    met: (_, after) => textOf(items(after.statusReason)[0]?.text) !== undefined,
  },
  'statusReason.coding': {
    expression: 'Task.statusReason',
    phrase: () => '`statusReason.coding` with the reason code',
    met: (_, after) => items(items(after.statusReason)[0]?.coding).some((coding) => textOf(coding.code) !== undefined),
  },
  'resulting-activity': {
    expression: 'Task.output',
    phrase: () => 'an output `resulting-activity` (a Procedure) or `resulting-service-code`',
    met: (_, after) =>
      outputsOf(after, 'resulting-activity').length + outputsOf(after, 'resulting-service-code').length > 0,
  },
  'contact-attempts': {
    expression: 'Task.output',
    phrase: ({ contactAttempts }) =>
      `${contactAttempts} outputs \`contact-attempt\` with different times, or businessStatus \`event-missed\` before`,
    met: (before, after, { contactAttempts }) =>
      attemptsOf(after) >= contactAttempts || (before !== undefined && businessStatusOf(before) === 'event-missed'),
  },
}

/** The outcome that a status with a business status closes with, if it is one that is counted. */
export const closingOf = (
  lifecycle: Lifecycle,
  status: string,
  businessStatus: string | undefined,
): ReferralOutcome | undefined =>
  lifecycle.outcomes.find((row) => row.status.includes(status) && row.businessStatus.includes(businessStatus ?? ''))

/** Everything that the new state must come with. */
export function needsOf(
  lifecycle: Lifecycle,
  status: string,
  businessStatus: string | undefined,
  more: readonly Need[] = [],
): readonly Need[] {
  const reason: readonly Need[] = lifecycle.reasonFor.includes(status) ? ['statusReason.text'] : []
  return [...new Set([...reason, ...more, ...(closingOf(lifecycle, status, businessStatus)?.needs ?? [])])]
}

/** The needs that a change leaves unmet. */
export const unmet = (
  needs: readonly Need[],
  before: Resource | undefined,
  after: Resource,
  lifecycle: Lifecycle,
): readonly Need[] => needs.filter((need) => !EVIDENCE[need].met(before, after, lifecycle))

/** The contact attempts at different times: the same one twice is one. */
function attemptsOf(task: Resource): number {
  const times = outputsOf(task, 'contact-attempt').map((output) => Date.parse(textOf(output.valueDateTime) ?? ''))
  return new Set(times.filter((time) => !Number.isNaN(time))).size
}
