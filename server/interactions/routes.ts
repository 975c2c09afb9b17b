/**
 * The address space of FHIR as one table, and the router from a method and a path to the handler that answers it. It
 * knows no Express: the entries of a batch are routed by the same table.
 * https://hl7.org/fhir/R4/http.html#summary and https://hl7.org/fhir/R4/operations.html#executing
 */
import type { Handler } from './call.ts'
import { refuse } from '../fhir/outcome.ts'
import { FHIR_ID, type Caller, type Key } from '../fhir/types.ts'

/** What a request may carry: a resource, an optional one, a patch, a form of search parameters, or nothing that is read. */
export type Body = 'resource' | 'optional' | 'patch' | 'form' | 'none'

type RouteRow = readonly [method: string, path: string, name: string, body: Body]

/**
 * Names are those of https://hl7.org/fhir/R4/valueset-restful-interaction.html; a batch is distinguished from a transaction
 * by its Bundle. A row counts only if there is a handler of its name.
 */
export const ROUTES: readonly RouteRow[] = [
  ['GET', '/metadata', 'capabilities', 'none'],
  ['GET', '/openapi.json', 'openapi', 'none'],
  ['GET', '/', 'search-system', 'none'],
  ['POST', '/', 'transaction', 'resource'],
  ['GET', '/_search', 'search-system', 'none'],
  ['POST', '/_search', 'search-system', 'form'],
  ['GET', '/_history', 'history-system', 'none'],
  ['GET', '/_async/:id', 'async-status', 'none'],
  ['DELETE', '/_async/:id', 'async-cancel', 'none'],
  ['GET', '/:type', 'search-type', 'none'],
  ['POST', '/:type', 'create', 'resource'],
  ['PUT', '/:type', 'update', 'resource'],
  ['PATCH', '/:type', 'patch', 'patch'],
  ['DELETE', '/:type', 'delete', 'none'],
  ['GET', '/:type/_search', 'search-type', 'none'],
  ['POST', '/:type/_search', 'search-type', 'form'],
  ['GET', '/:type/_history', 'history-type', 'none'],
  ['GET', '/:type/:id/:type', 'search-compartment', 'none'],
  ['GET', '/:type/:id/:type/_search', 'search-compartment', 'none'],
  ['POST', '/:type/:id/:type/_search', 'search-compartment', 'form'],
  ['GET', '/:type/:id/_search', 'search-compartment', 'none'],
  ['POST', '/:type/:id/_search', 'search-compartment', 'form'],
  ['GET', '/:type/:id', 'read', 'none'],
  ['PUT', '/:type/:id', 'update', 'resource'],
  ['PATCH', '/:type/:id', 'patch', 'patch'],
  ['DELETE', '/:type/:id', 'delete', 'none'],
  ['GET', '/:type/:id/_history', 'history-instance', 'none'],
  ['GET', '/:type/:id/_history/:vid', 'vread', 'none'],
  ['GET', '/$op', 'operation', 'none'],
  ['POST', '/$op', 'operation', 'optional'],
  ['GET', '/:type/$op', 'operation', 'none'],
  ['POST', '/:type/$op', 'operation', 'optional'],
  ['GET', '/:type/:id/$op', 'operation', 'none'],
  ['POST', '/:type/:id/$op', 'operation', 'optional'],
]

/** A row that a handler answers. */
export type RoutedInteraction = {
  readonly method: string
  readonly path: string
  readonly name: string
  readonly body: Body
}

/** The rows of the address space that these handlers answer, operations left out. */
export const routedInteractions = (names: readonly string[]): readonly RoutedInteraction[] =>
  ROUTES.filter(([, , name]) => names.includes(name)).map(([method, path, name, body]) => ({
    method,
    path,
    name,
    body,
  }))

/** Whose body `Prefer: return` is about. https://hl7.org/fhir/R4/http.html#ops */
export const PREFERENCE_APPLIES: ReadonlySet<string> = new Set(['create', 'update', 'patch'])

/** Answered without authentication, so that a client can find out how to authenticate. */
const ANONYMOUS = new Set(['capabilities', 'openapi'])

