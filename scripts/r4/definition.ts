/** A FHIR definition as plain JSON, with the properties that the build of the R4 copy reads. */

export type JsonObject = Record<string, unknown>

export type Definition = JsonObject & {
  readonly resourceType: string
  readonly url: string
  readonly name?: string
  readonly kind?: string
  readonly derivation?: string
  readonly abstract?: boolean
}

/**
 * The relevant elements: the differential of a constraint, because its snapshot follows from its base; the snapshot of every
 * other StructureDefinition. https://hl7.org/fhir/R4/profiling.html#snapshot
 */
export const elementsOf = (definition: Definition): readonly JsonObject[] =>
  (definition[viewOf(definition)] as { element: JsonObject[] }).element

export const viewOf = ({ derivation }: Definition): 'differential' | 'snapshot' =>
  derivation === 'constraint' ? 'differential' : 'snapshot'

export const elementId = ({ id, path }: JsonObject): string => String(id ?? path)

/** The existing properties of these names, in the order of the names. */
export function pick<T extends JsonObject>(source: T, names: readonly string[]): T {
  const picked: JsonObject = {}
  for (const name of names) if (source[name] !== undefined) picked[name] = source[name]
  return picked as T
}
