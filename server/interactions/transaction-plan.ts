/**
 * The changes of a transaction: ids for what is new, and every reference between entries made to name them.
 * https://hl7.org/fhir/R4/http.html#trules
 */
import { refuse } from '../fhir/outcome.ts'
import { parseReference, references, rewriteReferences } from '../fhir/reference.ts'
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import type { Query } from '../search/query.ts'
import type { Guard, Version } from '../store/store.ts'
import { issuesAtEntry } from '../write/bundle-location.ts'
import type { Change } from '../write/change.ts'
import type { Call } from './call.ts'
import { singleMatch, type CreateNeeds } from './create.ts'
import { without } from './conditional.ts'
import { criteria } from './criteria.ts'
import type { EntryCall } from './entry.ts'
import { entryLinks, namesEntry, type LinkTarget, type LinkTargets } from './entry-links.ts'
import { preconditionsOf } from './if-match.ts'
import { inTurn } from './entry-result.ts'
import { withLocalReferences } from './local-references.ts'
import { rewriteLinks } from './rewrite-links.ts'
import { keyOf, requireInteraction } from './target.ts'
import { transactionState, type TransactionState } from './transaction-state.ts'

/** One attempt of a transaction: what it reads, it reads once and afresh. */
export type TransactionAttempt = { readonly needs: CreateNeeds; readonly outer: Call; readonly view: View }

/** An entry with the change that it requests, or the record that meets its If-None-Exist. */
export type PlannedEntry = { readonly call: EntryCall; readonly change?: Change; readonly existing?: Version }

/** The changes, and what must still hold when they are committed. */
export type TransactionPlan = { readonly entries: readonly PlannedEntry[]; readonly guards: readonly Guard[] }

/**
 * Ids for what is new, then every link between entries made to point at them, and last the conditional references,
 * among the records as the transaction leaves them.
 */
export async function planWrites(attempt: TransactionAttempt, calls: readonly EntryCall[]): Promise<TransactionPlan> {
  const { needs, outer, view } = attempt
  const deleted = calls.filter(({ interaction }) => interaction === 'delete').map(keyOf)
  const identified = await inTurn(calls, (call) => issuesAtEntry(subject(call), () => identify(attempt, call, deleted)))
  const targets: LinkTargets = new Map(identified.flatMap(linkTarget))
  const linked = identified.map((one): LinkedEntry => ({ ...one, body: linkedBody(needs, one, targets) }))
  const written = linked.flatMap(({ call, id, body, existing }) =>
    body && !existing ? [{ call, resource: { ...body, id } }] : [],
  )
  const state = transactionState({ needs, outer, view }, { deleted, written: written.map(({ resource }) => resource) })
  const context = { needs, outer, targets, state, written }
  const resolved = await inTurn(linked, (one) =>
    issuesAtEntry(subject(one.call), () => resolveConditions(context, one)),
  )
  return {
    entries: resolved.map(({ entry }) => entry),
    guards: resolved.flatMap(({ guards }) => guards),
  }
}

type ResolvedEntry = { readonly entry: PlannedEntry; readonly guards: readonly Guard[] }

async function resolveConditions(context: ConditionContext, one: LinkedEntry): Promise<ResolvedEntry> {
  const { call, id, existing, unless, body } = one
  if (unless) refuseRival(context, call, unless)
  if (existing) return { entry: { call, existing }, guards: [] }
  if (!body) {
    const change = { kind: 'remove' as const, key: keyOf(call), ...preconditionsOf(call), at: call.at }
    return { entry: { call, change }, guards: [] }
  }
  const { sent, guards } = await withConditional(context, body)
  const change: Change = {
    kind: 'put',
    create: call.method === 'POST',
    resource: { ...sent, id },
    sent,
    ...preconditionsOf(call),
    unless,
    at: `${call.at}.resource`,
  }
  return { entry: { call, change }, guards }
}

/** The entry, for what is wrong with it. */
const subject = ({ at, body }: EntryCall) => ({ at, type: body?.resourceType })

