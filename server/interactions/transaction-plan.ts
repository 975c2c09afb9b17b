/**
 * The changes of a transaction: ids for what is new, and every reference between entries made to name them.
 * https://hl7.org/fhir/R4/http.html#trules
 */
import { refuse } from '../fhir/outcome.ts'
import { parseReference, references, referenceTexts, rewriteReferences } from '../fhir/reference.ts'
import { keyText, type Resource } from '../fhir/types.ts'
import type { Guard, Version } from '../store/store.ts'
import { issuesAtEntry } from '../write/bundle-location.ts'
import type { Change } from '../write/change.ts'
import type { CreateNeeds } from './create.ts'
import { criteria } from './criteria.ts'
import type { EntryCall } from './entry.ts'
import { entryLinks, entryNames, refuseEntryNames, type LinkTarget, type LinkTargets } from './entry-links.ts'
import { inTurn } from './entry-result.ts'
import {
  identifyEntries,
  resourceOf,
  subject,
  type IdentifiedEntry,
  type TransactionAttempt,
} from './identify-entry.ts'
import { preconditionsOf } from './if-match.ts'
import { withLocalReferences } from './local-references.ts'
import { patchChange, patchIn } from './patch.ts'
import { rewriteLinks } from './rewrite-links.ts'
import { refuseRivals, type RivalContext } from './transaction-rivals.ts'
import { transactionState } from './transaction-state.ts'
import { putChange } from './update.ts'

/** An entry with the changes that it requests, or the record that meets its If-None-Exist. */
export type PlannedEntry = {
  readonly call: EntryCall
  readonly changes: readonly Change[]
  readonly existing?: Version
  /** A deletion of all that match. */
  readonly isSeveral?: boolean
}

/** The changes, and what must still hold when they are committed. */
export type TransactionPlan = { readonly entries: readonly PlannedEntry[]; readonly guards: readonly Guard[] }

/**
 * Ids for what is new, then every link between entries made to point at them, and last the conditional references,
 * among the records as the transaction leaves them.
 */
export async function planWrites(attempt: TransactionAttempt, calls: readonly EntryCall[]): Promise<TransactionPlan> {
  const { needs, outer, view } = attempt
  const identified = await identifyEntries(attempt, calls)
  const targets: LinkTargets = new Map(identified.flatMap(linkTarget))
  const linked = await inTurn(identified, (one) =>
    issuesAtEntry(subject(one.call), async (): Promise<LinkedEntry> => ({
      entry: one,
      change: await changeOf(needs, one, targets),
    })),
  )
  const deleted = identified.flatMap((one) => (one.kind === 'delete' ? one.keys : []))
  const written = linked.flatMap(({ entry, change }) => (change ? [{ entry, resource: change.resource }] : []))
  const state = transactionState({ needs, outer, view }, { deleted, written: written.map(({ resource }) => resource) })
  const names = entryNames(calls)
  const context: PlanContext = { needs, outer, names, state, written, entries: identified }
  const planned = await inTurn(linked, (one) => issuesAtEntry(subject(one.entry.call), () => planEntry(context, one)))
  return {
    entries: planned.map(({ entry }) => entry),
    guards: planned.flatMap(({ guards }) => guards),
  }
}

type Put = Change & { readonly kind: 'put' }

/** With the change of a resource, the links to other entries replaced; without one for a deletion, and where nothing is created. */
type LinkedEntry = { readonly entry: IdentifiedEntry; readonly change: Put | undefined }

type PlanContext = RivalContext & Pick<TransactionAttempt, 'needs' | 'outer'> & { readonly names: ReadonlySet<string> }

async function planEntry(context: PlanContext, { entry, change }: LinkedEntry): Promise<TransactionPlanPart> {
  const { call, guards } = entry
  refuseRivals(context, entry)
  if (entry.kind === 'delete') {
    const preconditions = { ...preconditionsOf(call), at: call.at }
    const changes = entry.keys.map((key) => ({ kind: 'remove' as const, key, ...preconditions }))
    return { entry: { call, changes, isSeveral: entry.isSeveral }, guards }
  }
  if (!change) return { entry: { call, changes: [], ...(entry.kind === 'create' ? entry : {}) }, guards }
  const resolved = await withConditional(context, change.resource)
  if (resolved.resource === change.resource) return { entry: { call, changes: [change] }, guards }
  const { id: _, ...sent } = resolved.resource
  const whole: Change = {
    ...change,
    resource: resolved.resource,
    ...(change.sent ? { sent: { ...sent, ...(change.sent.id === undefined ? {} : { id: change.sent.id }) } } : {}),
  }
  return { entry: { call, changes: [whole] }, guards: [...guards, ...resolved.guards] }
}

