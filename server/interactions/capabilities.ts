/**
 * FHIR capabilities: the statement is built from what the server really has, so it cannot claim what is not there.
 * https://hl7.org/fhir/R4/http.html#capabilities
 */
import type { Definitions, ResourceCapability } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { serialize } from '../fhir/json.ts'
import type { Json, JsonObject, Resource } from '../fhir/types.ts'
import { EXPRESSION_PARAMETERS, RECORD_PARAMETERS, type DeclaredParameter } from '../search/record-parameters.ts'
import { CONTROL_PARAMETERS } from '../search/controls.ts'
import type { Call, Handler } from './call.ts'
import { compartments } from './compartment.ts'
import type { RoutedInteraction, RoutedOperation } from './routes.ts'
import { terminologyCapabilities } from './terminology-capabilities.ts'

/** What the statement shows of an operation. */
type OperationCapability = Pick<RoutedOperation, 'name' | 'levels' | 'types' | 'boardOnly'> & {
  readonly definition: string
}

export type CapabilityNeeds = {
  readonly definitions: Definitions
  readonly operations: readonly OperationCapability[]
  /** The rows of the address space that a handler answers. */
  readonly routed: readonly RoutedInteraction[]
  /** The parameters of `$expand`. */
  readonly expansionParameters: readonly string[]
  /** The media types that the server reads and writes, and the values of `_format` that name them. */
  readonly formats: readonly string[]
  readonly patchFormats: readonly string[]
  /** What a type offers beyond its own list: topics of Subscription. */
  readonly topics: readonly string[]
  readonly version: string
  /** When these definitions were loaded (instant). */
  readonly date: string
}

/** What each mode answers. https://hl7.org/fhir/R4/http.html#capabilities */
const MODES: Readonly<Record<string, (needs: CapabilityNeeds, base: string) => Resource>> = {
  full: statement,
  normative: statement,
  terminology: terminologyCapabilities,
}

export const capabilities = (needs: CapabilityNeeds): Handler => {
  const made = new Map<string, { readonly state: string; readonly text: string }>()
  return async (call) => {
    const mode = call.params.find(([name]) => name === 'mode')?.[1] ?? 'full'
    const build = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined
    if (!build) throw refuse('invalid-parameter', `\`mode\` is \`${mode}\`; it takes ${Object.keys(MODES).join(', ')}.`)
    const state = stateOf(needs, call)
    const before = made.get(mode)
    const text = before?.state === state ? before.text : serialize(build(needs, call.base))
    made.set(mode, { state, text })
    return { status: 200, text }
  }
}

/** What changes a statement while the hub runs: its address, the search parameters, and what the board posts. */
const stateOf = ({ definitions }: CapabilityNeeds, { base }: Call): string =>
  JSON.stringify([
    base,
    definitions.current().additional.map(({ content }) => [content.url, content.version]),
    definitions.capabilities.map(({ searchParameters }) => searchParameters.length),
    definitions.capabilities.map(incompleteCodes),
  ])

function statement(needs: CapabilityNeeds, base: string): Resource {
  const { rest, ...head } = needs.definitions.statement as JsonObject & { rest: readonly JsonObject[] }
  return {
    ...head,
    resourceType: 'CapabilityStatement',
    date: needs.date,
    kind: 'instance',
    software: { name: 'No Wrong Door', version: needs.version },
    implementation: { description: 'No Wrong Door interoperability hub', url: base },
    fhirVersion: '4.0.1',
    format: needs.formats,
    patchFormat: needs.patchFormats,
    rest: [
      {
        ...pick(rest[0] ?? {}, ['extension', 'documentation', 'security']),
        mode: 'server',
        resource: needs.definitions.capabilities.map((offer) => resourceOf(needs, offer)),
        interaction: SYSTEM_INTERACTIONS.filter((code) => isRouted(needs, ROUTED_AS[code] ?? code)).map((code) => ({
          code,
        })),
        searchParam: [...RECORD_PARAMETERS, ...EXPRESSION_PARAMETERS, ...CONTROL_PARAMETERS].map(parameterOf),
        ...listed('operation', operationsOf(needs, undefined)),
        ...listed(
          'compartment',
          isRouted(needs, 'search-compartment') ? compartments(needs.definitions).map(({ url }) => url) : [],
        ),
      },
    ],
  }
}

/** https://hl7.org/fhir/R4/valueset-system-restful-interaction.html */
const SYSTEM_INTERACTIONS = ['transaction', 'batch', 'search-system', 'history-system']
/** A batch is distinguished from a transaction by its Bundle. */
const ROUTED_AS: Readonly<Record<string, string>> = { batch: 'transaction' }