/** What answers a request, and what its address names. */
export type Target = {
  /** For the log and for metrics; never the address itself: `GET /:type/:id`. */
  readonly route: string
  readonly name: string
  readonly body: Body
  readonly run: Handler
  readonly prefers: boolean
  readonly anonymous: boolean
  /** For every caller but the board the address is unknown: route again with the caller before anything is answered. */
  readonly boardOnly?: true
  readonly type?: string
  readonly id?: string
  readonly version?: string
  /** The record in whose compartment is searched; `type` is then what is searched, absent for every type (`*`). */
  readonly compartment?: Key
}

export type OperationLevel = 'system' | 'type' | 'instance'

/** What the router reads of an operation (operations/operation.ts has the rest). */
export type RoutedOperation = {
  /** Without the `$`. */
  readonly name: string
  readonly levels: readonly OperationLevel[]
  /** The types at whose addresses it is offered; empty: any type. Has no meaning at system level. */
  readonly types: readonly string[]
  /** Only an operation that changes nothing may be called by GET. https://hl7.org/fhir/R4/operations.html#request */
  readonly affectsState: boolean
  /** Offered to the board; for every other caller the address is unknown. */
  readonly boardOnly?: true
  readonly run: Handler
}

/** The handlers that the address space leads to: interactions by name, and operations. */
export type Handlers = {
  /** The interactions of a type. @throws OutcomeError `unknown-type` */
  offers(type: string): readonly string[]
  readonly interactions: Readonly<Record<string, Handler | undefined>>
  readonly operations: readonly RoutedOperation[]
}

/**
 * `path` is below the base address, without query, still percent-encoded. HEAD is routed as GET. Without a `caller` an
 * address of the board is found for everybody, as `boardOnly`.
 */
export type Router = (method: string, path: string, caller?: Caller) => Target

/**
 * @throws OutcomeError (the router) `unknown-address`, `method-not-allowed` with Allow, `unknown-type` for what cannot
 * be a type, `invalid-id`, `request-malformed`.
 */
export function createRouter({ interactions, operations }: Omit<Handlers, 'offers'>): Router {
  const table = compile(interactions)
  const registry = registryOf(operations)
  return (method, path, caller) => {
    const segments = segmentsOf(path)
    const verb = method === 'HEAD' ? 'GET' : method
    const methods = table.get(shapeOf(segments))
    if (methods === undefined) throw unknownAddress(path)
    const last = segments.at(-1)
    const target = last?.startsWith('$')
      ? operationTarget(registry, verb, segments, { path, caller })
      : (methods.get(verb) ?? notAllowed(verb, path, [...methods.keys()]))
    const { route, name, body, run, prefers, anonymous, boardOnly } = target
    const { type, id, version, compartment } = namesIn(segments)
    // One literal and no spread, as every request has one.
    return { route, name, body, run, prefers, anonymous, boardOnly, type, id, version, compartment }
  }
}

type Plan = Omit<Target, AddressPart>
type AddressPart = 'type' | 'id' | 'version' | 'compartment'

/** Shape of the path -> method -> what answers. */
function compile(interactions: Handlers['interactions']): ReadonlyMap<string, ReadonlyMap<string, Plan>> {
  const table = new Map<string, Map<string, Plan>>()
  for (const [method, path, name, body] of ROUTES) {
    const run = name === 'operation' ? never : interactions[name]
    if (run === undefined) continue
    const shape = shapeOf(path.split('/').filter((segment) => segment !== ''))
    const methods = table.get(shape) ?? new Map<string, Plan>()
    const plan = { name, body, run, prefers: PREFERENCE_APPLIES.has(name), anonymous: ANONYMOUS.has(name) }
    table.set(shape, methods.set(method, { route: `${method} ${path}`, ...plan }))
  }
  return table
}

const never: Handler = () => Promise.reject(new Error('An operation is answered by its own handler.'))

/** `Patient`, `1`, `_history` as `:/:/_history`: names and ids become `:`, reserved segments stay as they are. */
function shapeOf(segments: readonly string[]): string {
  if (isDocument(segments)) return segments[0]!
  let shape = ''
  for (const one of segments) shape += `${shape && '/'}${one.startsWith('_') ? one : one.startsWith('$') ? '$' : ':'}`
  return shape
}

/** Addresses that look like those of types. */
const DOCUMENTS = new Set(['metadata', 'openapi.json'])

const isDocument = (segments: readonly string[]): boolean => segments.length === 1 && DOCUMENTS.has(segments[0]!)

