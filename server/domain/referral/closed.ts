/**
 * What may still be written to a closed referral: notes and feedback, an error that is marked as one, and, for a time, an
 * outcome that was wrong.
 */
import type { Resource } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { codesOf } from '../../fhir/element.ts'
import { checkNeeds, checkOutcome } from './arrival.ts'
import { checkClock, checkOutputs, checkReserved } from './changes.ts'
import { closingOf } from './evidence.ts'
import { legalText, rowsFor } from './legal.ts'
import { issue, oneOf, type TaskStep } from './step.ts'
import { businessStatusOf, changedElements, OUTPUT, outputsBeyond, statusOf } from './task.ts'

/** When a referral was closed, and the instant of the change (ms). */
export type Closing = { readonly at: number; readonly now: number }

const DAY = 86_400_000

/** Does a write of a closed referral change how it ended? Then the rules need to know when it was closed. */
export const changesEnding = (before: Resource, after: Resource): boolean =>
  statusOf(before) !== statusOf(after) || businessStatusOf(before) !== businessStatusOf(after)

/** `closing` undefined: when it was closed is not known, so no outcome is corrected within a time. */
export function checkClosed(step: TaskStep, before: Resource, closing: Closing | undefined): readonly Issue[] {
  const { after, actor, lifecycle, parties } = step
  if (parties.length === 0)
    return [
      statusOf(after) === statusOf(before)
        ? issue('referral-rule', 'Task', legalText(before, actor, lifecycle))
        : illegal(step, before),
    ]
  const rest = checkClock(step, before)
  if (!changesEnding(before, after)) return [...checkAdded(step, before, []), ...checkOutputs(step), ...rest]
  if (statusOf(after) !== statusOf(before)) {
    const rows = rowsFor(lifecycle, statusOf(before), parties).filter((row) => row.to === statusOf(after))
    const [row] = rows
    if (row) {
      const kept = [...checkAdded(step, before, ['status', 'statusReason']), ...checkOutputs(step)]
      return [...checkNeeds(step, row.needs ?? []), ...kept, ...rest]
    }
  }
  return [...checkCorrection(step, before, closing), ...rest]
}

/** Another outcome for a referral that was closed with one, with its evidence and a reason. */
function checkCorrection(step: TaskStep, before: Resource, closing: Closing | undefined): readonly Issue[] {
  const { after, lifecycle, parties } = step
  const { days, by, always, needs, elements, outputs } = lifecycle.corrections
  const [was, is] = [before, after].map((task) => closingOf(lifecycle, statusOf(task), businessStatusOf(task)))
  if (!was || !is) return [illegal(step, before)]
  const inTime = closing !== undefined && closing.now <= closing.at + days * DAY
  const may = [...always, ...(inTime ? by : [])].some((party) => parties.includes(party))
  if (!may) {
    const late = by.some((party) => parties.includes(party))
      ? `it was closed more than ${days} days ago: ask the ${oneOf(always)}`
      : `that is for its ${oneOf(by)} within ${days} days, and for the ${oneOf(always)}`
    const text = `You cannot correct the outcome of this referral: ${late}.`
    return [issue('transition-illegal', 'Task.status', text)]
  }
  return [...checkOutcome(after, lifecycle), ...checkNeeds(step, needs), ...checkAdded(step, before, elements, outputs)]
}

const illegal = ({ after, actor, lifecycle }: TaskStep, before: Resource): Issue =>
  statusOf(after) === statusOf(before)
    ? issue(
        'referral-rule',
        'Task.businessStatus',
        `The business status of a referral that is closed does not change by itself. ${legalText(before, actor, lifecycle)}`,
      )
    : issue(
        'transition-illegal',
        'Task.status',
        `The referral cannot go from \`${statusOf(before)}\` to \`${statusOf(after)}\`: ${legalText(before, actor, lifecycle)}`,
      )

/** Beyond what a change is about (`elements`, `replaced` outputs), a few things are added to a closed referral, and none is lost. */
function checkAdded(
  step: TaskStep,
  before: Resource,
  elements: readonly string[],
  replaced: readonly string[] = [],
): readonly Issue[] {
  const { after, lifecycle } = step
  const { closed } = lifecycle
  const changed = changedElements(before, after)
  const fixed = changed.filter((name) => ![...closed.elements, ...elements].includes(name))
  const isOf = (types: readonly string[]) => (output: { readonly type?: unknown }) =>
    codesOf(output.type, OUTPUT).some((type) => types.includes(type))
  const lost = outputsBeyond(before, after).filter((one) => !isOf(replaced)(one)).length > 0
  const odd = outputsBeyond(after, before).some((one) => !isOf([...closed.outputs, ...replaced])(one))
  return [
    ...fixed.map((name) =>
      issue(
        'referral-rule',
        `Task.${name}`,
        `\`Task.${name}\` of a referral that is \`${statusOf(before)}\` does not change; ${oneOf([...closed.elements, ...elements])} may.`,
      ),
    ),
    ...(lost || odd
      ? [
          issue(
            'referral-rule',
            'Task.output',
            `Of a closed referral no output is taken away, and only ${oneOf([...closed.outputs, ...replaced])} is added.`,
          ),
        ]
      : []),
    ...checkReserved(
      step,
      changed.filter((name) => !fixed.includes(name)),
    ),
  ]
}
