/**
 * The paths of the OpenAPI document: each row of the address space for each type that offers it, and each operation at each
 * of its levels. https://spec.openapis.org/oas/v3.1.0#paths-object
 */
import type { ResourceCapability } from '../definitions/definitions.ts'
import type { JsonObject } from '../fhir/types.ts'
import { CONTROL_PARAMETERS } from '../search/controls.ts'
import { RECORD_PARAMETERS, type DeclaredParameter } from '../search/record-parameters.ts'
import { compartments } from './compartment.ts'
import { inEveryFormat, refusal, schemaOf, shared, type OpenApiNeeds } from './openapi-components.ts'
import type { OperationLevel, RoutedInteraction } from './routes.ts'

type Method = { readonly path: string; readonly method: string; readonly operation: JsonObject }

/** Each path with what it takes; first those of the system, then type by type, so that a caller may pause in between. */
export function* paths(needs: OpenApiNeeds): Generator<readonly [path: string, item: JsonObject]> {
  for (const offer of [undefined, ...needs.definitions.capabilities]) {
    const byPath = new Map<string, Record<string, JsonObject>>()
    for (const { path, method, operation } of [...interactionsOf(needs, offer), ...operationsOf(needs, offer?.type)])
      byPath.set(path, { ...byPath.get(path), [method.toLowerCase()]: operation })
    for (const [path, item] of byPath) yield [path, { ...item, ...pathParameters(path) }]
  }
}

/** What an interaction answers beside refusals, and which refusals it has beyond those of every request. */
type Answers = {
  readonly success: readonly number[]
  readonly refusals: readonly number[]
  readonly headers: readonly string[]
  /** Of the body of the response: that of the record's type unless named here. */
  readonly schema?: string
}

const COMMON_REFUSALS = [400, 401, 404, 406, 414, 429, 500, 503]
const WRITE_REFUSALS = [403, 409, 412, 413, 415, 422, 428, 507]
/** 202: accepted, to be answered later. */
const BUNDLE: Answers = { success: [200, 202], refusals: [422], headers: ['Prefer'], schema: 'Bundle' }
const READ: Answers = { success: [200, 304], refusals: [410], headers: ['IfNoneMatch', 'IfModifiedSince'] }
const WRITE: Answers = { success: [200, 201], refusals: WRITE_REFUSALS, headers: ['IfMatch', 'IfNoneMatch', 'Prefer'] }

const ANSWERS: Readonly<Record<string, Answers>> = {
  capabilities: { success: [200], refusals: [], headers: [], schema: 'CapabilityStatement' },
  openapi: { success: [200], refusals: [], headers: [] },
  transaction: { ...BUNDLE, refusals: WRITE_REFUSALS },
  'async-status': { success: [200, 202], refusals: [], headers: [], schema: 'Bundle' },
  'async-cancel': { success: [202], refusals: [507], headers: [], schema: 'OperationOutcome' },
  read: READ,
  vread: READ,
  create: { success: [200, 201], refusals: WRITE_REFUSALS, headers: ['IfNoneExist', 'Prefer'] },
  update: WRITE,
  patch: { ...WRITE, success: [200] },
  delete: { success: [200, 204], refusals: WRITE_REFUSALS, headers: ['IfMatch'], schema: 'OperationOutcome' },
}

/** The rows of the address space that a type offers; without a type: those of the system. */
function interactionsOf(needs: OpenApiNeeds, offer: ResourceCapability | undefined): readonly Method[] {
  const { routed, definitions } = needs
  if (!offer) return routed.filter(({ path }) => !path.includes(':type')).map((row) => methodOf(needs, row, offer))
  const hasCompartment = compartments(definitions).some(({ code }) => code === offer.type)
  return routed
    .filter(
      ({ path, name }) =>
        path.includes(':type') && (offer.interactions.includes(name) || (isWithin(name) && hasCompartment)),
    )
    .map((row) => methodOf(needs, row, offer))
}

/** Offered by its CompartmentDefinition instead of the interactions of a type. */
const isWithin = (name: string): boolean => name === 'search-compartment'

function methodOf(needs: OpenApiNeeds, row: RoutedInteraction, offer: ResourceCapability | undefined): Method {
  const { name, method, body } = row
  const { success, refusals, headers, schema = offer?.type ?? 'Resource' } = ANSWERS[name] ?? BUNDLE
  const type = offer?.type
  const parameters =
    name.startsWith('search') && body !== 'form' ? searchParameters(isWithin(name) ? undefined : offer) : []
  const content = name === 'openapi' ? { 'application/json': {} } : inEveryFormat(needs, schemaOf(schema))
  return {
    path: pathOf(row.path, type),
    method,
    operation: {
      operationId: idOf([name, type, method, ...wordsOf(row.path)]),
      summary: `${name}${type ? ` ${type}` : ''}`,
      tags: [type ?? 'system'],
      parameters: [...parameters, ...[...headers, ...ALWAYS].map(shared)],
      ...bodyOf(needs, body, offer),
      responses: {
        ...Object.fromEntries(success.map((status) => [String(status), answer(status, content)])),
        ...refused([...COMMON_REFUSALS, ...refusals]),
      },
    },
  }
}

const ALWAYS = ['Format', 'Pretty', 'XRequestId']

const WITHOUT_BODY: Readonly<Record<number, string>> = {
  202: 'Accepted, waiting or under way; or cancelled.',
  204: 'Done.',
  304: 'Not modified.',
}

