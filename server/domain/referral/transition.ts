/**
 * May this Task be written as it is, by this caller? The lifecycle of a referral on every path that writes one.
 * After Gravity SDOH Clinical Care, http://hl7.org/fhir/us/sdoh-clinicalcare, Task for referral management.
 */
import type { Caller, Resource } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { checkArrival, checkNeeds, checkOutcome } from './arrival.ts'
import {
  checkClock,
  checkDistinct,
  checkElements,
  checkImmutable,
  checkOutputs,
  checkOwner,
  checkReserved,
} from './changes.ts'
import { checkClosed, type Closing } from './closed.ts'
import { creators, legalText, progressFor, rowsFor } from './legal.ts'
import type { Lifecycle } from './lifecycle.ts'
import { checkNotes } from './notes.ts'
import { issue, shown, type TaskStep } from './step.ts'
import { businessStatusOf, changedElements, partiesOf, requesterOf, statusOf } from './task.ts'

/** The table, and, of a closed referral whose ending changes, when it was closed. */
export type LifecycleAt = Lifecycle & { readonly closing?: Closing }

/**
 * Checks one write of a referral Task.
 * `before` is the stored version (undefined: creation), `actor` who writes. Answers every rule that is broken, with
 * codes `transition-illegal`, `referral-rule`, `element-immutable`, `agency-not-yours`; none means that it may be written.
 * The shape of the Task (cardinalities, code lists) is the profile's matter.
 */
export function checkTask(
  before: Resource | undefined,
  after: Resource,
  actor: Caller,
  lifecycle: LifecycleAt,
): readonly Issue[] {
  return [...checkStep(before, after, actor, lifecycle), ...checkNotes(before, after, actor)]
}

function checkStep(
  before: Resource | undefined,
  after: Resource,
  actor: Caller,
  lifecycle: LifecycleAt,
): readonly Issue[] {
  if (!before) return checkCreation({ after, actor, lifecycle, parties: creators(actor) })
  const step: TaskStep = { before, after, actor, lifecycle, parties: partiesOf(before, actor) }
  if (lifecycle.terminal.includes(statusOf(before))) return checkClosed(step, before, lifecycle.closing)
  const move = statusOf(before) === statusOf(after) ? checkProgress(step, before) : checkTransition(step, before)
  const fixed = checkImmutable(step, before)
  // What is wrong with the rest of a step that cannot be taken at all would only be noise.
  if (move.some((one) => one.detail === 'transition-illegal')) return [...move, ...fixed]
  return [...move, ...fixed, ...checkOwner(step, before), ...checkElements(step, before), ...checkClock(step, before)]
}

function checkCreation(step: TaskStep): readonly Issue[] {
  const { after, actor, lifecycle, parties } = step
  if (parties.includes('requester') && requesterOf(after) !== actor.agency) {
    const text = `\`Task.requester\` must be \`Organization/${actor.agency}\`: an agency refers in its own name.`
    return [issue('agency-not-yours', 'Task.requester', text)]
  }
  const rows = rowsFor(lifecycle, undefined, parties).filter((row) => row.to === statusOf(after))
  if (rows.length === 0) {
    const text = `A referral cannot be created as \`${statusOf(after)}\`. ${legalText(undefined, actor, lifecycle)}`
    return [issue('transition-illegal', 'Task.status', text)]
  }
  return [
    ...checkArrival(step, rows),
    ...checkReserved(step, changedElements(undefined, after)),
    ...checkOutputs(step),
    ...checkDistinct(step),
  ]
}

function checkTransition(step: TaskStep, before: Resource): readonly Issue[] {
  const { after, actor, lifecycle, parties } = step
  const rows = rowsFor(lifecycle, statusOf(before), parties).filter((row) => row.to === statusOf(after))
  if (rows.length > 0) return checkArrival(step, rows)
  const text = `The referral cannot go from \`${statusOf(before)}\` to \`${statusOf(after)}\` by \`${actor.agency}\`. ${legalText(before, actor, lifecycle)}`
  return [issue('transition-illegal', 'Task.status', text)]
}

/** A write that keeps the status: the business status moves along its own graph, and only for those it concerns. */
function checkProgress(step: TaskStep, before: Resource): readonly Issue[] {
  const { after, actor, lifecycle, parties } = step
  if (parties.length === 0 || (parties.includes('claimant') && parties.length === 1)) {
    return [
      issue(
        'transition-illegal',
        'Task.status',
        `\`${actor.agency}\` cannot change this referral and leave it \`${statusOf(before)}\`. ${legalText(before, actor, lifecycle)}`,
      ),
    ]
  }
  const [from, to] = [businessStatusOf(before), businessStatusOf(after)]
  if (from !== to && !progressFor(lifecycle, statusOf(before), from, parties).includes(to ?? '')) {
    const text = `The business status cannot go from ${shown(from)} to ${shown(to)} while the status stays \`${statusOf(before)}\`. ${legalText(before, actor, lifecycle)}`
    return [issue('transition-illegal', 'Task.businessStatus', text)]
  }
  return [...checkOutcome(after, lifecycle), ...checkNeeds(step, [])]
}
