/**
 * `Prefer: respond-async`: a request that may take long is accepted, carried out in the background, and its result
 * fetched at a status address. https://hl7.org/fhir/R4/async.html
 */
import { createHmac } from 'node:crypto'
import { refuse } from '../fhir/outcome.ts'
import { serialize } from '../fhir/json.ts'
import type { Cursors } from '../search/page.ts'
import type { Store } from '../store/store.ts'
import { ASYNC_REQUEST, changeAsync, type AsyncKind, type AsyncPayload } from '../write/async-requests.ts'
import type { Call, Handler, Reply } from './call.ts'
import type { RoutedOperation } from './routes.ts'
import { bundleOf, entriesOf } from './transaction.ts'

export type AcceptNeeds = {
  readonly store: Store
  readonly cursors: Cursors
  /** Most requests of one agency that wait, run, or have a result that is kept. */
  readonly asyncLimit: number
  /** Most entries of a Bundle. */
  readonly limit: number
  /** An id that nobody can guess. */
  newAsyncId(): string
  /** A hint that there is work. */
  wake(): void
}

/** The interactions that may take long; operations do if they change nothing. */
const INTERACTIONS = [
  'transaction',
  'search-type',
  'search-system',
  'search-compartment',
  'history-type',
  'history-system',
] as const

type Interactions = Readonly<Record<string, Handler | undefined>>
type Parts<O> = { readonly interactions: Interactions; readonly operations: readonly O[] }

/** The handlers, of which those that may take long accept a request that prefers to be answered later. */
export function acceptingAsync<O extends RoutedOperation>(
  needs: AcceptNeeds,
  { interactions, operations }: Parts<O>,
): Parts<O> {
  const accepting =
    (name: string, run: Handler): Handler =>
    (call) =>
      call.prefer.async ? accept(needs, name, call) : run(call)
  const wrapped = INTERACTIONS.flatMap((name) => {
    const run = interactions[name]
    return run ? [[name, accepting(name, run)] as const] : []
  })
  return {
    interactions: { ...interactions, ...Object.fromEntries(wrapped) },
    operations: operations.map((one) =>
      one.affectsState ? one : { ...one, run: accepting(operationName(one), one.run) },
    ),
  }
}

/** Operations of one name at several types are several. */
const operationName = ({ name, types }: RoutedOperation): string => `$${name} ${types.join(',')}`

/** The handlers by the names under which requests are kept. */
export const keptHandlers = ({ interactions, operations }: Parts<RoutedOperation>): ReadonlyMap<string, Handler> =>
  new Map([
    ...INTERACTIONS.flatMap((name) => (interactions[name] ? [[name, interactions[name]] as const] : [])),
    ...operations.map((one) => [operationName(one), one.run] as const),
  ])

/** A request as it is kept: JSON, with its body as text so that decimals keep their digits. */
export type KeptRequest = {
  readonly name: string
  readonly role: Call['caller']['role']
  readonly call: Omit<Call, 'caller' | 'now' | 'body' | 'locate' | 'turn' | 'jsonPatch'>
  readonly body?: string
}

/** Ids that only who has the secret can make of those that the clock gives. */
export const asyncIds = (secret: Buffer, newId: () => string) => (): string =>
  createHmac('sha256', secret).update(`async ${newId()}`).digest('hex').slice(0, 32)

/** The encryption binds a text to the request of this id. */
export const sealedFor = (id: string): string => `async ${id}`

async function accept(needs: AcceptNeeds, name: string, call: Call): Promise<Reply> {
  const { store, cursors, asyncLimit } = needs
  const kind = name === 'transaction' ? kindOf(needs, call) : 'reads'
  const { caller, now, body, locate: _locate, turn, prefer, ...rest } = call
  const { async: _async, ...preferred } = prefer
  const id = needs.newAsyncId()
  const kept: KeptRequest = {
    name,
    role: caller.role,
    call: { ...rest, prefer: preferred },
    ...(body ? { body: serialize(body) } : {}),
  }
  await turn?.()
  const payload: AsyncPayload = { agency: caller.agency, kind, request: await cursors.sealLarge(kept, sealedFor(id)) }
  await changeAsync<void>(store, { agency: caller.agency, id }, ({ requests }) => {
    if (requests.length >= asyncLimit) throw tooMany(asyncLimit)
    const jobs = [{ kind: ASYNC_REQUEST, key: id, due: now, payload }]
    return { answer: undefined, change: { entry: { id, state: 'accepted' }, jobs } }
  })
  needs.wake()
  return { status: 202, location: `_async/${id}`, headers: { 'Preference-Applied': 'respond-async' } }
}

/** @throws OutcomeError for what is no Bundle that could be processed */
function kindOf({ limit }: AcceptNeeds, call: Call): AsyncKind {
  const bundle = bundleOf(call)
  const entries = entriesOf(bundle, limit)
  if (bundle.type === 'transaction') return 'transaction'
  const methods = entries.map(({ request }) => (request as { readonly method?: unknown } | undefined)?.method)
  return methods.every((method) => method === 'GET' || method === 'HEAD') ? 'reads' : 'writes'
}

const tooMany = (limit: number) =>
  refuse(
    'async-limit',
    `You have ${limit} requests in the background, which is the most: they wait, run, or their result is kept. Fetch results and delete them at their status addresses, or send this one without \`Prefer: respond-async\`.`,
    { headers: { 'Retry-After': '60' } },
  )
