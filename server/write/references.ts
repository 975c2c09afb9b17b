/**
 * Every new reference to a record of the hub must point at one that exists and that the caller may know of, when it is
 * checked and still when it is committed. A record that exists but that the caller may not know of gives the same answer
 * as one that does not exist. Records of one participant refer to no record of another.
 * https://hl7.org/fhir/R4/references.html
 */
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import type { Issue } from '../fhir/outcome.ts'
import { parseReference, references } from '../fhir/reference.ts'
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
  const coming = new Map(state.changes.flatMap((one) => (one.after ? [[keyText(one.key), one.after]] : [])))
  const stored = checks.filter((one) => !coming.has(keyText(one.key)))
  const found = await state.view.readMany(stored.map((one) => one.key))
  const targets = new Map<ReferenceCheck, Resource | undefined>(
    stored.map((one, index) => [one, currentResource(found[index])]),
  )
  const issues = checks.flatMap((one) => {
    const target = targets.get(one) ?? coming.get(keyText(one.key))
    if (!target) return [missing(one)]
    const own = one.of && participantOf(visibility, one.of)
    if (own === undefined || (visibility.participant[one.key.type] ?? 'self') === 'self') return []
    const of = participantOf(visibility, target)
    return of === undefined || of === own ? [] : [foreign(one)]
  })
  // The participant itself is held by the circle's version, which every commit about it guards (circle.ts).
  const guarded = stored.filter(({ key, from }) => keyText(key) !== `Patient/${participantOf(visibility, from) ?? ''}`)
  const keys = new Map(guarded.map(({ key }) => [keyText(key), key]))
  return { issues, guards: [...keys.values()].map((key) => ({ key, expect: 'present' })) }
}

/** What is wrong with a resource that is kept for a later write: a reference to a record that the view does not show. */
export async function unknownReferences(view: View, resource: Resource, at: string): Promise<readonly Issue[]> {
  const checks = newReferences({ key: { type: resource.resourceType, id: '' }, after: resource, at })
  const found = await view.readMany(checks.map((one) => one.key))
  return checks.filter((_, index) => !currentResource(found[index])).map(missing)
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

/** `of`: the record that refers, where it is one of a participant and not the participant itself. */
type ReferenceCheck = {
  readonly key: Key
  readonly expression: string
  readonly from: Resource
  readonly of?: Resource
}

type Referring = Pick<PreparedChange, 'key' | 'before' | 'at'> & { readonly after?: Resource | undefined }

/** References that the record did not hold before: the caller may have lost sight of the record behind an old one. */
function newReferences({ key, before, after, at }: Referring): readonly ReferenceCheck[] {
  if (!after) return []
  const old = new Set(before ? references(before).map((one) => one.reference) : [])
  return references(after)
    .filter((one) => !old.has(one.reference))
    .flatMap((one) => {
      const local = parseReference(one.reference)
      const expression = one.path.replace(after.resourceType, at)
      const of = key.type === 'Patient' ? {} : { of: after }
      return local?.kind === 'local'
        ? [{ key: { type: local.type, id: local.id }, expression, from: after, ...of }]
        : []
    })
}

/** A plan with the goal of somebody else, a referral on the consent of somebody else: two people are mixed up. */
const foreign = ({ key, expression }: ReferenceCheck): Issue => ({
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
  return missing({ key, expression: found && after ? found.path.replace(after.resourceType, at) : at })
}

function isOf(reference: string, { type, id }: Key): boolean {
  const found = parseReference(reference)
  return found?.kind === 'local' && found.type === type && found.id === id
}

const missing = ({ key, expression }: Pick<ReferenceCheck, 'key' | 'expression'>): Issue => ({
  severity: 'error',
  detail: 'reference-not-found',
  text: `\`${keyText(key)}\` is no record that you may know of; create it first, or send both in one transaction.`,
  expression,
})
