/**
 * Every new reference to a record of the hub must point at one that exists and that the caller may know of, when it is
 * checked and still when it is committed. A record that exists but that the caller may not know of gives the same answer
 * as one that does not exist. Records of one participant refer to no record of another.
 * https://hl7.org/fhir/R4/references.html
 */
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import type { Issue } from '../fhir/outcome.ts'
import { localKey, references, referenceTexts } from '../fhir/reference.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { currentResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import type { Guard } from '../store/store.ts'
import type { PreparedChange } from './change.ts'
import type { PendingState } from './pending-state.ts'
import type { RuleTables } from './rule-tables.ts'

export type ReferenceResult = { readonly issues: readonly Issue[]; readonly guards: readonly Guard[] }

export async function checkReferences(
  { visibility }: Pick<RuleTables, 'visibility'>,
  state: PendingState,
): Promise<ReferenceResult> {
  const checks = state.changes.flatMap(newReferences)
  if (checks.length === 0) return { issues: [], guards: [] }
  const coming = new Map(state.changes.flatMap((one) => (one.after ? [[keyText(one.key), one.after]] : [])))
  const stored = checks.filter((one) => !coming.has(one.name))
  const found = await state.view.readMany(stored.map((one) => one.key))
  const targets = new Map<string, Resource | undefined>(
    stored.map((one, index) => [one.name, currentResource(found[index])]),
  )
  const faults: Fault[] = []
  const guarded = new Map<string, Key>()
  for (const one of checks) {
    const target = targets.get(one.name) ?? coming.get(one.name)
    if (!target) faults.push({ ...one, issue: missing })
    else if (isForeign(visibility, one, target)) faults.push({ ...one, issue: foreign })
    if (!coming.has(one.name) && !isToOwnParticipant(visibility, one)) guarded.set(one.name, one.key)
  }
  return { issues: issuesOf(faults), guards: [...guarded.values()].map((key) => ({ key, expect: 'present' })) }
}

/** Is the target a record of another participant than the record that refers? The participant itself may refer to any. */
function isForeign(visibility: RuleTables['visibility'], { key, from }: ReferenceCheck, target: Resource): boolean {
  if (from.resourceType === 'Patient' || (visibility.participant[key.type] ?? 'self') === 'self') return false
  const [own, of] = [participantOf(visibility, from), participantOf(visibility, target)]
  return own !== undefined && of !== undefined && of !== own
}

/** The participant itself is held by the circle's version, which every commit about it guards (circle.ts). */
const isToOwnParticipant = (visibility: RuleTables['visibility'], { key, from }: ReferenceCheck): boolean =>
  key.type === 'Patient' && key.id === participantOf(visibility, from)

/** What is wrong with a resource that is kept for a later write: a reference to a record that the view does not show. */
export async function unknownReferences(view: View, resource: Resource, at: string): Promise<readonly Issue[]> {
  const checks = newReferences({ after: resource, at })
  const found = await view.readMany(checks.map((one) => one.key))
  const faults = checks.filter((_, index) => !currentResource(found[index]))
  return issuesOf(faults.map((one) => ({ ...one, issue: missing })))
}

/** Guards without those that another makes superfluous: of the same record at the same version, or at any. */
export function withoutWeaker(guards: readonly Guard[]): readonly Guard[] {
  const held = new Set(
    guards.flatMap((one) => ('key' in one && typeof one.expect === 'object' ? [keyText(one.key)] : [])),
  )
  const kept = new Set<string>()
  return guards.filter((one) => {
    if (!('key' in one)) return true
    const name = keyText(one.key)
    if (one.expect === 'present' && held.has(name)) return false
    const whole = `${name} ${JSON.stringify(one.expect)}`
    return !kept.has(whole) && kept.add(whole)
  })
}

/** A reference (`text`) of the record `from`, which is at `at` in the request, to the record `key`, whose text is `name`. */
type ReferenceCheck = {
  readonly text: string
  readonly key: Key
  readonly name: string
  readonly from: Resource
  readonly at: string
}

type Fault = ReferenceCheck & { readonly issue: (key: Key, expression: string) => Issue }

/** An issue for each place where a faulty reference stands, in the order of the document. */
function issuesOf(faults: readonly Fault[]): readonly Issue[] {
  return [...new Set(faults.map(({ from }) => from))].flatMap((from) =>
    references(from).flatMap(({ reference, path }) => {
      const fault = faults.find((one) => one.from === from && one.text === reference)
      return fault ? [fault.issue(fault.key, path.replace(from.resourceType, fault.at))] : []
    }),
  )
}

type Referring = Pick<PreparedChange, 'before' | 'at'> & { readonly after?: Resource | undefined }

/** References that the record did not hold before: the caller may have lost sight of the record behind an old one. */
function newReferences({ before, after, at }: Referring): readonly ReferenceCheck[] {
  if (!after) return []
  const old = before && referenceTexts(before)
  return [...referenceTexts(after)].flatMap((text) => {
    const key = old?.has(text) ? undefined : localKey(text)
    return key ? [{ text, key, name: keyText(key), from: after, at }] : []
  })
}

/** A plan with the goal of somebody else, a referral on the consent of somebody else: two people are mixed up. */
const foreign = (key: Key, expression: string): Issue => ({
  severity: 'error',
  detail: 'reference-foreign',
  text: `\`${keyText(key)}\` is about another participant than the record that refers to it.`,
  expression,
})

/** Is the participant made by this commit, under an id that was never used as far as the caller may know? */
export const isNewParticipant = (participant: string, changes: readonly PreparedChange[]): boolean =>
  changes.some(
    ({ key, stored, after }) =>
      key.type === 'Patient' && key.id === participant && stored === undefined && after !== undefined,
  )

/** What a new record of a participant is answered whom its writer may not know of, also where the reference is old. */
export function unknownParticipant({ after, at }: PreparedChange, participant: string): Issue {
  const key = { type: 'Patient', id: participant }
  const found = after && references(after).find(({ reference }) => isOf(reference, key))
  return missing(key, found && after ? found.path.replace(after.resourceType, at) : at)
}

function isOf(reference: string, { type, id }: Key): boolean {
  const found = localKey(reference)
  return found?.type === type && found.id === id
}

const missing = (key: Key, expression: string): Issue => ({
  severity: 'error',
  detail: 'reference-not-found',
  text: `\`${keyText(key)}\` is no record that you may know of; create it first, or send both in one transaction.`,
  expression,
})
