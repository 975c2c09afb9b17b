/** Keywords about the properties of an object: required ones, choices, `_name` of primitives. https://hl7.org/fhir/R4/json.html */
import type { JsonObject } from '../../fhir/types.ts'
import type { Choice, Schema } from '../compile/schema.ts'
import { runSchema, type Violation } from '../violation.ts'
import { keyword } from './keyword.ts'

/** `fhirRequired`: one name of each list is present. */
export const fhirRequired = keyword<readonly (readonly string[])[]>(
  'fhirRequired',
  ['object'],
  (required) => (_context, data: JsonObject) => {
    let found: Violation[] | undefined
    for (const names of required) {
      if (names.some((name) => data[name] !== undefined)) continue
      found ??= []
      found.push({ detail: 'element-missing', below: `/${names[0]}`, text: '{at} is missing. It is required here.' })
    }
    return found
  },
)

/** `fhirChoice`: at most one type of a choice, an allowed one; at least one where the choice is required. */
export const fhirChoice = keyword<readonly Choice[]>('fhirChoice', ['object'], (choices) => {
  const prepared = choices.map((choice) => ({ ...choice, names: choice.of.flatMap((name) => [name, `_${name}`]) }))
  return (_context, data: JsonObject) => {
    let found: Violation[] | undefined
    for (const choice of prepared) {
      const violation = choiceViolation(choice, data)
      if (violation) (found ??= []).push(violation)
    }
    return found
  }
})

// One pass over the object's own keys: a choice may have fifty names, an object has few.
function choiceViolation(choice: Choice & { names: readonly string[] }, data: JsonObject): Violation | undefined {
  const { element, of } = choice
  let given: string | undefined
  for (const key in data) {
    const name = key.charCodeAt(0) === 95 ? key.slice(1) : key
    if (!name.startsWith(element) || name === given || data[key] === undefined) continue
    if (!of.includes(name)) {
      if (choice.only && isUpper(name, element.length)) return typeRefusal(choice, name)
      continue
    }
    if (given)
      return {
        detail: 'choice-multiple',
        below: `/${element}`,
        text: `{at} has more than one type: \`${given}\` and \`${name}\`. Give one of them.`,
      }
    given = name
  }
  if (given || choice.min === 0) return undefined
  return {
    detail: 'element-missing',
    below: `/${element}`,
    text: `{at} is missing. It is required here${of.length <= 5 ? `, as ${list(of)}` : ''}.`,
  }
}

const isUpper = (text: string, index: number): boolean => text.charCodeAt(index) >= 65 && text.charCodeAt(index) <= 90

function typeRefusal({ element, of }: Choice, name: string): Violation {
  if (of.length === 0)
    return {
      detail: 'element-too-many',
      below: `/${name}`,
      text: `{at} is not allowed here: the profile excludes \`${element}[x]\`.`,
    }
  return {
    detail: 'element-type',
    below: `/${name}`,
    text: `{at} is of a type that is not allowed here; \`${element}[x]\` may be ${list(of)}.`,
  }
}

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' or ')

/** `fhirElement`: the element has more than an id (ele-1). */
export const fhirElement = keyword<true>('fhirElement', ['object'], () => (_context, data: JsonObject) => {
  for (const key in data) if (key !== 'id') return undefined
  return [
    { detail: 'element-empty', text: '{at} is empty. An element has a value or children; leave out what has none.' },
  ]
})

/** `fhirLists`: in a list of primitives, each item has a value or an extension. */
export const fhirLists = keyword<readonly string[]>(
  'fhirLists',
  ['object'],
  (names) => (_context, data: JsonObject) => {
    let found: Violation[] | undefined
    for (const name of names) {
      const [values, siblings] = [data[name], data[`_${name}`]]
      if (!Array.isArray(values) && !Array.isArray(siblings)) continue
      const violation = listViolation(
        name,
        Array.isArray(values) ? values : [],
        Array.isArray(siblings) ? siblings : [],
      )
      if (violation) (found ??= []).push(violation)
    }
    return found
  },
)

/**
 * Compares a list of primitives with its `_name` list. A missing item at the end counts as null.
 * https://hl7.org/fhir/R4/json.html#primitive
 */
export function listViolation(
  name: string,
  values: readonly unknown[],
  siblings: readonly unknown[],
): Violation | undefined {
  if (siblings.length > 0 && siblings.every((one) => one === null)) {
    return {
      detail: 'element-empty',
      below: `/_${name}`,
      text: '{at} has nothing but null. Leave out a list that adds nothing to the values.',
    }
  }
  const count = Math.max(values.length, siblings.length)
  for (let index = 0; index < count; index++) {
    if ((values[index] ?? null) === null && !hasExtension(siblings[index])) {
      return {
        detail: 'element-empty',
        below: `/${name}/${index}`,
        text: '{at} is null. A list has null only where an extension replaces the value.',
      }
    }
  }
  return undefined
}

const hasExtension = (sibling: unknown): boolean =>
  typeof sibling === 'object' && sibling !== null && 'extension' in sibling

/**
 * `fhirSiblings`: the schema of a profile for the id and extensions of a primitive, whether or not `_name` is present; for
 * each item of a list. https://hl7.org/fhir/R4/json.html#primitive
 */
export const fhirSiblings = keyword<Readonly<Record<string, Schema>>>(
  'fhirSiblings',
  ['object'],
  (siblings, engine) => {
    const prepared = Object.entries(siblings).map(([name, schema]) => ({ name, check: engine.compile(schema) }))
    return (context, data: JsonObject, at) =>
      prepared.flatMap(({ name, check }) =>
        primitiveSiblings(data, name).flatMap(({ sibling, step }) => {
          const element = {
            ...at,
            instancePath: `${at.instancePath}/_${name}${step}`,
            parentData: data,
            parentDataProperty: `_${name}`,
          }
          return runSchema(check, context, sibling, element)
        }),
      )
  },
)

type PrimitiveSibling = { readonly sibling: unknown; readonly step: string }

/** The `_name` of a primitive, or that of each item of a list, and the pointer to it; an empty object where it is missing. */
export function primitiveSiblings(data: JsonObject, name: string): readonly PrimitiveSibling[] {
  const [value, sibling] = [data[name], data[`_${name}`]]
  if (value === undefined && sibling === undefined) return NONE
  if (!Array.isArray(value) && !Array.isArray(sibling)) return [{ sibling: sibling ?? {}, step: '' }]
  const [values, siblings] = [value, sibling].map((one) => (Array.isArray(one) ? (one as unknown[]) : [])) as [
    unknown[],
    unknown[],
  ]
  const count = Math.max(values.length, siblings.length)
  return Array.from({ length: count }, (_, index) => ({ sibling: siblings[index] ?? {}, step: `/${index}` }))
}

const NONE: readonly PrimitiveSibling[] = []
