/** The filters of a value set's include. https://hl7.org/fhir/R4/valueset-filter-operator.html */
import type { CodeSystem, Concept } from './code-system.ts'

export type Filter = { readonly property: string; readonly op: string; readonly value: string }

type Test = (concept: Concept, filter: Filter, system: CodeSystem) => boolean

/** Does a concept meet a filter? One with an operator that is not known is met by none. */
export function meets(concept: Concept, filter: Filter, system: CodeSystem): boolean {
  return OPERATORS[filter.op]?.(concept, filter, system) ?? false
}

const OPERATORS: Readonly<Record<string, Test>> = {
  '=': (concept, { property, value }) => valuesOf(concept, property).includes(value),
  'is-a': (concept, { value }, system) => system.isA(concept.code, value),
  'descendent-of': (concept, { value }, system) => concept.code !== value && system.isA(concept.code, value),
  'is-not-a': (concept, { value }, system) => !system.isA(concept.code, value),
  generalizes: (concept, { value }, system) => system.isA(value, concept.code),
  in: (concept, { property, value }) => valuesOf(concept, property).some((one) => listed(value).has(one)),
  'not-in': (concept, { property, value }) => !valuesOf(concept, property).some((one) => listed(value).has(one)),
  exists: (concept, { property, value }) => valuesOf(concept, property).length > 0 === (value === 'true'),
  regex: (concept, { property, value }) => valuesOf(concept, property).some((one) => whole(value).test(one)),
}

function valuesOf(concept: Concept, property: string): readonly string[] {
  if (property === 'code' || property === 'concept') return [concept.code]
  if (property === 'display') return concept.display === undefined ? [] : [concept.display]
  if (property === 'parent') return concept.parents
  return (concept.property.get(property) ?? []).map(String)
}

const listed = (value: string): Set<string> => new Set(value.split(',').map((one) => one.trim()))

// Definitions are the board's own, so their expressions are trusted; an impossible one matches nothing.
function whole(expression: string): RegExp {
  try {
    return new RegExp(`^(?:${expression})$`, 'u')
  } catch {
    return /(?!)/
  }
}
