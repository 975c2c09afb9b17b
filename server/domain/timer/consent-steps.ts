/** The steps that the hub takes before and at the end of a consent: `consents` of capability/rules/timers.json. */
import type { Resource } from '../../fhir/types.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf } from '../../fhir/element.ts'
import type { ConsentStep } from './table.ts'
import { outputsOf } from './thread.ts'
import type { Warning } from './warnings.ts'

/** The kind of the job that watches the consents of one participant; its key is the id of the Patient. */
export const CONSENT_TIMER_JOB = 'consent-timer'

export const CONSENT_TIMER = codeSystem('consent-timer')

export type DatedConsentStep = ConsentStep & { readonly due: number }

const DAY = 86_400_000

/** The steps for a consent that ends at an instant (ms), in the order of their due times. */
export const consentStepsFor = (steps: readonly ConsentStep[], end: number): readonly DatedConsentStep[] =>
  steps.map((step) => ({ ...step, due: end - step.before * DAY })).sort((a, b) => a.due - b.due)

/** What holds of a consent that ends, or has ended, as long as its Task is open: the last step that the Task records. */
export function consentWarnings(steps: readonly ConsentStep[], task: Resource, end: number): readonly Warning[] {
  const taken = takenSteps(task)
  const last = consentStepsFor(steps, end)
    .filter(({ rule }) => taken.includes(rule))
    .at(-1)
  if (!last) return []
  const { rule, title, level, due, tell } = last
  const [start, recorded] = [task.authoredOn, task.lastModified].map((text) => Date.parse(String(text)))
  return [{ rule, title, level, due, tell, start: start!, recorded: recorded! }]
}

/** The rules of the steps that a Task records. */
export const takenSteps = (task: Resource): readonly string[] =>
  outputsOf(task, 'warning').flatMap((output) => codesOf(output.valueCodeableConcept, CONSENT_TIMER))
