/**
 * What the hub offers for each resource type: capability/statement.json, its search parameters looked up.
 * https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource
 */
import { profileUrl } from '../fhir/canonical.ts'
import { nearest } from '../fhir/nearest.ts'
import type { JsonObject } from '../fhir/types.ts'
import { partsFor } from '../fhirpath/union.ts'
import type { CanonicalResource } from './canonical-resource.ts'
import type { SearchComponent, SearchParameter, ResourceCapability } from './definitions.ts'
import { DefinitionFault } from './fault.ts'
import type { R4 } from './r4.ts'

type ResourceCapabilityNeeds = {
  /** The hub's own SearchParameters. */
  readonly parameters: readonly CanonicalResource[]
  readonly r4: R4
  readonly find: (canonical: string) => CanonicalResource | undefined
  /** The types of search parameter that the hub evaluates; absent: any type. */
  readonly searchTypes?: readonly string[] | undefined
  /** Are `_text` and `_content` offered? Their words make the store a quarter larger. */
  readonly textSearch?: boolean
}

type StatedResource = {
  readonly type: string
  readonly supportedProfile?: readonly string[]
  readonly interaction?: readonly { readonly code: string }[]
  readonly versioning?: ResourceCapability['versioning']
  readonly searchParam?: readonly { readonly name: string; readonly type: string }[]
  readonly extension?: readonly { readonly url: string; readonly valueCode?: string }[]
}

/** `_id` and `_lastUpdated` are of every type too; they are evaluated on the record itself. */
const OF_EVERY_TYPE = ['_profile', '_security', '_source', '_tag']

/** What the parameters select whose expression R4 leaves to the server. https://hl7.org/fhir/R4/search.html#content */
const TEXT_EXPRESSIONS: Readonly<Record<string, string>> = { _text: 'DomainResource.text.div', _content: 'Resource' }
/** The types that have no narrative. */
const NO_DOMAIN_RESOURCE = new Set(['Binary', 'Bundle'])

type StatedComponent = { readonly definition: string; readonly expression: string }

const FILE = 'capability/statement.json'
const WRITER = profileUrl('ext-writer')

/** Throws DefinitionFault for a type, profile or parameter that does not exist or cannot be offered. */
export function statedCapabilities(
  statement: JsonObject,
  setting: ResourceCapabilityNeeds,
): readonly ResourceCapability[] {
  const rest = (statement.rest as { resource?: StatedResource[] }[] | undefined)?.[0]
  const stated = rest?.resource ?? []
  if (stated.length === 0) return []
  const parameterIndex = new ParameterIndex(setting)
  return stated.map((one) => capabilityOf(one, setting, parameterIndex))
}

const EVERY_INTERACTION = [
  'read',
  'vread',
  'history-instance',
  'history-type',
  'create',
  'update',
  'patch',
  'delete',
  'search-type',
]
/** Resources that are messages, not records. */
const MESSAGES = new Set(['Parameters', 'OperationOutcome'])

/**
 * Every type of R4 with every search parameter that the hub evaluates: for generic FHIR test suites (HUB_RULES=open).
 * `readable`: does search evaluate this parameter, its type and its expression? The others are left out.
 */
export function allCapabilities(
  setting: ResourceCapabilityNeeds,
  readable: (parameter: SearchParameter) => boolean,
): readonly ResourceCapability[] {
  const parameterIndex = new ParameterIndex({ ...setting, searchTypes: undefined })
  return [...setting.r4.resourceTypes]
    .filter((type) => !MESSAGES.has(type))
    .sort()
    .map((type) => {
      const searchParameters = [...parameterIndex.withExpression(type), ...parameterIndex.ofEveryType(type)].filter(
        readable,
      )
      return {
        type,
        profiles: [],
        searchParameters,
        interactions: EVERY_INTERACTION,
        versioning: 'versioned',
        includes: includesOf(type, searchParameters),
        writer: 'agency',
      }
    })
}

function capabilityOf(
  stated: StatedResource,
  setting: ResourceCapabilityNeeds,
  parameterIndex: ParameterIndex,
): ResourceCapability {
  const { type } = stated
  if (!setting.r4.resourceTypes.has(type)) throw new DefinitionFault(FILE, `\`${type}\` is not a resource type of R4.`)
  const profiles = stated.supportedProfile ?? []
  for (const url of profiles) {
    if (!setting.find(url))
      throw new DefinitionFault(
        FILE,
        `the profile \`${url}\` of ${type} is not among the definitions. Add it or correct the url.`,
      )
  }
  const searchParameters = [
    ...(stated.searchParam ?? []).map((one) => parameterIndex.parameter(type, one.name, one.type)),
    ...parameterIndex.ofEveryType(type),
  ]
  return {
    type,
    profiles,
    searchParameters,
    interactions: (stated.interaction ?? []).map((one) => one.code),
    versioning: stated.versioning ?? 'versioned',
    includes: includesOf(type, searchParameters),
    writer: stated.extension?.find((one) => one.url === WRITER)?.valueCode === 'board' ? 'board' : 'agency',
  }
}

