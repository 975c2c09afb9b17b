/** The definition of an operation of the hub's own, and the parameters that it takes. */
import { ROOT } from '../fhir/canonical.ts'
import { declaredIn, type Declared } from '../fhir/parameters.ts'
import type { Definitions } from '../definitions/definitions.ts'

/** Errors: an Error when capability/operations does not define it: the server must not start without. */
export function operationDefinition(
  definitions: Definitions,
  name: string,
): { readonly name: string; readonly definition: string; readonly takes: readonly Declared[] } {
  const definition = `${ROOT}/OperationDefinition/${name}`
  const found = definitions.find(definition)
  if (!found) throw new Error(`capability/operations has no OperationDefinition for \`$${name}\`.`)
  return { name, definition, takes: declaredIn(found) }
}
