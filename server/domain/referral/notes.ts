/**
 * Whose a note of a referral is: what one party said, only that party changes or takes away.
 * https://hl7.org/fhir/R4/datatypes.html#Annotation
 */
import type { Caller, JsonObject, Resource } from '../../fhir/types.ts'
import { carry } from '../../fhir/decimals.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { idOf, items, sameJson } from '../../fhir/element.ts'
import { issue } from './step.ts'

/** A note is added in its writer's own name; one that is there stays, but for its writer. */
export function checkNotes(before: Resource | undefined, after: Resource, actor: Caller): readonly Issue[] {
  const [old, now] = [items(before?.note), items(after.note)]
  const lost = beyond(old, now).find((note) => writerOf(note) !== actor.agency)
  if (lost) {
    const writer = writerOf(lost)
    const text = `Only ${writer === undefined ? 'its writer, whom it does not name,' : `its writer, \`${writer}\`,`} changes a note of a referral or takes it away; send the notes as they are, and add one of your own.`
    return [issue('referral-rule', 'Task.note', text)]
  }
  return now.flatMap((note, index) => {
    const isOld = old.some((one) => sameJson(one, note))
    if (isOld || note.authorReference === undefined || writerOf(note) === actor.agency) return []
    const text = `A note names its writer: \`authorReference\` must be \`Organization/${actor.agency}\`, or absent.`
    return [issue('referral-rule', `Task.note[${index}].authorReference`, text)]
  })
}

/**
 * The Task with the writer in each note that names none: the one who wrote it before, or the caller. A note that was
 * stored without one stays as it is.
 */
export function withNoteWriters<T extends Resource>(task: T, last: Resource | undefined, actor: Caller): T {
  const { note } = task
  if (!Array.isArray(note)) return task
  const old = items(last?.note)
  const named = note.map((one) => {
    const [given] = items(one)
    if (!given || AUTHORS.some((name) => name in given) || old.some((two) => sameJson(one, two))) return one
    const same = old.find(({ authorReference: _, ...rest }) => sameJson(rest, given))
    return { ...given, authorReference: same?.authorReference ?? { reference: `Organization/${actor.agency}` } }
  })
  return named.every((one, index) => one === note[index]) ? task : carry(task, { ...task, note: named })
}

const AUTHORS = ['authorReference', 'authorString', '_authorString']

const writerOf = (note: JsonObject): string | undefined => idOf(note.authorReference, 'Organization')

/** Of one list, what the other has not. */
const beyond = (list: readonly JsonObject[], other: readonly JsonObject[]): readonly JsonObject[] =>
  list.filter((one) => !other.some((two) => sameJson(one, two)))
