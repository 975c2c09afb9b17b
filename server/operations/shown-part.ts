/**
 * `_elements` and `_summary` of the operations that answer records in a searchset, as a search takes them. An operation that
 * answers Parameters, an OperationOutcome or one record that it wrote has no such parameters, and refuses them.
 * https://hl7.org/fhir/R4/http.html#summary
 */
import { subsetOf, type Subset } from '../definitions/subset.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Values } from '../fhir/parameters.ts'
import type { Resource } from '../fhir/types.ts'
import { countOfOne, isCount, readSubset, shownPart } from '../interactions/subset.ts'
import type { Version } from '../store/store.ts'

export type ShownPart = {
  /** The part of a version, or the same version where the whole is shown. */
  version<T extends Version>(version: T): T
  resource(resource: Resource): Resource
  /** The parameters as they were given, for links. */
  readonly params: readonly (readonly [string, string])[]
}

/**
 * What is shown of the records of these types.
 * @param given the parameters of the operation
 * @throws OutcomeError `invalid-parameter`
 */
export function shownPartOf(definitions: Definitions, types: readonly string[], given: Values): ShownPart {
  const params = ['_elements', '_summary'].flatMap((name) =>
    [given[name] ?? []].flat().map((value) => [name, String(value)] as const),
  )
  if (params.some(isCount)) throw countOfOne()
  const part: Subset | undefined = readSubset(definitions, types, params)
  return {
    version: (version) => shownPart(version, part, definitions),
    resource: (resource) => (part ? subsetOf(resource, part, definitions) : resource),
    params,
  }
}
