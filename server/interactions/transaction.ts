/**
 * Batch and transaction. A batch is its entries one by one; a transaction is one commit.
 * https://hl7.org/fhir/R4/http.html#transaction
 */
import { buildResponses, type EntryReply } from '../fhir/bundle.ts'
import { parseEtags } from '../fhir/etag.ts'
import { outcomeInEntry, placedOutcome } from '../fhir/located.ts'
import { operationOutcome, OutcomeError, refuse } from '../fhir/outcome.ts'
import { parseReference, references, rewriteReferences } from '../fhir/reference.ts'
import { keyText, type JsonObject, type Key, type Resource } from '../fhir/types.ts'
import type { Version } from '../store/store.ts'
import type { Call, Handler, Reply } from './call.ts'
import { criteria } from './criteria.ts'
import { created, disclosedIn, locationOf, singleMatch, type CreateNeeds } from './create.ts'
import { entryCall, type EntryCall } from './entry.ts'
import type { Router } from './routes.ts'
import { keyOf, requireInteraction } from './target.ts'
import { withLocalReferences } from './local-references.ts'
import { replyOf } from './read.ts'
import { insight, type View } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write, type Written } from '../write/pipeline.ts'
import type { Change } from '../write/change.ts'
import { issuesAtEntry } from '../write/bundle-location.ts'

export type TransactionNeeds = CreateNeeds & {
  readonly limit: number
  /** The address space, for the entries. */
  readonly route: Router
}

export const transaction =
  (needs: TransactionNeeds): Handler =>
  async (call) => {
    const bundle = bundleOf(call)
    const entries = entriesOf(bundle, needs.limit)
    const read = (entry: JsonObject, index: number): EntryCall => entryCall(needs.route, call, entry, index)
    if (bundle.type === 'batch')
      return answer(
        'batch-response',
        await inTurn(entries, (entry, index) => runEntry(call, index, () => read(entry, index))),
      )
    return answer('transaction-response', await allOrNone(needs, call, entries.map(read)))
  }

/** What an entry answers, and the records that it discloses. */
type EntryResult = EntryReply & Pick<Reply, 'disclosed'>

const answer = (kind: 'batch-response' | 'transaction-response', results: readonly EntryResult[]): Reply => ({
  status: 200,
  text: buildResponses(kind, results),
  disclosed: distinct(results.flatMap(({ disclosed }) => disclosed ?? [])),
})

const distinct = (keys: readonly Key[]): readonly Key[] => [...new Map(keys.map((key) => [keyText(key), key])).values()]

function bundleOf(call: Call): Resource {
  const { body } = call
  if (!body) throw refuse('body-missing', 'Send a Bundle of type `batch` or `transaction` as the body.')
  if (body.resourceType !== 'Bundle')
    throw refuse('type-mismatch', `The body is a \`${String(body.resourceType)}\`; this address takes a \`Bundle\`.`)
  if (body.type === 'batch' || body.type === 'transaction') return body
  throw refuse(
    'bundle-invalid',
    `\`Bundle.type\` is \`${String(body.type)}\`; it must be \`batch\` or \`transaction\`.`,
    { expression: 'Bundle.type' },
  )
}

function entriesOf(bundle: Resource, limit: number): readonly JsonObject[] {
  const entries = bundle.entry ?? []
  if (
    !Array.isArray(entries) ||
    entries.some((entry) => entry === null || typeof entry !== 'object' || Array.isArray(entry))
  ) {
    throw refuse('bundle-invalid', '`Bundle.entry` must be an array of objects.', { expression: 'Bundle.entry' })
  }
  if (entries.length <= limit) return entries as readonly JsonObject[]
  throw refuse(
    'too-many-entries',
    `The Bundle has ${entries.length} entries; at most ${limit} are taken. Send it in parts.`,
    { expression: 'Bundle.entry' },
  )
}

async function inTurn<T, R>(list: readonly T[], each: (one: T, index: number) => R | Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const [index, one] of list.entries()) results.push(await each(one, index))
  return results
}

