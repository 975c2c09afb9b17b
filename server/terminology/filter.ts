/** The filters of a value set's include. https://hl7.org/fhir/R4/valueset-filter-operator.html */
import type { CodeSystem, Concept, CodeMembership } from './code-system.ts'
import { isAbstract, isInactive } from './concept.ts'
import { compileLinearRegex } from '../fhirpath/linear-regex.ts'

export type ConceptFilter = { readonly property: string; readonly op: string; readonly value: string }

type ConceptTest = (concept: Concept) => boolean

/** Compiles a filter to a test of concepts. `unknown`: an operator or a regular expression that is not supported. */
export function compileFilter(filter: ConceptFilter, system: CodeSystem): (concept: Concept) => CodeMembership {
  const test = OPERATORS[filter.op]?.(filter, system)
  return test ? (concept) => (test(concept) ? 'in' : 'out') : () => 'unknown'
}

const OPERATORS: Readonly<Record<string, (filter: ConceptFilter, system: CodeSystem) => ConceptTest | undefined>> = {
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
    const matches = compileLinearRegex(value)
    return matches && ((concept) => valuesOf(concept, property).some(matches))
  },
}

/** Boolean properties whose default is false. https://hl7.org/fhir/R4/codesystem-concept-properties.html */
const FLAGS: Readonly<Record<string, ConceptTest>> = { inactive: isInactive, notSelectable: isAbstract }

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
