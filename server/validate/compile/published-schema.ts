/**
 * A profile as one JSON Schema for other people's validators (draft-07): the compiled schema with plain equivalents of
 * the hub's keywords beside them, and every type that it needs under `$defs`. What has no plain equivalent (rules in
 * FHIRPath, most terminology) stays in keywords that start with `fhir`, which a plain validator ignores.
 */
import type { Json } from '../../fhir/types.ts'
import type { Structures } from '../../definitions/structures/structures.ts'
import { PRIMITIVE_TYPES } from '../primitive-types.ts'
import type { Terminology } from '../../terminology/terminology.ts'
import { compileProfile, compileType } from './structure-definition.ts'
import type { Choice, Schema, CompiledSlicing } from './schema.ts'

type PlainSchema = { [keyword: string]: unknown }

type SchemaSources = { readonly structures: Structures; readonly terminology: Pick<Terminology, 'list'> }

/** A code list is written out up to this length. */
const MAX_CODES = 80

export function publishedSchema(url: string, { structures, terminology }: SchemaSources): PlainSchema {
  const definition = structures.find(url)
  if (!definition) throw new Error(`There is no profile \`${url}\` to publish.`)
  const needed = new Set<string>([definition.type])
  const overlay = plainSchema(compileProfile(url, structures), terminology, needed)
  const defs: PlainSchema = {}
  // Grows while it is walked: a type needs further types.
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

/** A list of siblings holds null where there is nothing to say. */
const typed = (name: string, type: Schema['type']): PlainSchema =>
  Array.isArray(type) && type.includes('null')
    ? { anyOf: [{ type: 'null' }, { $ref: pointer(name) }] }
    : { $ref: pointer(name) }

const pointer = (name: string): string => `#/$defs/${name}`

function plainSchema(schema: Schema, terminology: SchemaSources['terminology'], needed: Set<string>): PlainSchema {
  const inner = (one: Schema): PlainSchema => plainSchema(one, terminology, needed)
  // Rules in words say nothing to another validator.
  const { fhirRules: _, fhirElementId: __, ...said } = schema
  const { fhirType, fhirResource, fhirRequired, fhirChoice, fhirSlices, properties, items, ...rest } = said
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

// Only where the value is a bare code; the narrowest list is the last.
function enumOf({ fhirBinding }: Schema, terminology: SchemaSources['terminology']): readonly string[] | undefined {
  const required = fhirBinding?.filter((one) => one.strength === 'required' && one.bare).at(-1)
  return required && terminology.list(required.valueSet, MAX_CODES)
}

const requireOneOf = (names: readonly string[]): PlainSchema => ({ anyOf: names.map((name) => ({ required: [name] })) })

/** At least one where one is required; and beside one no other. `dependencies` costs nothing for those not given. */
function choiceSchemas({ element, of, min }: Choice): PlainSchema[] {
  const alone = (name: string): PlainSchema => ({ propertyNames: { pattern: `^(?!_?${element}[A-Z])|^_?${name}$` } })
  const some = min > 0 && of.length > 0 ? [requireOneOf(of.flatMap((name) => [name, `_${name}`]))] : []
  return [
    ...some,
    ...(of.length > 1 ? [{ dependencies: Object.fromEntries(of.map((name) => [name, alone(name)])) }] : []),
  ]
}

/** A profile that leaves types out refuses whatever else starts with the name. */
function refusedChoices(choices: readonly Choice[]): PlainSchema {
  const narrowed = choices.filter((one) => one.only)
  if (narrowed.length === 0) return {}
  const patterns = narrowed.map(({ element, of }) => {
    const kept = of.map((name) => name.slice(element.length)).join('|')
    return `^_?${element}${kept ? `(?!(${kept})$)` : ''}[A-Z]`
  })
  return { patternProperties: Object.fromEntries(patterns.map((pattern) => [pattern, false])) }
}

/** The slices that must be there, where a plain path tells them. */
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

// A step may lead through a list: then some item of it.
function atPath([step, ...rest]: readonly string[], schema: PlainSchema): PlainSchema {
  if (step === undefined) return schema
  const inner = atPath(rest, schema)
  return {
    type: 'object',
    required: [step],
    properties: { [step]: { anyOf: [inner, { type: 'array', contains: inner }] } },
  }
}

/** What `pattern[x]` demands, in plain words. */
function patternSchema(pattern: Json): PlainSchema {
  if (Array.isArray(pattern)) return { allOf: pattern.map((one: Json) => ({ contains: patternSchema(one) })) }
  if (typeof pattern !== 'object' || pattern === null) return { const: pattern }
  const entries = Object.entries(pattern)
  return {
    required: entries.map(([name]) => name),
    properties: Object.fromEntries(entries.map(([name, value]) => [name, patternSchema(value as Json)])),
  }
}