const isRouted = ({ routed }: CapabilityNeeds, name: string): boolean => routed.some((one) => one.name === name)

/** Does a handler answer this method at the address of a type? Then the interaction has its conditional form. */
const isConditional = ({ routed }: CapabilityNeeds, method: string): boolean =>
  routed.some((one) => one.method === method && one.path === '/:type')

function resourceOf(needs: CapabilityNeeds, offer: ResourceCapability): JsonObject {
  const interactions = offer.interactions.filter((name) => isRouted(needs, name))
  const has = (name: string): boolean => interactions.includes(name)
  const topics = offer.type === 'Subscription' ? needs.topics : []
  const incomplete = incompleteCodes(offer)
  const searchParameters = offer.searchParameters.filter(({ code }) => !incomplete.includes(code))
  const includes = offer.includes.filter((one) => !incomplete.includes(one.split(':')[1] ?? ''))
  const searched = has('search-type')
  return {
    ...listed(
      'extension',
      topics.map((valueCanonical) => ({ url: TOPIC_EXTENSION, valueCanonical })),
    ),
    type: offer.type,
    ...(offer.profiles.length === 1 ? { profile: offer.profiles[0] } : {}),
    ...listed('supportedProfile', offer.profiles),
    interaction: interactions.map((code) => ({ code })),
    versioning: offer.versioning,
    readHistory: has('vread'),
    updateCreate: has('update'),
    conditionalCreate: has('create'),
    conditionalRead: has('read') ? 'full-support' : 'not-supported',
    conditionalUpdate: has('update') && isConditional(needs, 'PUT'),
    conditionalDelete: has('delete') && isConditional(needs, 'DELETE') ? 'multiple' : 'not-supported',
    referencePolicy: REFERENCE_POLICY,
    ...listed('searchInclude', searched && includes.length > 0 ? ['*', ...includes] : []),
    ...listed('searchRevInclude', searched ? reverseIncludes(needs.definitions, offer.type) : []),
    ...listed('searchParam', searched ? withRecordParameters(searchParameters).map(parameterOf) : []),
    ...listed('operation', operationsOf(needs, offer.type)),
  }
}

/** The reference parameters that may lead to the type, as `_revinclude` takes them. */
function reverseIncludes({ capabilities }: Definitions, type: string): readonly string[] {
  const found = capabilities.flatMap((source) =>
    source.searchParameters
      .filter(({ type: kind, target }) => kind === 'reference' && (target.length === 0 || target.includes(type)))
      .filter(({ code }) => !incompleteCodes(source).includes(code))
      .map(({ code }) => `${source.type}:${code}`),
  )
  return found.length > 0 ? ['*', ...found] : []
}

/**
 * Not `enforced`: no mode ensures that every reference can be resolved (the documentation says what is checked); not
 * `local`: a record may refer to other servers. https://hl7.org/fhir/R4/valueset-reference-handling-policy.html
 */
const REFERENCE_POLICY = ['literal', 'logical']

/** Those of every type, too: clients look for `_id` at the type (SMART's `patient.request`). */
const withRecordParameters = (own: readonly DeclaredParameter[]): readonly DeclaredParameter[] => [
  ...RECORD_PARAMETERS.filter(({ code }) => !own.some((one) => one.code === code)),
  ...own,
]

/** Search parameters that cannot be used yet are left out until their index is complete. */
const incompleteCodes = ({ incomplete = [] }: ResourceCapability): readonly string[] =>
  incomplete.map(({ code }) => code)

const TOPIC_EXTENSION =
  'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical'

const parameterOf = ({ code, url, type, documentation }: DeclaredParameter): JsonObject => ({
  name: code,
  ...(url ? { definition: url } : {}),
  type,
  ...(documentation ? { documentation } : {}),
})

/** Operations of a type (undefined: of the system), once each whatever their level. */
function operationsOf(needs: CapabilityNeeds, type: string | undefined): readonly JsonObject[] {
  return needs.operations
    .filter((one) =>
      type === undefined
        ? one.levels.includes('system')
        : (one.levels.includes('type') || one.levels.includes('instance')) &&
          (one.types.length === 0 || one.types.includes(type)),
    )
    .map((one) => ({
      name: one.name,
      definition: one.definition,
      ...(one.boardOnly ? { documentation: BOARD_ONLY } : {}),
    }))
}

/** The statement is one document for everybody, so it lists these, too. */
const BOARD_ONLY = 'For the board alone: for every other caller this address does not exist (404).'

/** FHIR has no empty arrays. */
const listed = (name: string, list: readonly Json[]): JsonObject => (list.length > 0 ? { [name]: list } : {})

const pick = (from: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))
