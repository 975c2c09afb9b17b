/** Rules for conformance resources that refer to other definitions, and for canonical urls. https://hl7.org/fhir/R4/conformance-module.html */
import { pathFault } from '../../fhirpath/path-fault.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

/** The type of a search parameter is that of its definition. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.searchParam.definition */
export const searchParameterTypeMatches: SpecificationRule = ({ definition, type }, { engine }) => {
  if (typeof definition !== 'string' || typeof type !== 'string') return []
  const defined = engine.definitions.find(definition)
  if (defined?.resourceType !== 'SearchParameter' || typeof defined.type !== 'string' || defined.type === type)
    return []
  const text = `{at} is of type \`${type}\`, but \`${definition}\` defines it as \`${defined.type}\`.`
  return [{ detail: 'value-conflict', text }]
}

/** https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.derivedFrom, and .component */
export const derivedSearchParameter: SpecificationRule = ({ type, base, derivedFrom, component }, { engine }) => {
  const found: Violation[] = []
  if (type === 'composite' && listOf(component).length < 2) {
    found.push({ detail: 'value-conflict', text: '{at} is composite, so it needs two `component`s or more.' })
  }
  const origin = typeof derivedFrom === 'string' ? engine.definitions.find(derivedFrom) : undefined
  if (origin?.resourceType !== 'SearchParameter') return found
  if (typeof type === 'string' && origin.type !== type) {
    const text = `{at} is of type \`${type}\`, but it is derived from \`${origin.url}\`, which is \`${String(origin.type)}\`.`
    found.push({ detail: 'value-conflict', text })
  }
  const bases = new Set(listOf(origin.base))
  const other = listOf(base).find((one) => !bases.has(one))
  if (other !== undefined && !bases.has('Resource') && !bases.has('DomainResource')) {
    const text = `{at} is for ${String(other)}, but it is derived from \`${origin.url}\`, which is not.`
    found.push({ detail: 'value-conflict', text })
  }
  return found
}

/** The expression can be parsed. https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression */
export const searchExpressionParses: SpecificationRule = ({ expression }) => {
  const reason = typeof expression === 'string' ? pathFault(expression) : undefined
  if (reason === undefined) return []
  return [{ detail: 'definition-invalid', below: '/expression', text: `{at} is \`${String(expression)}\`; ${reason}` }]
}

/**
 * A canonical url is absolute, also of a contained resource.
 * https://hl7.org/fhir/R4/resource.html#canonical
 */
export const absoluteUrl: SpecificationRule = ({ url }) => {
  if (typeof url !== 'string' || url === '' || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)) return []
  return [
    { detail: 'value-format', below: '/url', text: `{at} is \`${url}\`; a canonical address is an absolute URI.` },
  ]
}

/** The system of an include is an absolute URI. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.system */
export const absoluteSystem: SpecificationRule = ({ system }) => {
  if (typeof system !== 'string' || system === '' || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(system)) return []
  return [
    { detail: 'value-format', text: `{at} includes the system \`${system}\`; the system must be an absolute URI.` },
  ]
}