const answer = (status: number, content: JsonObject): JsonObject =>
  status in WITHOUT_BODY
    ? { description: WITHOUT_BODY[status] ?? '' }
    : { description: status === 201 ? 'Created; Location names it.' : 'Done.', content }

const refused = (statuses: readonly number[]): JsonObject =>
  Object.fromEntries([...new Set(statuses)].sort().map((status) => [String(status), refusal(status)]))

const OPERATION_REFUSALS = refused([...COMMON_REFUSALS, ...WRITE_REFUSALS])

function bodyOf(needs: OpenApiNeeds, body: string, offer: ResourceCapability | undefined): JsonObject {
  if (body === 'none') return {}
  if (body === 'form') return FORM_BODY
  const resource = inEveryFormat(needs, schemaOf(offer?.type ?? 'Bundle'))
  if (body !== 'patch') return { requestBody: { required: true, content: resource } }
  const patch = { 'application/json-patch+json': { schema: { type: 'array' } } }
  return { requestBody: { required: true, content: { ...patch, ...inEveryFormat(needs, schemaOf('Parameters')) } } }
}

const FORM_BODY: JsonObject = {
  requestBody: {
    content: {
      'application/x-www-form-urlencoded': {
        schema: { type: 'object', description: 'The parameters that GET takes at the address without `_search`.' },
      },
    },
  },
}

function searchParameters(offer: ResourceCapability | undefined): readonly JsonObject[] {
  const incomplete = new Set(offer?.incomplete?.map(({ code }) => code))
  const own = (offer?.searchParameters ?? []).filter(({ code }) => !incomplete.has(code))
  const all: readonly DeclaredParameter[] = [...own, ...RECORD_PARAMETERS, ...CONTROL_PARAMETERS]
  const byCode = new Map(all.map((one) => [one.code, one]))
  return [...byCode.values()].map(({ code, type, documentation }) => ({
    name: code,
    in: 'query',
    description: `${type}${documentation ? `: ${documentation}` : ''}`,
    schema: { type: 'array', items: { type: 'string' } },
  }))
}

/** The operations at the addresses of a type, or of the system: by POST, and by GET where they change nothing. */
function operationsOf(needs: OpenApiNeeds, type: string | undefined): readonly Method[] {
  return needs.operations.flatMap((one) =>
    one.levels
      .filter((level) => (level === 'system') === (type === undefined) && (type === undefined || isOf(one, type)))
      .flatMap((level) =>
        (one.affectsState ? ['POST'] : ['GET', 'POST']).map((method) =>
          operationMethod(needs, one, { level, type, method }),
        ),
      ),
  )
}

const isOf = ({ types }: OpenApiNeeds['operations'][number], type: string): boolean =>
  types.length === 0 || types.includes(type)

const OPERATION_PATHS: Readonly<Record<OperationLevel, string>> = {
  system: '/',
  type: '/:type/',
  instance: '/:type/:id/',
}

type Place = { readonly level: OperationLevel; readonly type: string | undefined; readonly method: string }

function operationMethod(
  needs: OpenApiNeeds,
  { name, definition, boardOnly }: OpenApiNeeds['operations'][number],
  { level, type, method }: Place,
): Method {
  const found = needs.definitions.find(definition) as JsonObject | undefined
  const inputs = ((found?.parameter ?? []) as readonly JsonObject[]).filter((one) => one.use === 'in')
  const parameters = method === 'GET' ? inputs.filter(isSimple).map(inputOf) : []
  const description = `${String(found?.description ?? definition)}${boardOnly ? ' For the board alone.' : ''}`
  return {
    path: `${pathOf(OPERATION_PATHS[level], type)}$${name}`,
    method,
    operation: {
      operationId: idOf([name, level, type, method]),
      summary: `$${name}`,
      description,
      tags: [type ?? 'system'],
      parameters: [...parameters, ...ALWAYS.map(shared)],
      ...(method === 'POST' ? { requestBody: { content: inEveryFormat(needs, schemaOf('Parameters')) } } : {}),
      responses: {
        '200': { description: 'Done.', content: inEveryFormat(needs, schemaOf('Resource')) },
        ...OPERATION_REFUSALS,
      },
    },
  }
}

/** A type whose name begins with a small letter is primitive: it may stand in an address. */
const isSimple = ({ type }: JsonObject): boolean => typeof type === 'string' && /^[a-z]/.test(type)

const inputOf = ({ name, documentation, min, max }: JsonObject): JsonObject => ({
  name: String(name),
  in: 'query',
  required: Number(min) > 0,
  description: String(documentation ?? ''),
  schema: max === '1' ? { type: 'string' } : { type: 'array', items: { type: 'string' } },
})

/** `/:type/:id/_history/:vid` of Patient is `/Patient/{id}/_history/{vid}`. */
const pathOf = (path: string, type: string | undefined): string =>
  path.replace(':type', type ?? ':type').replace(/:(\w+)/g, '{$1}')

function pathParameters(path: string): JsonObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  if (names.length === 0) return {}
  return { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }
}

const wordsOf = (path: string): readonly string[] => path.split('/').filter((one) => /^[_:a-z]/.test(one))

const idOf = (parts: readonly (string | undefined)[]): string =>
  parts
    .filter((part) => part !== undefined)
    .join('-')
    .replace(/[^\w-]/g, '')