type IdentifiedEntry = {
  readonly call: EntryCall
  readonly id: string
  /** The record that meets its If-None-Exist, so that nothing is created. */
  readonly existing?: Version
  readonly unless?: Query
}

/** With its resource, the links to other entries replaced; without one for a deletion. */
type LinkedEntry = IdentifiedEntry & { readonly body?: Resource }

type WrittenEntry = { readonly call: EntryCall; readonly resource: Resource & { readonly id: string } }

type ConditionContext = {
  readonly needs: CreateNeeds
  readonly outer: Call
  readonly targets: LinkTargets
  readonly state: TransactionState
  readonly written: readonly WrittenEntry[]
}

async function identify(
  { needs, view }: TransactionAttempt,
  call: EntryCall,
  deleted: readonly Key[],
): Promise<IdentifiedEntry> {
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
  // Deletions come first: what they delete meets no condition.
  const unless = without(criteria(needs, call, body.resourceType, call.ifNoneExist), body.resourceType, deleted)
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

/** What other entries may call this one by, and the address that it has or gets. */
function linkTarget({ call, id, existing }: IdentifiedEntry): readonly (readonly [string, LinkTarget])[] {
  const { fullUrl, type = '', method, body } = call
  if (fullUrl === undefined || method === 'DELETE') return []
  const { versionId } = (body?.meta ?? {}) as { readonly versionId?: unknown }
  const version = existing?.version ?? (method === 'POST' ? 1 : undefined)
  const target = {
    key: { type, id: existing?.id ?? id },
    ...(typeof versionId === 'string' ? { sentVersion: versionId } : {}),
    ...(version === undefined ? {} : { version }),
  }
  return [[fullUrl, target]]
}

function linkedBody(needs: CreateNeeds, { call }: IdentifiedEntry, targets: LinkTargets): Resource | undefined {
  if (call.method === 'DELETE') return undefined
  const body = resourceOf(call)
  const linked =
    targets.size === 0 ? body : rewriteLinks(body, needs.definitions.structures, entryLinks(targets, call.fullUrl))
  return withLocalReferences(linked, call.base)
}

/**
 * If-None-Exist asks for a record that there is already. One that another entry creates would be there or not by the order
 * of the entries, on which a transaction must not depend.
 */
function refuseRival({ targets, state, written }: ConditionContext, call: EntryCall, unless: Query): void {
  refuseEntryNames(targets, call.ifNoneExist ?? '', `${call.at}.request.ifNoneExist`)
  const rival = written.find(
    (one) => one.call !== call && one.call.method === 'POST' && state.meets(unless, one.resource),
  )
  if (rival)
    throw refuse(
      'bundle-invalid',
      `\`${rival.call.at}\` creates a record that meets this If-None-Exist, so that the order of the entries would decide ` +
        'which is created. Send one of the two, and let others refer to it by its fullUrl.',
      { expression: `${call.at}.request.ifNoneExist` },
    )
}

/** Conditional references (`Patient?identifier=x`) resolved among what the caller may know of, as it will be. */
async function withConditional(
  { needs, outer, targets, state }: ConditionContext,
  body: Resource,
): Promise<{ readonly sent: Resource; readonly guards: readonly Guard[] }> {
  const addresses = new Map<string, string>()
  const guards: Guard[] = []
  for (const { reference, path } of references(body)) {
    const found = parseReference(reference)
    if (found?.kind !== 'conditional' || addresses.has(reference)) continue
    refuseEntryNames(targets, found.query, path)
    const match = await state.single(criteria(needs, outer, found.type, found.query), found)
    if (!match)
      throw refuse('reference-not-found', `\`${reference}\` matches no record that you may know of.`, {
        expression: path,
      })
    addresses.set(reference, keyText(match.key))
    guards.push(match.guard)
  }
  return { sent: rewriteReferences(body, addresses), guards }
}

function refuseEntryNames(targets: LinkTargets, query: string, expression: string): void {
  if (!namesEntry(targets, query)) return
  throw refuse(
    'bundle-invalid',
    `The condition \`${query}\` names an entry of the Bundle; a condition is a search, which finds a record by what is stored. Refer to the entry by its fullUrl instead.`,
    { expression },
  )
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
