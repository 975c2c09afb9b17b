/** What of a referral Task may change at all, and by whom: fixed elements, the owner, reserved elements, outputs, the clock. */
import type { Resource } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { codesOf, sameJson, textOf } from '../../fhir/element.ts'
import { issue, oneOf, type TaskStep } from './step.ts'
import { changedElements, OUTPUT, outputsBeyond, ownerOf, requesterOf, statusOf } from './task.ts'

export function checkImmutable({ after, lifecycle }: TaskStep, before: Resource): readonly Issue[] {
  return lifecycle.immutable
    .filter((name) => !sameJson(before[name], after[name]))
    .map((name) =>
      issue(
        'element-immutable',
        `Task.${name}`,
        `\`Task.${name}\` stays as it was when the referral was created; send a new referral instead.`,
      ),
    )
}

/** The owner changes when an open referral is claimed, or while it may still be routed to another. */
export function checkOwner(step: TaskStep, before: Resource): readonly Issue[] {
  const { after, actor, lifecycle, parties } = step
  const claiming = parties.includes('claimant') && statusOf(after) !== statusOf(before)
  if (claiming && ownerOf(after) !== actor.agency) {
    return [
      issue(
        'referral-rule',
        'Task.owner',
        `Whoever takes an open referral becomes its owner: set \`Task.owner\` to \`Organization/${actor.agency}\`.`,
      ),
    ]
  }
  if (claiming || sameJson(before.owner, after.owner)) return []
  const { owner } = lifecycle
  const routed =
    [before, after].every((task) => owner.while.includes(statusOf(task))) &&
    owner.by.some((party) => parties.includes(party))
  if (routed) return checkDistinct(step)
  return [
    issue(
      'element-immutable',
      'Task.owner',
      `\`Task.owner\` changes only while the referral is ${oneOf(owner.while)}, by its ${oneOf(owner.by)}, or by whoever accepts an open referral.`,
    ),
  ]
}

export function checkDistinct({ after }: TaskStep): readonly Issue[] {
  const owner = ownerOf(after)
  if (owner === undefined || owner !== requesterOf(after)) return []
  return [
    issue(
      'referral-rule',
      'Task.owner',
      `\`${owner}\` cannot refer to itself: \`Task.owner\` must be another agency, or absent for an open referral.`,
    ),
  ]
}

export function checkElements(step: TaskStep, before: Resource): readonly Issue[] {
  const { after, lifecycle, parties } = step
  const changed = changedElements(before, after)
  const limits = parties.map((party) => lifecycle.only[party])
  const limited = limits.length > 0 && limits.every((limit) => limit !== undefined)
  const beyond = limited ? changed.filter((name) => !limits.flat().includes(name)) : []
  const issues = beyond.map((name) =>
    issue(
      'referral-rule',
      `Task.${name}`,
      `As ${parties.join(' and ')} you change only ${oneOf(limits.flatMap((limit) => limit ?? []))} of a referral, not \`${name}\`.`,
    ),
  )
  return [
    ...issues,
    ...checkReserved(
      step,
      changed.filter((name) => !beyond.includes(name)),
    ),
    ...checkOutputs(step),
  ]
}

export function checkReserved({ lifecycle, parties }: TaskStep, changed: readonly string[]): readonly Issue[] {
  if (parties.length === 0) return []
  return changed
    .filter((name) => lifecycle.reserved[name] && !lifecycle.reserved[name].some((party) => parties.includes(party)))
    .map((name) =>
      issue(
        'referral-rule',
        `Task.${name}`,
        `\`Task.${name}\` is set by the ${oneOf(lifecycle.reserved[name] ?? [])} of a referral, not by its ${parties.join(' or ')}.`,
      ),
    )
}

/** Evidence is the owner's: the others add only the outputs that are theirs, and take none away. */
export function checkOutputs({ before, after, lifecycle, parties }: TaskStep): readonly Issue[] {
  const limits = parties.map((party) => lifecycle.outputs[party])
  if (limits.length === 0 || limits.some((limit) => limit === undefined)) return []
  const allowed = limits.flatMap((limit) => limit ?? [])
  const odd = outputsBeyond(after, before).some(
    (output) => !codesOf(output.type, OUTPUT).some((type) => allowed.includes(type)),
  )
  const lost = before !== undefined && outputsBeyond(before, after).length > 0
  if (!odd && !lost) return []
  return [
    issue(
      'referral-rule',
      'Task.output',
      `As ${parties.join(' and ')} you add only outputs ${oneOf(allowed)} to a referral, and take none away.`,
    ),
  ]
}

/** `lastModified` never goes back. */
export function checkClock({ after }: TaskStep, before: Resource): readonly Issue[] {
  const [was, is] = [textOf(before.lastModified), textOf(after.lastModified)]
  if (was === undefined || is === undefined || !(Date.parse(is) < Date.parse(was))) return []
  return [
    issue(
      'referral-rule',
      'Task.lastModified',
      `\`Task.lastModified\` went back from \`${was}\` to \`${is}\`; set it to the time of this change.`,
    ),
  ]
}