/** One entry of a batch: its failure is its own, with expressions into the Bundle that was sent. */
async function runEntry(outer: Call, index: number, read: () => EntryCall): Promise<EntryResult> {
  let type: string | undefined
  const located = (outcome: Resource): Resource =>
    placedOutcome(outcomeInEntry(outcome, `Bundle.entry[${index}]`, type), outer.locate)
  try {
    const call = read()
    type = call.body?.resourceType
    const reply = entryReply(call, await call.run(call))
    return reply.resource?.resourceType === 'OperationOutcome' ? { ...reply, resource: located(reply.resource) } : reply
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    return { status: error.status, outcome: located(operationOutcome(error.issues)) }
  }
}

function entryReply(call: EntryCall, reply: Reply): EntryResult {
  const { status, text, resource, location, version, lastModified, disclosed } = reply
  const isWrite = call.method === 'POST' || call.method === 'PUT'
  const isMinimal = isWrite && call.prefer.return === 'minimal'
  return { status, location, version, lastModified, disclosed, ...(isMinimal ? {} : { text, resource }) }
}

/** One attempt of a transaction: what it reads, it reads once and afresh. */
type Attempt = { readonly needs: TransactionNeeds; readonly outer: Call; readonly view: View }

type PlannedEntry = { readonly call: EntryCall; readonly change?: Change; readonly existing?: Version }

/** Writes in one commit, in the order DELETE, POST, PUT; reads after it; answers in the order of the request. */
async function allOrNone(
  needs: TransactionNeeds,
  outer: Call,
  calls: readonly EntryCall[],
): Promise<readonly EntryResult[]> {
  refuseDoubleAddresses(calls)
  const writes = calls.filter((one) => one.method !== 'GET' && one.method !== 'HEAD')
  const done = await retryOnConflict(async () => {
    const view = insight(needs.store, outer.caller, outer.now)
    const planned = await planWrites({ needs, outer, view }, writes)
    const changes = planned.flatMap((one) => (one.change ? [one.change] : []))
    const written = await write(needs, { ...outer, view }, changes)
    const byChange = new Map(changes.map((change, index) => [change, written[index]]))
    return new Map(planned.map((one) => [one.call, entryReply(one.call, replyTo(needs, one, byChange))]))
  })
  return inTurn(calls, (one, index) => done.get(one) ?? runEntry(outer, index, () => one))
}

/** Ids for what is new, then every reference between entries made to point at them. */
async function planWrites(attempt: Attempt, calls: readonly EntryCall[]): Promise<readonly PlannedEntry[]> {
  const identified = await inTurn(calls, (call) => issuesAtEntry(subject(call), () => identify(attempt, call)))
  const map = new Map(identified.flatMap(({ call, id, existing }) => fullUrlOf(call, existing?.id ?? id)))
  return inTurn(identified, (one) => issuesAtEntry(subject(one.call), () => planWrite(attempt, one, map)))
}

async function planWrite(
  attempt: Attempt,
  { call, id, existing, unless }: IdentifiedEntry,
  map: ReadonlyMap<string, string>,
): Promise<PlannedEntry> {
  if (existing) return { call, existing }
  if (call.method === 'DELETE')
    return { call, change: { kind: 'remove' as const, key: keyOf(call), ifMatch: tags(call), at: call.at } }
  const body = withLocalReferences(resourceOf(call), call.base)
  const linked = rewriteReferences(body, await withConditional(attempt, body, map))
  const change: Change = {
    kind: 'put',
    create: call.method === 'POST',
    resource: { ...linked, id },
    sent: linked,
    ifMatch: tags(call),
    ifAbsent: call.ifNoneMatch?.trim() === '*',
    unless,
    at: `${call.at}.resource`,
  }
  return { call, change }
}

/** The entry, for what is wrong with it. */
const subject = ({ at, body }: EntryCall) => ({ at, type: body?.resourceType })

type IdentifiedEntry = {
  readonly call: EntryCall
  readonly id: string
  readonly existing?: Version
  readonly unless?: ReturnType<typeof criteria>
}