type TransactionPlanPart = { readonly entry: PlannedEntry; readonly guards: readonly Guard[] }

/** What other entries may call this one by, and the address that it has or gets. */
function linkTarget(entry: IdentifiedEntry): readonly (readonly [string, LinkTarget])[] {
  const { fullUrl, type = '', body } = entry.call
  if (fullUrl === undefined || entry.kind === 'delete') return []
  const { versionId } = (body?.meta ?? {}) as { readonly versionId?: unknown }
  const existing = entry.kind === 'create' ? entry.existing : undefined
  const version = existing?.version ?? (entry.kind === 'create' ? 1 : undefined)
  const target = {
    key: { type, id: existing?.id ?? entry.id },
    ...(typeof versionId === 'string' ? { sentVersion: versionId } : {}),
    ...(version === undefined ? {} : { version }),
  }
  return [[fullUrl, target]]
}

/** The change of an entry, its links to other entries replaced. */
async function changeOf(needs: CreateNeeds, entry: IdentifiedEntry, targets: LinkTargets): Promise<Put | undefined> {
  const { call } = entry
  const at = `${call.at}.resource`
  if (entry.kind === 'delete' || (entry.kind === 'create' && entry.existing)) return undefined
  if (entry.kind === 'patch') return patchedEntry(needs, entry, targets)
  const body = linkedBody(needs, call, resourceOf(call), { targets, fullUrl: call.fullUrl })
  const target = entry.kind === 'update' ? entry.target : { id: entry.id, create: true, guards: [] }
  return putChange(call, body, target, at)
}

/**
 * A patch may add links to other entries, too. Only absolute ones are replaced in the patched record: a relative one
 * that the record had before is one to a record of the hub.
 */
async function patchedEntry(
  needs: CreateNeeds,
  { call, current }: IdentifiedEntry & { readonly kind: 'patch' },
  targets: LinkTargets,
): Promise<Put> {
  const body = call.body && linkedBody(needs, call, call.body, { targets, fullUrl: call.fullUrl })
  const document = patchIn({ ...call, body }, needs.patchLimit)
  const change = await patchChange(needs, call, { current, document, at: `${call.at}.resource` })
  const resource = linkedBody(needs, call, change.resource, { targets, fullUrl: undefined })
  return { ...change, resource: { ...resource, id: change.resource.id } }
}

type Links = { readonly targets: LinkTargets; readonly fullUrl: string | undefined }

function linkedBody(needs: CreateNeeds, call: EntryCall, body: Resource, { targets, fullUrl }: Links): Resource {
  const linked =
    targets.size === 0 ? body : rewriteLinks(body, needs.definitions.structures, entryLinks(targets, fullUrl))
  return withLocalReferences(linked, call.base)
}

/** Conditional references (`Patient?identifier=x`) resolved among what the caller may know of, as it will be. */
async function withConditional<T extends Resource>(
  { needs, outer, names, state }: PlanContext,
  body: T,
): Promise<{ readonly resource: T; readonly guards: readonly Guard[] }> {
  const addresses = new Map<string, string>()
  const guards: Guard[] = []
  // Seldom is there one: the path of each reference is made only where it may be needed.
  const isConditional = [...referenceTexts(body)].some((text) => text.includes('?'))
  for (const { reference, path } of isConditional ? references(body) : []) {
    const found = parseReference(reference)
    if (found?.kind !== 'conditional' || addresses.has(reference)) continue
    refuseEntryNames(names, found.query, path)
    const match = await state.single(criteria(needs, outer, found.type, found.query), found)
    if (!match)
      throw refuse('reference-not-found', `\`${reference}\` matches no record that you may know of.`, {
        expression: path,
      })
    addresses.set(reference, keyText(match.key))
    guards.push(match.guard)
  }
  return { resource: rewriteReferences(body, addresses), guards }
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