/** Every reference parameter can be included. https://hl7.org/fhir/R4/search.html#include */
const includesOf = (type: string, parameters: readonly SearchParameter[]): readonly string[] =>
  parameters.filter((one) => one.type === 'reference').map((one) => `${type}:${one.code}`)

/** SearchParameters by type and code; the first of a code wins, so the hub's own come before R4's. */
class ParameterIndex {
  readonly byType = new Map<string, Map<string, JsonObject>>()
  readonly byUrl = new Map<string, JsonObject>()
  readonly searchTypes: readonly string[] | undefined
  readonly ofAll: readonly string[]

  constructor({ parameters, r4, searchTypes, textSearch = false }: Omit<ResourceCapabilityNeeds, 'find'>) {
    this.searchTypes = searchTypes
    this.ofAll = textSearch ? [...OF_EVERY_TYPE, ...Object.keys(TEXT_EXPRESSIONS)] : OF_EVERY_TYPE
    for (const parameter of [...parameters, ...r4.searchParameters()] as readonly JsonObject[]) {
      this.byUrl.set(parameter.url as string, parameter)
      for (const base of (parameter.base ?? []) as readonly string[]) {
        const codes = this.byType.get(base) ?? new Map<string, JsonObject>()
        this.byType.set(base, codes)
        const code = parameter.code as string
        if (!codes.has(code)) codes.set(code, parameter)
      }
    }
  }

  parameter(type: string, code: string, statedType: string): SearchParameter {
    const codes = this.byType.get(type) ?? new Map<string, JsonObject>()
    const found = codes.get(code)
    if (!found) {
      const guess = nearest(code, codes.keys())
      throw new DefinitionFault(
        FILE,
        `${type} has no search parameter \`${code}\`${guess ? ` (did you mean \`${guess}\`?)` : ''}. Add a SearchParameter to capability/search or correct the name.`,
      )
    }
    if (found.type !== statedType) {
      throw new DefinitionFault(
        FILE,
        `the search parameter \`${code}\` of ${type} is a ${String(found.type)}, not a ${statedType}. Correct its \`type\`.`,
      )
    }
    if (this.searchTypes?.includes(statedType) === false) {
      throw new DefinitionFault(
        FILE,
        `the search parameter \`${code}\` of ${type} is a ${statedType}; the hub evaluates ${this.searchTypes.join(', ')}. Remove it.`,
      )
    }
    return this.declared(type, found)
  }

  /** All of a type that have an expression. */
  withExpression(type: string): readonly SearchParameter[] {
    const parameters = [...(this.byType.get(type)?.values() ?? [])]
    return parameters.filter((one) => typeof one.expression === 'string').map((one) => this.declared(type, one))
  }

  /** Those that R4 gives every type, of what a record's meta says and of its words. */
  ofEveryType(type: string): readonly SearchParameter[] {
    const bases = NO_DOMAIN_RESOURCE.has(type) ? ['Resource'] : ['Resource', 'DomainResource']
    return this.ofAll.flatMap((code) => {
      const found = bases.map((base) => this.byType.get(base)?.get(code)).find((one) => one !== undefined)
      return found ? [this.declared(type, found)] : []
    })
  }

  private declared(type: string, found: JsonObject): SearchParameter {
    return {
      code: found.code as string,
      url: found.url as string,
      type: found.type as SearchParameter['type'],
      expression: TEXT_EXPRESSIONS[found.code as string] ?? partsFor(type, String(found.expression)),
      target: (found.target ?? []) as readonly string[],
      documentation: documentation(type, found),
      ...(found.component === undefined ? {} : { component: this.components(found.component as StatedComponent[]) }),
    }
  }

  /** Those whose parameter is defined; search refuses a composite that has none (compileComponents). */
  private components(stated: readonly StatedComponent[]): readonly SearchComponent[] {
    return stated.flatMap(({ definition, expression }) => {
      const found = this.byUrl.get(definition)
      if (!found) return []
      const { code, url, type, target = [] } = found as unknown as SearchParameter
      return [{ code, url, type, target, expression }]
    })
  }
}

function documentation(type: string, parameter: JsonObject): string {
  const byType = parameter.descriptions as Readonly<Record<string, string>> | undefined
  return byType?.[type] ?? String(parameter.description ?? '')
}
