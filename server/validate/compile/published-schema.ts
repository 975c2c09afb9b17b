/**
 * A profile as one JSON Schema (draft-07) for any validator: the compiled schema with standard equivalents of the hub's
 * keywords, and every type that it needs under `$defs`. What has no equivalent (invariants in FHIRPath, most terminology)
 * stays in keywords that start with `fhir`, which other validators ignore.
 */
import type { Json } from '../../fhir/types.ts'
import type { Structures } from '../../definitions/structures/structure-definition.ts'
import { PRIMITIVE_TYPES } from '../primitive-types.ts'
import type { Terminology } from '../../terminology/terminology.ts'
import { compileProfile, compileType } from './structure-definition.ts'
import type { Choice, Schema, CompiledSlicing } from './schema.ts'

type PlainSchema = { [keyword: string]: unknown }

type SchemaSources = { readonly structures: Structures; readonly terminology: Pick<Terminology, 'list'> }

/** Value sets up to this size are written as `enum`. */
const MAX_CODES = 80

export function publishedSchema(url: string, { structures, terminology }: SchemaSources): PlainSchema {
  const definition = structures.find(url)
  if (!definition) throw new Error(`There is no profile \`${url}\` to publish.`)
  const needed = new Set<string>([definition.type])
  const overlay = plainSchema(compileProfile(url, structures), terminology, needed)
  const defs: PlainSchema = {}
  // The set grows during the walk: a type needs further types.
  for (const name of needed) defs[name] = plainSchema(compileType(name, structures), terminology, needed)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `${url}.schema.json`,
    title: definition.title,
    description: definition.description,
    allOf: [{ $ref: pointer(definition.type) }, overlay],
    $defs: Object.fromEntries(Object.entries(defs).sort(([one], [other]) => (one < other ? -1 : 1))),
  }
}

/** A `_name` list has null where an item has no extension. */
const typed = (name: string, type: Schema['type']): PlainSchema =>
  Array.isArray(type) && type.includes('null')
    ? { anyOf: [{ type: 'null' }, { $ref: pointer(name) }] }
    : { $ref: pointer(name) }

const pointer = (name: string): string => `#/$defs/${name}`

function plainSchema(schema: Schema, terminology: SchemaSources['terminology'], needed: Set<string>): PlainSchema {
  const inner = (one: Schema): PlainSchema => plainSchema(one, terminology, needed)
  // The rules of the specification in words have no equivalent.
  const { fhirRules: _, fhirElementId: __, ...published } = schema
  const { fhirType, fhirResource, fhirRequired, fhirChoice, fhirSlices, properties, items, ...rest } = published
  if (fhirType) needed.add(fhirType)
  const all: PlainSchema[] = [
    ...(fhirType ? [typed(fhirType, schema.type)] : []),
    ...(fhirRequired ?? []).filter((names) => names.length > 1).map(requireOneOf),
    ...(fhirChoice ?? []).flatMap(choiceSchemas),
    ...(fhirSlices ? requiredSlices(fhirSlices) : []),
    ...(schema.fhirPattern === undefined ? [] : [patternSchema(schema.fhirPattern)]),
  ]
  const required = [
    ...(fhirRequired ?? []).filter((names) => names.length === 1).flat(),
    ...(fhirResource ? ['resourceType'] : []),
  ]
  return {
    ...rest,
    ...valueKeywords(schema, terminology),
    ...(required.length > 0 ? { required } : {}),
    ...(fhirRequired ? { fhirRequired } : {}),
    ...(fhirChoice ? { fhirChoice, ...refusedChoices(fhirChoice) } : {}),
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one && inner(one)])) }
      : {}),
    ...(items ? { items: inner(items) } : {}),
    ...(all.length > 0 ? { allOf: all } : {}),
    ...(fhirSlices ? { fhirSlices } : {}),
    ...(fhirResource ? { fhirResource } : {}),
  }
}

