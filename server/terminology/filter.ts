/** The filters of a value set's include. https://hl7.org/fhir/R4/valueset-filter-operator.html */
import type { CodeSystem, Concept, Verdict } from './code-system.ts'
import { isAbstract, isInactive } from './concept.ts'
import { linearPattern } from './pattern.ts'

export type Filter = { readonly property: string; readonly op: string; readonly value: string }

type Test = (concept: Concept) => boolean

/** Does a concept of the system meet a filter? `unknown`: an operator or an expression that cannot be read. */
export function readFilter(filter: Filter, system: CodeSystem): (concept: Concept) => Verdict {
  const test = OPERATORS[filter.op]?.(filter, system)
  return test ? (concept) => (test(concept) ? 'in' : 'out') : () => 'unknown'
}

const OPERATORS: Readonly<Record<string, (filter: Filter, system: CodeSystem) => Test | undefined>> = {
  '=':
    ({ property, value }) =>
    (concept) =>
      valuesOf(concept, property).includes(value),
  'is-a':
    ({ value }, system) =>
    ({ code }) =>
      system.isA(code, value),
  'descendent-of':
    ({ value }, system) =>
    ({ code }) =>
      system.concept(code) !== system.concept(value) && system.isA(code, value),
  'is-not-a':
    ({ value }, system) =>
    ({ code }) =>
      !system.isA(code, value),
  generalizes:
    ({ value }, system) =>
    ({ code }) =>
      system.isA(value, code),
  in({ property, value }) {
    const listed = listOf(value)
    return (concept) => valuesOf(concept, property).some((one) => listed.has(one))
  },
  'not-in'({ property, value }) {
    const listed = listOf(value)
    return (concept) => !valuesOf(concept, property).some((one) => listed.has(one))
  },
  exists:
    ({ property, value }) =>
    (concept) =>
      statedValues(concept, property).length > 0 === (value === 'true'),
  regex({ property, value }) {
    const matches = linearPattern(value)
    return matches && ((concept) => valuesOf(concept, property).some(matches))
  },
}

/** Properties that are false where they are not stated. https://hl7.org/fhir/R4/codesystem-concept-properties.html */
const FLAGS: Readonly<Record<string, Test>> = { inactive: isInactive, notSelectable: isAbstract }

function valuesOf(concept: Concept, property: string): readonly string[] {
  const flag = FLAGS[property]
  return flag ? [String(flag(concept))] : statedValues(concept, property)
}

function statedValues(concept: Concept, property: string): readonly string[] {
  if (property === 'code' || property === 'concept') return [concept.code]
  if (property === 'display') return concept.display === undefined ? [] : [concept.display]
  if (property === 'parent') return concept.parents
  return (concept.property.get(property) ?? []).map(String)
}

const listOf = (value: string): Set<string> => new Set(value.split(',').map((one) => one.trim()))
