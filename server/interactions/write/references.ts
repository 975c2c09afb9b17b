/**
 * Every reference to a record of the hub must point at one that the caller may know of. A record that exists but is
 * not the caller's to know gives the same answer as one that does not exist.
 * https://hl7.org/fhir/R4/references.html
 */
import { keyText, type Key } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { parseReference, references } from '../../fhir/reference.ts'
import type { Store } from '../../store/store.ts'
import type { Changed, Scene } from './change.ts'

export async function checkReferences(store: Store, scene: Scene): Promise<readonly Issue[]> {
  const asked = scene.changes.flatMap(newReferences)
  const coming = new Set(scene.changes.filter((one) => one.after).map((one) => keyText(one.key)))
  const open = asked.filter((one) => !coming.has(keyText(one.key)))
  const found = await store.readMany(
    open.map((one) => one.key),
    scene.sight,
  )
  return open.filter((_, index) => !found[index] || found[index].text === '').map(missing)
}

type Asked = { readonly key: Key; readonly expression: string }

/** References that the record did not hold before: an old one may have gone out of the caller's sight. */
function newReferences({ before, after, at }: Changed): readonly Asked[] {
  if (!after) return []
  const old = new Set(before ? references(before).map((one) => one.reference) : [])
  return references(after)
    .filter((one) => !old.has(one.reference))
    .flatMap((one) => {
      const local = parseReference(one.reference)
      const expression = one.path.replace(after.resourceType, at)
      return local?.kind === 'local' ? [{ key: { type: local.type, id: local.id }, expression }] : []
    })
}

const missing = ({ key, expression }: Asked): Issue => ({
  severity: 'error',
  code: 'reference-not-found',
  text: `\`${keyText(key)}\` is no record that you may know of; create it first, or send both in one transaction.`,
  expression,
})
