/**
 * Who wrote which output of a referral: it does not say so, the history of the Task does. After a referral
 * was routed to another agency its new owner finds there what the former one stated, and neither changes it nor counts it
 * as its own.
 */
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { codesOf, idOf, items, sameJson, textOf } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { attemptsOf, closingOf, isEnough } from './evidence.ts'
import type { Lifecycle } from './lifecycle.ts'
import { issue } from './step.ts'
import { businessStatusOf, OUTPUT, outputsBeyond, ownerOf, statusOf } from './task.ts'

/** A version of a Task, and the agency that wrote it. Oldest first. */
export type WrittenTask = { readonly resource: Resource; readonly author: string }

/** The outcome is the state of the referral, which the rules of closing and correcting it govern. */
const isStatement = (output: JsonObject): boolean => !codesOf(output.type, OUTPUT).includes('outcome')

/** The outputs that a write takes away or changes. */
export const lostStatements = (before: Resource, after: Resource): readonly JsonObject[] =>
  outputsBeyond(before, after).filter(isStatement)

const writerOf = (output: JsonObject, history: readonly WrittenTask[]): string | undefined =>
  history.find(({ resource }) => items(resource.output).some((one) => sameJson(one, output)))?.author

/** Issues for each output that a write takes from another than its writer; `history` is that of the stored Task. */
export const checkStatements = (
  before: Resource,
  after: Resource,
  { history, agency }: { readonly history: readonly WrittenTask[]; readonly agency: string },
): readonly Issue[] =>
  lostStatements(before, after).flatMap((lost) => {
    const writer = writerOf(lost, history)
    if (writer === undefined || writer === agency) return []
    const text = `An output of this referral was written by \`${writer}\`, who alone changes it or takes it away; send it as it is.`
    return [issue('referral-rule', 'Task.output', text)]
  })

/** Issues for what a write adds in the name of another: an annotation names its writer. */
export const checkSigned = (before: Resource | undefined, after: Resource, agency: string): readonly Issue[] => {
  const earlier = items(before?.output)
  return items(after.output).flatMap((output, index) => {
    if (earlier.some((one) => sameJson(one, output))) return []
    const [annotation] = items(output.valueAnnotation)
    const author = idOf(annotation?.authorReference, 'Organization')
    if (author === undefined || author === agency) return []
    const text = `The annotation is of \`Organization/${author}\`; you write in the name of \`Organization/${agency}\` alone.`
    return [issue('referral-rule', `Task.output[${index}].valueAnnotation.authorReference`, text)]
  })
}

/** Does a write close the referral by attempts to reach the participant? Then they must be its owner's own. */
export const closesByAttempts = (before: Resource, after: Resource, lifecycle: Lifecycle): boolean =>
  (statusOf(before) !== statusOf(after) || businessStatusOf(before) !== businessStatusOf(after)) &&
  businessStatusOf(before) !== 'event-missed' &&
  closingOf(lifecycle, statusOf(after), businessStatusOf(after))?.needs.includes('contact-attempts') === true

/** A clock may be so much ahead (ms). */
const SKEW = 5 * 60_000

/**
 * An issue where the attempts of the present owner alone are too few. One that is dated later than now (ms) is none.
 */
export function checkOwnAttempts(
  after: Resource,
  {
    history,
    lifecycle,
    now,
  }: { readonly history: readonly WrittenTask[]; readonly lifecycle: Lifecycle; readonly now: number },
): readonly Issue[] {
  const owner = ownerOf(after)
  const output = items(after.output).filter((one) => {
    const at = Date.parse(textOf(one.valueDateTime) ?? '')
    return at <= now + SKEW && [undefined, owner].includes(writerOf(one, history))
  })
  const isEnoughIn = (of: readonly JsonObject[]): boolean =>
    isEnough(attemptsOf({ ...after, output: of }, lifecycle), lifecycle.contactAttempts)
  // Where all of them together are too few, the lifecycle says so.
  if (isEnoughIn(output) || !isEnoughIn(items(after.output))) return []
  const text =
    'Too few contact attempts count: those of an agency to which the referral was sent before, and those dated in the future, do not.'
  return [issue('referral-rule', 'Task.output', text)]
}