function segmentsOf(path: string): string[] {
  // A slash at the end is ignored: clients post Bundles to `[base]/`.
  const trimmed = path.endsWith('/') ? path.slice(1, -1) : path.slice(1)
  if (trimmed === '') return []
  if (!trimmed.includes('%')) return trimmed.split('/')
  try {
    return trimmed.split('/').map(decodeURIComponent)
  } catch {
    throw refuse('request-malformed', `The address \`${clip(path)}\` has a \`%\` that begins no encoded character.`)
  }
}

function namesIn(segments: readonly string[]): Pick<Target, AddressPart> {
  const [type, id, third, version] = segments
  if (type === ASYNC && id !== undefined) return { id }
  if (type === undefined || !isName(type) || isDocument(segments)) return {}
  checkType(type)
  if (id === undefined || !isName(id)) return { type }
  if (!FHIR_ID.test(id)) throw invalidId(id)
  if (third !== undefined && isName(third)) {
    if (third !== EVERY_TYPE) checkType(third)
    return { compartment: { type, id }, ...(third === EVERY_TYPE ? {} : { type: third }) }
  }
  if (third === '_search') return { compartment: { type, id } }
  if (version === undefined || !isName(version)) return { type, id }
  if (!FHIR_ID.test(version)) throw invalidId(version)
  return { type, id, version }
}

/** Where requests are that are answered in the background. */
const ASYNC = '_async'

/** In the place of a type: all types of a compartment. */
const EVERY_TYPE = '*'

function checkType(type: string): void {
  if (!TYPE.test(type))
    throw refuse('unknown-type', `\`${clip(type)}\` is not a resource type. Types are written as \`Patient\`.`)
}

const isName = (segment: string): boolean => !segment.startsWith('_') && !segment.startsWith('$')

const TYPE = /^[A-Z][A-Za-z]{1,63}$/
/** https://hl7.org/fhir/R4/datatypes.html#id */

type Registry = ReadonlyMap<string, RoutedOperation>

function registryOf(operations: readonly RoutedOperation[]): Registry {
  return new Map(
    operations.flatMap((operation) =>
      operation.levels.flatMap((level) =>
        typesAt(operation, level).map((type) => [address(level, type, operation.name), operation] as const),
      ),
    ),
  )
}

const typesAt = ({ types }: RoutedOperation, level: OperationLevel): readonly string[] =>
  level === 'system' || types.length === 0 ? ['*'] : types

const address = (level: OperationLevel, type: string, name: string): string => `${level} ${type} ${name}`

const LEVELS = ['system', 'type', 'instance'] as const
const OPERATION_PATHS = { system: '/$', type: '/:type/$', instance: '/:type/:id/$' } as const

function operationTarget(
  registry: Registry,
  method: string,
  segments: readonly string[],
  { path, caller }: { readonly path: string; readonly caller: Caller | undefined },
): Plan {
  const level = LEVELS[segments.length - 1]!
  const name = segments.at(-1)!.slice(1)
  const found = registry.get(address(level, segments[0]!, name)) ?? registry.get(address(level, '*', name))
  if (found === undefined || (found.boardOnly && caller && caller.role !== 'board')) throw unknownAddress(path)
  const allowed = found.affectsState ? ['POST'] : ['GET', 'POST']
  // Which methods an address of the board takes is for the board to learn.
  if (!allowed.includes(method) && !(found.boardOnly && !caller)) return notAllowed(method, path, allowed)
  return {
    route: `${method} ${OPERATION_PATHS[level]}${name}`,
    name: `$${name}`,
    body: method === 'GET' ? 'none' : 'optional',
    run: found.run,
    prefers: false,
    anonymous: false,
    ...(found.boardOnly ? { boardOnly: true as const } : {}),
  }
}

function notAllowed(method: string, path: string, allowed: readonly string[]): never {
  const all = allowed.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
  const text = `\`${clip(path)}\` does not take ${method}. Use ${all}.`
  throw refuse('method-not-allowed', text, { headers: { Allow: all } })
}

const unknownAddress = (path: string) =>
  refuse('unknown-address', `The hub has no address \`${clip(path)}\`. See \`metadata\` for what there is.`)

const invalidId = (id: string) =>
  refuse('invalid-id', `\`${clip(id)}\` is not an id. An id has 1 to 64 letters, digits, \`-\` and \`.\`.`)

const clip = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text)
