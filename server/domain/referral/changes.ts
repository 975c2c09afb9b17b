/** What of a referral Task may change at all, and by whom: fixed elements, the owner, reserved elements, outputs, the clock. */
import type { JsonObject, Resource } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { codesOf, items, sameJson, textOf } from '../../fhir/element.ts'
import type { Party } from './lifecycle.ts'
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
    ...checkIdentifiers(step, before),
    ...checkReason(step, before),
  ]
}

/** The reason of a state is whose state it is: while nothing else moves, only the owner words it anew. */
function checkReason({ after, parties }: TaskStep, before: Resource): readonly Issue[] {
  const moved = statusOf(before) !== statusOf(after) || !sameJson(before.businessStatus, after.businessStatus)
  if (moved || sameJson(before.statusReason, after.statusReason) || !parties.includes('requester')) return []
  const text =
    '`Task.statusReason` says why the referral is in its status, which its owner set; leave it as it is, or add a note.'
  return [issue('referral-rule', 'Task.statusReason', text)]
}

const IDENTIFIER_TYPE = 'http://terminology.hl7.org/CodeSystem/v2-0203'

/** The requester's number and the owner's are each their own; any other identifier is that of the requester. */
export function checkIdentifiers(
  { after, lifecycle, parties }: TaskStep,
  before: Resource | undefined,
): readonly Issue[] {
  if (parties.length === 0 || before === undefined) return []
  const [old, now] = [items(before.identifier), items(after.identifier)]
  const moved = [...beyond(old, now), ...beyond(now, old)]
  const keepersOf = (identifier: JsonObject): readonly Party[] => {
    const [code] = codesOf(identifier.type, IDENTIFIER_TYPE).filter((one) => lifecycle.identifiers[one])
    return lifecycle.identifiers[code ?? 'PLAC'] ?? []
  }
  const others = moved.filter((one) => !keepersOf(one).some((party) => parties.includes(party)))
  if (others.length === 0) return []
  const [keepers] = others.map(keepersOf)
  const text = `This identifier of a referral is given and changed by its ${oneOf(keepers ?? [])}; as ${parties.join(' and ')} you leave it as it is.`
  return [issue('referral-rule', 'Task.identifier', text)]
}

/** Of one list, what the other has not. */
const beyond = (list: readonly JsonObject[], other: readonly JsonObject[]): readonly JsonObject[] =>
  list.filter((one) => !other.some((two) => sameJson(one, two)))

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

/** What a party said in an output only that party adds, changes and takes away: evidence is the owner's, an escalation the hub's. */
export function checkOutputs({ before, after, lifecycle, parties }: TaskStep): readonly Issue[] {
  if (parties.length === 0) return []
  const allowed = parties.flatMap((party) => lifecycle.outputs[party] ?? [])
  const isForeign = (output: JsonObject) => !codesOf(output.type, OUTPUT).some((type) => allowed.includes(type))
  const foreign = outputsBeyond(after, before).some(isForeign)
  const lost = before !== undefined && outputsBeyond(before, after).some(isForeign)
  if (!foreign && !lost) return []
  return [
    issue(
      'referral-rule',
      'Task.output',
      `As ${parties.join(' and ')} you add, change and take away only outputs ${oneOf(allowed)} of a referral.`,
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
