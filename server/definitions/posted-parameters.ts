/**
 * Search parameters that the board posts, laid over those of the types. Only an active one is in effect: a draft is not
 * yet, a retired one not any more. https://hl7.org/fhir/R4/searchparameter.html
 */
import { partsFor } from '../fhirpath/union.ts'
import type { CanonicalResource } from './canonical-resource.ts'
import type { ResourceCapability, SearchParameter } from './definitions.ts'

/** A parameter as a type would offer it, for each of its base types. */
export function parametersIn(posted: CanonicalResource): ReadonlyMap<string, SearchParameter> {
  const cached = made.get(posted)
  if (cached) return cached
  const bases = Array.isArray(posted.base) ? posted.base : []
  const parameters = new Map(bases.map((type) => [String(type), parameterOf(posted, String(type))]))
  made.set(posted, parameters)
  return parameters
}

// The same object each time: what is compiled of a parameter is kept as long as the parameter.
const made = new WeakMap<CanonicalResource, ReadonlyMap<string, SearchParameter>>()

const parameterOf = (posted: CanonicalResource, type: string): SearchParameter => ({
  code: String(posted.code),
  url: posted.url,
  type: posted.type as SearchParameter['type'],
  expression: partsFor(type, String(posted.expression)),
  target: (Array.isArray(posted.target) ? posted.target : []) as readonly string[],
  documentation: String(posted.description),
})

/** The types with the active ones of these. A code that a type has already stays what it is. */
export function withPostedParameters(
  capabilities: readonly ResourceCapability[],
  posted: readonly CanonicalResource[],
): readonly ResourceCapability[] {
  const active = posted.filter(({ resourceType, status }) => resourceType === 'SearchParameter' && status === 'active')
  return active.length === 0 ? capabilities : capabilities.map((one) => withParameters(one, active))
}

function withParameters(capability: ResourceCapability, active: readonly CanonicalResource[]): ResourceCapability {
  const codes = new Set(capability.searchParameters.map(({ code }) => code))
  const added = active
    .flatMap((one) => parametersIn(one).get(capability.type) ?? [])
    .filter(({ code }) => !codes.has(code) && codes.add(code))
  if (added.length === 0) return capability
  const references = added.filter(({ type }) => type === 'reference')
  return {
    ...capability,
    searchParameters: [...capability.searchParameters, ...added],
    includes: [...capability.includes, ...references.map(({ code }) => `${capability.type}:${code}`)],
    // It changes while the index is built.
    get incomplete() {
      return capability.incomplete ?? []
    },
  }
}
