/** The Task that asks for a new consent where one ends (hub-agency-task, code `review-consent`, with the end in `restriction`). */
import { codeSystem } from '../../fhir/canonical.ts'
import { formatInstant } from '../../fhir/dates.ts'
import { idOf, items, textOf } from '../../fhir/element.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { kindOf } from './agency-task.ts'
import { buildConsentReview, type ConsentReview } from './consent-review.ts'

/** `end`: when the consent ends (ms); `recipients`: the ids of the agencies that then know of the participant no longer. */
export type ConsentEnding = Omit<ConsentReview, 'text'> & {
  readonly end: number
  readonly recipients: readonly string[]
}

/** The steps that are recorded, each with its code and title. */
type Step = { readonly rule: string; readonly title: string }

const WARNING = { coding: [{ system: codeSystem('task-output'), code: 'warning' }] }

export function buildConsentEnding(ending: ConsentEnding, steps: readonly Step[]): Resource & { readonly id: string } {
  const { recipients, end } = ending
  const who = recipients.map((id) => `Organization/${id}`).join(', ')
  const text = `The consent for ${who} ends at ${formatInstant(end)}. Where it should go on, ask the participant for a new one.`
  const task = buildConsentReview({ ...ending, text })
  return withSteps({ ...task, restriction: { period: { end: formatInstant(end) } } }, steps, ending.now)
}

/** The Task with these steps recorded. */
export const withSteps = <T extends Resource>(task: T, steps: readonly Step[], now: number): T => ({
  ...task,
  lastModified: formatInstant(now),
  output: [
    ...items(task.output),
    ...steps.map(({ rule, title }): JsonObject => ({
      type: WARNING,
      valueCodeableConcept: { coding: [{ system: codeSystem('consent-timer'), code: rule, display: title }] },
    })),
  ],
})

/** The question needs no answer any more. */
export const withoutQuestion = <T extends Resource>(task: T, now: number): T => ({
  ...task,
  status: 'cancelled',
  statusReason: { text: 'The consent does not end then, or was withdrawn.' },
  lastModified: formatInstant(now),
})

/** Of a Task that asks for a new consent: which ends, and when (as an instant in text); undefined for any other Task. */
export function endingOf(task: Resource): { readonly consent: string; readonly end: string } | undefined {
  const end = textOf(items(items(task.restriction)[0]?.period)[0]?.end)
  const consent = idOf(task.focus, 'Consent')
  return kindOf(task) === 'review-consent' && end !== undefined && consent !== undefined ? { consent, end } : undefined
}
