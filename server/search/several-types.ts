/** Searches over several types: what the types have in common. https://hl7.org/fhir/R4/http.html#search */
import type { ResourceCapability, SearchParameter } from '../definitions/definitions.ts'

/** How several types are named where one would be: every one of them is a Resource. */
const SEVERAL = 'Resource'

/**
 * The parameters that each of these types has, of the same search type. A reference may lead to what it leads to in one
 * of them.
 */
export function commonCapability(
  capabilities: readonly [ResourceCapability, ...ResourceCapability[]],
): ResourceCapability {
  const [first, ...others] = capabilities
  if (others.length === 0) return first
  const common = first.searchParameters.flatMap((parameter) => commonParameter(parameter, others) ?? [])
  return {
    ...first,
    type: SEVERAL,
    profiles: [],
    includes: [],
    searchParameters: common,
    incomplete: capabilities.flatMap(({ incomplete = [] }) => incomplete),
  }
}

function commonParameter(
  parameter: SearchParameter,
  others: readonly ResourceCapability[],
): SearchParameter | undefined {
  const same = others.map(({ searchParameters }) => searchParameters.find((one) => isLike(one, parameter)))
  if (!same.every((one) => one !== undefined)) return undefined
  const all = [parameter, ...same]
  const target = all.some((one) => one.target.length === 0) ? [] : [...new Set(all.flatMap((one) => one.target))]
  return { ...parameter, target }
}

/** The components of a composite are those of its definition. */
const isLike = (one: SearchParameter, other: SearchParameter): boolean =>
  one.code === other.code && one.type === other.type && (one.type !== 'composite' || one.url === other.url)
