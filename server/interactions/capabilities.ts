/**
 * FHIR capabilities: the statement is built from what the server really has, so it cannot claim what is not there.
 * https://hl7.org/fhir/R4/http.html#capabilities
 */
import type { Definitions, ResourceCapability } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { serialize } from '../fhir/json.ts'
import type { Json, JsonObject, Resource } from '../fhir/types.ts'
import type { Handler } from './call.ts'
import type { RoutedOperation } from './routes.ts'

/** What the statement shows of an operation. */
type OperationCapability = Pick<RoutedOperation, 'name' | 'levels' | 'types' | 'boardOnly'> & {
  readonly definition: string
}

export type CapabilityNeeds = {
  readonly definitions: Definitions
  readonly operations: readonly OperationCapability[]
  /** The system-level interactions that the server routes: `transaction`, `batch`. */
  readonly system: readonly string[]
  /** What a type offers beyond its own list: topics of Subscription. */
  readonly topics: readonly string[]
  readonly version: string
  /** Are references checked when they are written? Open mode takes those to records that are not there. */
  readonly enforcesReferences: boolean
  /** When these definitions were loaded (instant). */
  readonly date: string
}

const MODES = ['full', 'normative', 'terminology']

export const capabilities = (needs: CapabilityNeeds): Handler => {
  const made = new Map<string, string>()
  return async (call) => {
    const mode = call.params.find(([name]) => name === 'mode')?.[1] ?? 'full'
    if (!MODES.includes(mode))
      throw refuse('invalid-parameter', `\`mode\` is \`${mode}\`; it takes ${MODES.join(', ')}.`)
    if (mode === 'terminology')
      throw refuse(
        'invalid-parameter',
        'The hub answers the terminology operations of its statement (mode full), but has no TerminologyCapabilities.',
      )
    const state = JSON.stringify([call.base, needs.definitions.capabilities.map(incompleteCodes)])
    const text = made.get(state) ?? serialize(statement(needs, call.base))
    made.clear()
    made.set(state, text)
    return { status: 200, text }
  }
}

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
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        ...pick(rest[0] ?? {}, ['extension', 'documentation', 'security']),
        mode: 'server',
        resource: needs.definitions.capabilities.map((offer) => resourceOf(needs, offer)),
        interaction: needs.system.map((code) => ({ code })),
        ...listed('operation', operationsOf(needs, undefined)),
      },
    ],
  }
}

function resourceOf(needs: CapabilityNeeds, offer: ResourceCapability): JsonObject {
  const has = (name: string): boolean => offer.interactions.includes(name)
  const topics = offer.type === 'Subscription' ? needs.topics : []
  const incomplete = incompleteCodes(offer)
  const searchParameters = offer.searchParameters.filter(({ code }) => !incomplete.includes(code))
  const includes = offer.includes.filter((one) => !incomplete.includes(one.split(':')[1] ?? ''))
  return {
    ...listed(
      'extension',
      topics.map((valueCanonical) => ({ url: TOPIC_EXTENSION, valueCanonical })),
    ),
    type: offer.type,
    ...(offer.profiles.length === 1 ? { profile: offer.profiles[0] } : {}),
    ...listed('supportedProfile', offer.profiles),
    interaction: offer.interactions.map((code) => ({ code })),
    versioning: offer.versioning,
    readHistory: has('vread'),
    updateCreate: has('update'),
    conditionalCreate: has('create'),
    conditionalRead: has('read') ? 'full-support' : 'not-supported',
    conditionalUpdate: has('update'),
    conditionalDelete: has('delete') ? 'multiple' : 'not-supported',
    referencePolicy: ['literal', 'local', ...(needs.enforcesReferences ? ['enforced'] : [])],
    ...listed('searchInclude', has('search-type') ? includes : []),
    ...listed('searchParam', has('search-type') ? searchParameters.map(parameterOf) : []),
    ...listed('operation', operationsOf(needs, offer.type)),
  }
}

/** Search parameters that cannot be used yet are left out until their index is complete. */
const incompleteCodes = ({ incomplete = [] }: ResourceCapability): readonly string[] =>
  incomplete.map(({ code }) => code)

const TOPIC_EXTENSION =
  'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical'

const parameterOf = ({
  code,
  url,
  type,
  documentation,
}: ResourceCapability['searchParameters'][number]): JsonObject => ({
  name: code,
  definition: url,
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
