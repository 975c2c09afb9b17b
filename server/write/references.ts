/**
 * Every reference to a record of the hub must point at one that the caller may know of. A record that exists but is
 * not the caller's to know gives the same answer as one that does not exist. Records of one participant refer to no
 * record of another.
 * https://hl7.org/fhir/R4/references.html
 */
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import type { Issue } from '../fhir/outcome.ts'
import { parseReference, references } from '../fhir/reference.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { currentResource } from '../records/resource.ts'
import type { PreparedChange } from './change.ts'
import type { PendingState } from './pending-state.ts'
import type { RuleTables } from './rule-tables.ts'

export async function checkReferences(
  { visibility }: Pick<RuleTables, 'visibility'>,
  scene: PendingState,
): Promise<readonly Issue[]> {
  const asked = scene.changes.flatMap(newReferences)
  const coming = new Map(scene.changes.flatMap((one) => (one.after ? [[keyText(one.key), one.after]] : [])))
  const open = asked.filter((one) => !coming.has(keyText(one.key)))
  const found = await scene.view.readMany(open.map((one) => one.key))
  const stored = new Map(open.map((one, index) => [one, found[index]]))
  return asked.flatMap((one) => {
    const version = stored.get(one)
    if (stored.has(one) && (!version || version.text === '')) return [missing(one)]
    const own = one.of && participantOf(visibility, one.of)
    if (own === undefined || (visibility.participant[one.key.type] ?? 'self') === 'self') return []
    const target = coming.get(keyText(one.key)) ?? currentResource(version)
    const of = target && participantOf(visibility, target)
    return of === undefined || of === own ? [] : [foreign(one)]
  })
}

/** `of`: the record that refers, where it is one of a participant and not the participant itself. */
type ReferenceCheck = { readonly key: Key; readonly expression: string; readonly of?: Resource }

/** References that the record did not hold before: an old one may have gone out of the caller's sight. */
function newReferences({ key, before, after, at }: PreparedChange): readonly ReferenceCheck[] {
  if (!after) return []
  const old = new Set(before ? references(before).map((one) => one.reference) : [])
  return references(after)
    .filter((one) => !old.has(one.reference))
    .flatMap((one) => {
      const local = parseReference(one.reference)
      const expression = one.path.replace(after.resourceType, at)
      const of = key.type === 'Patient' ? {} : { of: after }
      return local?.kind === 'local' ? [{ key: { type: local.type, id: local.id }, expression, ...of }] : []
    })
}

/** A plan with the goal of somebody else, a referral on the consent of somebody else: two people are mixed up. */
const foreign = ({ key, expression }: ReferenceCheck): Issue => ({
  severity: 'error',
  detail: 'reference-foreign',
  text: `\`${keyText(key)}\` is about another participant than the record that refers to it.`,
  expression,
})

const missing = ({ key, expression }: ReferenceCheck): Issue => ({
  severity: 'error',
  detail: 'reference-not-found',
  text: `\`${keyText(key)}\` is no record that you may know of; create it first, or send both in one transaction.`,
  expression,
})