function valueKeywords(schema: Schema, terminology: SchemaSources['terminology']): PlainSchema {
  const { fhirFormat, fhirFixed, fhirReference, fhirElement } = schema
  const pattern = fhirFormat ? PRIMITIVE_TYPES[fhirFormat]?.pattern : undefined
  const codes = enumOf(schema, terminology)
  return {
    ...(pattern ? { pattern } : {}),
    ...(fhirFixed === undefined ? {} : { const: fhirFixed }),
    ...(codes ? { enum: codes } : {}),
    ...(fhirReference
      ? { properties: { reference: { pattern: `^(#|urn:|https?://|(${fhirReference.join('|')})[/?])` } } }
      : {}),
    ...(fhirElement ? { minProperties: 1 } : {}),
  }
}

// Only for a code without system; the narrowest binding is the last.
function enumOf({ fhirBinding }: Schema, terminology: SchemaSources['terminology']): readonly string[] | undefined {
  const required = fhirBinding?.filter((one) => one.strength === 'required' && one.bare).at(-1)
  return required && terminology.list(required.valueSet, MAX_CODES)
}

const requireOneOf = (names: readonly string[]): PlainSchema => ({ anyOf: names.map((name) => ({ required: [name] })) })

/** At least one name where the choice is required, and at most one: `dependencies` apply only to the one that is present. */
function choiceSchemas({ element, of, min }: Choice): PlainSchema[] {
  const alone = (name: string): PlainSchema => ({ propertyNames: { pattern: `^(?!_?${element}[A-Z])|^_?${name}$` } })
  const some = min > 0 && of.length > 0 ? [requireOneOf(of.flatMap((name) => [name, `_${name}`]))] : []
  return [
    ...some,
    ...(of.length > 1 ? [{ dependencies: Object.fromEntries(of.map((name) => [name, alone(name)])) }] : []),
  ]
}

/** A profile that excludes types refuses every other property that starts with the name. */
function refusedChoices(choices: readonly Choice[]): PlainSchema {
  const narrowed = choices.filter((one) => one.only)
  if (narrowed.length === 0) return {}
  const patterns = narrowed.map(({ element, of }) => {
    const kept = of.map((name) => name.slice(element.length)).join('|')
    return `^_?${element}${kept ? `(?!(${kept})$)` : ''}[A-Z]`
  })
  return { patternProperties: Object.fromEntries(patterns.map((pattern) => [pattern, false])) }
}

/** Required slices with a discriminator path of element names only. */
function requiredSlices({ slices }: CompiledSlicing): PlainSchema[] {
  return slices
    .filter(
      (slice) =>
        slice.min > 0 &&
        slice.match?.every((one) => /^[\w.]+$/.test(one.path) && (one.fixed ?? one.pattern) !== undefined),
    )
    .map((slice) => ({
      contains: {
        allOf: (slice.match ?? []).map((one) =>
          atPath(
            one.path.split('.'),
            one.fixed === undefined ? patternSchema(one.pattern ?? null) : { const: one.fixed },
          ),
        ),
      },
    }))
}

// An element of the path may be a list: then one item must match.
function atPath([step, ...rest]: readonly string[], schema: PlainSchema): PlainSchema {
  if (step === undefined) return schema
  const inner = atPath(rest, schema)
  return {
    type: 'object',
    required: [step],
    properties: { [step]: { anyOf: [inner, { type: 'array', contains: inner }] } },
  }
}

/** `pattern[x]` in standard keywords. */
function patternSchema(pattern: Json): PlainSchema {
  if (Array.isArray(pattern)) return { allOf: pattern.map((one: Json) => ({ contains: patternSchema(one) })) }
  if (typeof pattern !== 'object' || pattern === null) return { const: pattern }
  const entries = Object.entries(pattern)
  return {
    required: entries.map(([name]) => name),
    properties: Object.fromEntries(entries.map(([name, value]) => [name, patternSchema(value as Json)])),
  }
}
