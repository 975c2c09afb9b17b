/**
 * A compiled schema: JSON Schema (2020-12) with the hub's keywords. Another validator ignores the keywords that start
 * with `fhir`; published-schema.ts adds standard equivalents. A keyword that quick/ does not implement compiles to NEVER there:
 * it is checked by ajv only, until quick/keywords.ts or quick/create-test-compiler.ts has it.
 */
import type { Json } from '../../fhir/types.ts'

export type Choice = {
  /** `value` of `value[x]`. */
  readonly element: string
  /** The allowed JSON names: `valueString`, `valueQuantity`. */
  readonly of: readonly string[]
  readonly min: number
  /** A profile that excludes types of the base: every other property that starts with `value` is refused. */
  readonly only?: true
}

export type Invariant = {
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly human: string
  readonly expression: string
  /** The type or path on which the expression is evaluated: `Patient.contact`, `HumanName`. */
  readonly base: string
}

export type ValueSetBinding = {
  readonly valueSet: string
  readonly strength: 'required' | 'extensible'
  /** The maxValueSet of a weaker binding: a code that cannot be checked is not reported. */
  readonly most?: true
  /** The value is of type `code`, without a system. */
  readonly bare?: true
}

/** A condition at the discriminator path of an item. An item belongs to a slice that has all its conditions met. */
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
  /** Undefined for the default slice, and when the definition of the slice has no value for a discriminator. */
  readonly match?: readonly DiscriminatorMatch[]
  /** The default slice: items that belong to no other slice. */
  readonly isDefault?: true
  readonly schema?: Schema
  /** Reslicing. */
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
  /** The type or backbone element of the value: `HumanName`, `Patient.contact`. Published as a `$ref`. */
  fhirType?: string
  /** Any resource: checked by its own `resourceType`. */
  fhirResource?: true
  fhirFormat?: string
  /** The id of an element: unique in the resource. */
  fhirElementId?: true
  /** Lists of names of which one must be present; for a primitive, `_name` is enough. */
  fhirRequired?: readonly (readonly string[])[]
  fhirChoice?: readonly Choice[]
  /** Names of repeating primitives, whose `_name` is a list of the same length. */
  fhirLists?: readonly string[]
  /** Names of codes with a required binding: `_name` alone is not enough. */
  fhirCoded?: readonly string[]
  /** The schemas of a profile for the id and extensions of primitives, by name. */
  fhirSiblings?: Readonly<Record<string, Schema>>
  /** A complex element: it has more than an id (ele-1). */
  fhirElement?: true
  fhirFixed?: Json
  fhirPattern?: Json
  fhirMin?: Json
  fhirMax?: Json
  fhirBinding?: readonly ValueSetBinding[]
  /** On the type Coding: the code is in its code system. */
  fhirCoding?: true
  fhirReference?: readonly string[]
  /** The target, if it is contained or in the Bundle, must meet one of these profiles. */
  fhirTarget?: readonly string[]
  fhirAggregation?: readonly ('contained' | 'referenced' | 'bundled')[]
  fhirProfile?: readonly (readonly string[])[]
  /** On a profile: the profiles that it imposes (imposeProfile). */
  fhirImposed?: readonly string[]
  fhirSlices?: CompiledSlicing
  /** On a list of extensions: the element that holds it, named as in extension contexts. */
  fhirExtensions?: string
  fhirInvariants?: readonly Invariant[]
  /** The type whose rules in words apply: see ../rules. */
  fhirRules?: string
}

/** Merges two schemas: properties one by one, lists of rules by concatenation, other keywords from the second one. */
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
