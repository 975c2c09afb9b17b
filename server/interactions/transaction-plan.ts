/**
 * The changes of a transaction: ids for what is new, and every reference between entries made to name them.
 * https://hl7.org/fhir/R4/http.html#trules
 */
import { parseEtags } from '../fhir/etag.ts'
import { refuse } from '../fhir/outcome.ts'
import { parseReference, references, rewriteReferences } from '../fhir/reference.ts'
import { keyText, type Resource } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import type { Version } from '../store/store.ts'
import { issuesAtEntry } from '../write/bundle-location.ts'
import type { Change } from '../write/change.ts'
import type { Call } from './call.ts'
import { singleMatch, type CreateNeeds } from './create.ts'
import { criteria } from './criteria.ts'
import type { EntryCall } from './entry.ts'
import { inTurn } from './entry-result.ts'
import { withLocalReferences } from './local-references.ts'
import { keyOf, requireInteraction } from './target.ts'

/** One attempt of a transaction: what it reads, it reads once and afresh. */
export type TransactionAttempt = { readonly needs: CreateNeeds; readonly outer: Call; readonly view: View }

/** An entry with the change that it requests, or the record that meets its If-None-Exist. */
export type PlannedEntry = { readonly call: EntryCall; readonly change?: Change; readonly existing?: Version }

/** Ids for what is new, then every reference between entries made to point at them. */
export async function planWrites(
  attempt: TransactionAttempt,
  calls: readonly EntryCall[],
): Promise<readonly PlannedEntry[]> {
  const identified = await inTurn(calls, (call) => issuesAtEntry(subject(call), () => identify(attempt, call)))
  const map = new Map(identified.flatMap(({ call, id, existing }) => fullUrlOf(call, existing?.id ?? id)))
  return inTurn(identified, (one) => issuesAtEntry(subject(one.call), () => planWrite(attempt, one, map)))
}

async function planWrite(
  attempt: TransactionAttempt,
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

async function identify({ needs, view }: TransactionAttempt, call: EntryCall): Promise<IdentifiedEntry> {
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
  { needs, outer, view }: TransactionAttempt,
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
export function refuseDoubleAddresses(calls: readonly EntryCall[]): void {
  const seen = new Set<string>()
  for (const { fullUrl, at } of calls) {
    if (fullUrl === undefined) continue
    if (seen.has(fullUrl))
      throw refuse('bundle-invalid', `Two entries have the fullUrl \`${fullUrl}\`.`, { expression: `${at}.fullUrl` })
    seen.add(fullUrl)
  }
}