async function identify({ needs, view }: Attempt, call: EntryCall): Promise<IdentifiedEntry> {
  if (!['create', 'update', 'delete'].includes(call.interaction)) {
    throw refuse(
      'bundle-invalid',
      `\`${call.interaction}\` is not taken in a transaction; send it in a batch, or by itself.`,
      { expression: `${call.at}.request.url` },
    )
  }
  requireInteraction(needs.definitions, call, call.interaction)
  if (call.method === 'DELETE') return { call, id: keyOf(call).id }
  const body = resourceOf(call)
  if (call.method === 'PUT') return { call, id: updatedId(call, body) }
  if (call.ifNoneExist === undefined) return { call, id: needs.newId() }
  const unless = criteria(needs, call, body.resourceType, call.ifNoneExist)
  return { call, id: needs.newId(), unless, existing: await singleMatch(view, unless, call.ifNoneExist) }
}

function updatedId(call: EntryCall, body: Resource): string {
  const { id } = keyOf(call)
  if (body.id === id) return id
  throw refuse(
    'id-mismatch',
    `The resource has ${body.id === undefined ? 'no id' : `the id \`${String(body.id)}\``}; the request says \`${id}\`.`,
    {
      expression: `${call.at}.resource.id`,
    },
  )
}

function resourceOf(call: EntryCall): Resource {
  const { body } = call
  if (!body)
    throw refuse('body-missing', `The entry needs a \`${call.type ?? 'resource'}\` as its resource.`, {
      expression: `${call.at}.resource`,
    })
  if (body.resourceType === call.type) return body
  throw refuse(
    'type-mismatch',
    `The resource is a \`${String(body.resourceType)}\`; the request takes a \`${call.type ?? ''}\`.`,
    {
      expression: `${call.at}.resource.resourceType`,
    },
  )
}

const tags = (call: EntryCall) => (call.ifMatch === undefined ? undefined : parseEtags(call.ifMatch, 'ifMatch'))

/** The names by which other entries may refer to this one, each with its address. */
function fullUrlOf(call: EntryCall, id: string): readonly (readonly [string, string])[] {
  const address = `${call.type ?? ''}/${id}`
  return call.fullUrl !== undefined && call.method !== 'DELETE' && call.fullUrl !== address
    ? [[call.fullUrl, address]]
    : []
}

/** Conditional references (`Patient?identifier=x`) resolved among what the caller may know of. https://hl7.org/fhir/R4/http.html#trules */
async function withConditional(
  { needs, outer, view }: Attempt,
  body: Resource,
  map: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const all = new Map(map)
  for (const { reference, path } of references(body)) {
    const found = parseReference(reference)
    if (found?.kind !== 'conditional') continue
    const version = await singleMatch(view, criteria(needs, outer, found.type, found.query), found.query)
    if (!version)
      throw refuse('reference-not-found', `\`${reference}\` matches no record that you may know of.`, {
        expression: path,
      })
    all.set(reference, keyText(version))
  }
  return all
}

/** Two entries under one fullUrl: a reference to it would be ambiguous. */
function refuseDoubleAddresses(calls: readonly EntryCall[]): void {
  const seen = new Set<string>()
  for (const { fullUrl, at } of calls) {
    if (fullUrl === undefined) continue
    if (seen.has(fullUrl))
      throw refuse('bundle-invalid', `Two entries have the fullUrl \`${fullUrl}\`.`, { expression: `${at}.fullUrl` })
    seen.add(fullUrl)
  }
}

function replyTo(
  needs: TransactionNeeds,
  { call, change, existing }: PlannedEntry,
  writes: ReadonlyMap<Change, Written | undefined>,
): Reply {
  if (existing) return disclosedIn(needs, call, existing, { ...replyOf(existing), location: locationOf(existing) })
  const written = change && writes.get(change)
  const version = written?.version
  if (!version || change?.kind === 'remove') {
    return { status: 204, version: version?.version, lastModified: version?.at }
  }
  const reply = written?.created ? created(version) : { ...replyOf(version), location: locationOf(version) }
  return disclosedIn(needs, call, version, reply)
}
