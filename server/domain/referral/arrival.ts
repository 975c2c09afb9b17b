/** What the state that a referral arrives in must come with: its business status, its outcome, the evidence. */
import type { Resource } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { closingOf, EVIDENCE, needsOf, unmet } from './evidence.ts'
import type { Lifecycle, Need, Transition } from './lifecycle.ts'
import { issue, oneOf, shown, type TaskStep } from './step.ts'
import { businessStatusOf, outcomesOf, statusOf } from './task.ts'

/** The business status, the outcome and the evidence of the state that a transition arrives in. */
export function checkArrival(step: TaskStep, rows: readonly Transition[]): readonly Issue[] {
  const { before, after, lifecycle } = step
  const code = businessStatusOf(after)
  const fitting = rows.filter((row) =>
    row.businessStatus ? row.businessStatus.includes(code ?? '') : !before || code === businessStatusOf(before),
  )
  if (fitting.length === 0) {
    const allowed = rows.flatMap((row) => row.businessStatus ?? [businessStatusOf(before ?? after) ?? 'none'])
    return [
      issue(
        'referral-rule',
        'Task.businessStatus',
        `With status \`${statusOf(after)}\` the business status must be ${oneOf(allowed)}, not ${shown(code)}.`,
      ),
    ]
  }
  const own = fitting
    .map((row) => row.needs ?? [])
    .reduce((least, needs) => (needs.length < least.length ? needs : least))
  return [...checkOutcome(after, lifecycle), ...checkNeeds(step, own)]
}

/** Exactly the outcome that the closing state stands for, and none otherwise. */
export function checkOutcome(after: Resource, lifecycle: Lifecycle): readonly Issue[] {
  const expected = closingOf(lifecycle, statusOf(after), businessStatusOf(after))?.outcome
  const outcomes = outcomesOf(after)
  if (outcomes.length === (expected ? 1 : 0) && outcomes[0] === expected) return []
  const state = `status \`${statusOf(after)}\` with business status ${shown(businessStatusOf(after))}`
  const demand = expected ? `needs exactly one output \`outcome\`, \`${expected}\`` : 'carries no output `outcome`'
  return [
    issue(
      'referral-rule',
      'Task.output',
      `A referral of ${state} ${demand}; it has ${outcomes.length > 0 ? oneOf(outcomes, 'and') : 'none'}.`,
    ),
  ]
}

export function checkNeeds(step: TaskStep, more: readonly Need[]): readonly Issue[] {
  const { before, after, lifecycle } = step
  const needs = needsOf(lifecycle, statusOf(after), businessStatusOf(after), more)
  return unmet(needs, before, after, lifecycle).map((need) => {
    const { expression, phrase } = EVIDENCE[need]
    return issue(
      'referral-rule',
      expression,
      `A referral of status \`${statusOf(after)}\` and business status ${shown(businessStatusOf(after))} needs ${phrase(lifecycle)}.`,
    )
  })
}
