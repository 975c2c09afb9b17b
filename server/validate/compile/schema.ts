/**
 * A compiled schema: JSON Schema (2020-12) with the hub's keywords. Another validator ignores the keywords that start
 * with `fhir`; publish.ts adds plain equivalents of those that have one.
 */
import type { Json } from '../../fhir/types.ts'

export type Choice = {
  /** `value` of `value[x]`. */
  readonly element: string
  /** The JSON names still allowed: `valueString`, `valueQuantity`. */
  readonly of: readonly string[]
  readonly min: number
  /** A profile that leaves other types of the base out: whatever else starts with `value` is refused. */
  readonly only?: true
}

export type Invariant = {
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly human: string
  readonly expression: string
  /** Where the expression starts, as the FHIRPath engine names it: `Patient.contact`, `HumanName`. */
  readonly base: string
}

export type ValueSetBinding = {
  readonly valueSet: string
  readonly strength: 'required' | 'extensible'
  /** The most that a weaker binding allows; where it cannot be checked nothing is said. */
  readonly most?: true
  /** The value is a code alone, without its system. */
  readonly bare?: true
}

/** What must be true at `path` (below an item) for the item to belong to a slice; all of them together. */
export type DiscriminatorMatch = {
  readonly path: string
  readonly fixed?: Json
  readonly pattern?: Json
  readonly valueSet?: string
  readonly exists?: boolean
  readonly types?: readonly string[]
  readonly profiles?: readonly string[]
}

export type CompiledSlice = {
  readonly name: string
  readonly min: number
  readonly max: number | '*'
  /** Undefined when the discriminator cannot be told from the definition, and for the default slice. */
  readonly match?: readonly DiscriminatorMatch[]
  /** It takes what no other slice takes. */
  readonly isDefault?: true
  readonly schema?: Schema
  /** How the items of the slice are sliced again. */
  readonly slicing?: CompiledSlicing
}

export type CompiledSlicing = {
  readonly rules: 'open' | 'closed' | 'openAtEnd'
  readonly ordered: boolean
  readonly slices: readonly CompiledSlice[]
}

export type Schema = {
  type?: string | readonly string[]
  properties?: Record<string, Schema | false>
  additionalProperties?: false
  items?: Schema
  minProperties?: number
  minItems?: number
  maxItems?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  const?: string
  /** The named shape that the value has: `HumanName`, `Patient.contact`. Published as a `$ref`. */
  fhirType?: string
  /** Any resource, by its own `resourceType`. */
  fhirResource?: true
  fhirFormat?: string
  /** The id of an element: once in a resource. */
  fhirElementId?: true
  /** Names of which one must be there; a primitive may be there as `_name` alone. */
  fhirRequired?: readonly (readonly string[])[]
  fhirChoice?: readonly Choice[]
  /** Names of repeating primitives, whose `_name` runs beside them. */
  fhirLists?: readonly string[]
  /** Names of codes of a required value set: `_name` alone does not do. */
  fhirCoded?: readonly string[]
  /** What a profile says of the id and extensions of primitives, by their names. */
  fhirSiblings?: Readonly<Record<string, Schema>>
  /** A complex element: it has more than an id. */
  fhirElement?: true
  fhirFixed?: Json
  fhirPattern?: Json
  fhirMin?: Json
  fhirMax?: Json
  fhirBinding?: readonly ValueSetBinding[]
  /** On the type Coding itself: the code is one of its system. */
  fhirCoding?: true
  fhirReference?: readonly string[]
  /** The profiles of which a target that is at hand meets one. */
  fhirTarget?: readonly string[]
  fhirAggregation?: readonly ('contained' | 'referenced' | 'bundled')[]
  fhirProfile?: readonly (readonly string[])[]
  /** On a profile itself: the profiles that whatever meets it must meet, too. */
  fhirImposed?: readonly string[]
  fhirSlices?: CompiledSlicing
  /** On a list of extensions: the element that holds it, as extension contexts name it. */
  fhirExtensions?: string
  fhirInvariants?: readonly Invariant[]
  /** The shape whose rules in words apply: see ../rules. */
  fhirRules?: string
}

/** Both together: properties meet property by property, lists of rules are joined, for the rest the second wins. */
export function merge(one: Schema, other: Schema): Schema {
  const made: Record<string, unknown> = { ...one }
  for (const [key, value] of Object.entries(other)) {
    const before = made[key]
    if (before === undefined) made[key] = value
    else if (key === 'fhirSiblings') made[key] = { ...(before as object), ...(value as object) }
    else if (key === 'properties') made[key] = mergeProperties(before as SchemaProperties, value as SchemaProperties)
    else if (key === 'items') made[key] = merge(before as Schema, value as Schema)
    else if (Array.isArray(before) && JOINED_KEYWORDS.has(key)) made[key] = [...before, ...(value as unknown[])]
    else made[key] = value
  }
  return made as Schema
}

export const mergeAll = (schemas: readonly (Schema | undefined)[]): Schema =>
  schemas.reduce<Schema>((all, one) => (one ? merge(all, one) : all), {})

export const isEmpty = (schema: Schema): boolean => Object.keys(schema).length === 0

type SchemaProperties = Record<string, Schema | false>

const JOINED_KEYWORDS = new Set([
  'fhirRequired',
  'fhirChoice',
  'fhirLists',
  'fhirCoded',
  'fhirBinding',
  'fhirProfile',
  'fhirInvariants',
])

function mergeProperties(one: SchemaProperties, other: SchemaProperties): SchemaProperties {
  const made = { ...one }
  for (const [name, schema] of Object.entries(other)) {
    const before = made[name]
    made[name] = schema === false || before === false ? false : merge(before ?? {}, schema)
  }
  return made
}
