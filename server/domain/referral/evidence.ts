/** What a change of a referral requires: how each requirement is met, and the sentence that names it. */
import type { Resource } from '../../fhir/types.ts'
import { profileUrl } from '../../fhir/canonical.ts'
import { extensionOf, items, textOf } from '../../fhir/element.ts'
import type { ContactAttempts, Lifecycle, Need, ReferralOutcome } from './lifecycle.ts'
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
  'new-reason': {
    expression: 'Task.statusReason',
    phrase: () => '`statusReason.text` with the reason of this change',
    met: (before, after) => {
      const [was, is] = [before, after].map((task) => textOf(items(task?.statusReason)[0]?.text))
      return is !== undefined && is !== was
    },
  },
  'contact-attempts': {
    expression: 'Task.output',
    phrase: ({ contactAttempts: { count, days, ways } }) =>
      `${count} outputs \`contact-attempt\` at different times, on ${days} working days and by ${ways} ways (ext-contact-way), or businessStatus \`event-missed\` before`,
    met: (before, after, lifecycle) =>
      isEnough(attemptsOf(after, lifecycle), lifecycle.contactAttempts) ||
      (before !== undefined && businessStatusOf(before) === 'event-missed'),
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

/** How often, on how many working days and by how many ways the owner tried to reach the participant. */
export function attemptsOf(task: Resource, { workingDayOf }: Pick<Lifecycle, 'workingDayOf'>): ContactAttempts {
  const attempts = outputsOf(task, 'contact-attempt').map((output) => ({
    text: textOf(output.valueDateTime) ?? '',
    way: textOf(extensionOf(output, CONTACT_WAY)?.valueCode),
  }))
  const dated = attempts.filter(({ text }) => !Number.isNaN(Date.parse(text)))
  return {
    count: new Set(dated.map(({ text }) => Date.parse(text))).size,
    days: new Set(dated.flatMap(({ text }) => workingDayOf(text) ?? [])).size,
    ways: new Set(dated.flatMap(({ way }) => way ?? [])).size,
  }
}

const CONTACT_WAY = profileUrl('ext-contact-way')

export const isEnough = (one: ContactAttempts, least: ContactAttempts): boolean =>
  one.count >= least.count && one.days >= least.days && one.ways >= least.ways
