/**
 * Which record each entry of a transaction writes: by its id, by a condition on the records as they are but for what the
 * transaction deletes, or a new one. https://hl7.org/fhir/R4/http.html#trules
 */
import { refuse } from '../fhir/outcome.ts'
import type { Key, Resource } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import type { Guard, Version } from '../store/store.ts'
import { issuesAtEntry } from '../write/bundle-location.ts'
import type { Call } from './call.ts'
import { conditionOf, conditionText, matchOf, nothingMatches, without, type Condition } from './conditional.ts'
import { criteria } from './criteria.ts'
import { isWriting, type EntryCall } from './entry.ts'
import { entryNames, refuseEntryNames } from './entry-links.ts'
import { inTurn } from './entry-result.ts'
import { currentOf, noMatch } from './patch.ts'
import { deletionOf, matchesOf, type RemoveNeeds } from './remove.ts'
import { keyOf, requireInteraction } from './target.ts'
import { conditionalTarget, requireSameId, type UpdateTarget } from './update.ts'

/** One attempt of a transaction: what it reads, it reads once and afresh. */
export type TransactionAttempt = { readonly needs: RemoveNeeds; readonly outer: Call; readonly view: View }

type Common = {
  readonly call: EntryCall
  /** The condition by which the record was found, or found missing. */
  readonly condition?: Condition
  readonly guards: readonly Guard[]
}

export type IdentifiedEntry = Common &
  (
    | { readonly kind: 'delete'; readonly keys: readonly Key[]; readonly isSeveral: boolean }
    /** `existing`: the record that meets If-None-Exist, so that nothing is created. */
    | { readonly kind: 'create'; readonly id: string; readonly existing?: Version }
    | { readonly kind: 'update'; readonly id: string; readonly target: UpdateTarget }
    | { readonly kind: 'patch'; readonly id: string; readonly current: Version }
  )

/** The entry, for what is wrong with it. */
export const subject = ({ at, body }: EntryCall) => ({ at, type: body?.resourceType })

/** Deletions first: what they delete meets no condition of the others. The answer is in the order of the entries. */
export async function identifyEntries(
  attempt: TransactionAttempt,
  calls: readonly EntryCall[],
): Promise<readonly IdentifiedEntry[]> {
  const at = (call: EntryCall, work: () => Promise<IdentifiedEntry>) => issuesAtEntry(subject(call), work)
  const names = entryNames(calls)
  for (const call of calls) await issuesAtEntry(subject(call), () => checkEntry(attempt, call, names))
  const removing = calls.filter(({ interaction }) => interaction === 'delete')
  requireFew(removing, attempt.needs.limit)
  const removals = await inTurn(removing, (call) => at(call, () => identifyRemoval(attempt, call)))
  const deleted = removals.flatMap((one) => (one.kind === 'delete' ? one.keys : []))
  const byCall = new Map(removals.map((one) => [one.call, one]))
  return inTurn(
    calls,
    (call) => byCall.get(call) ?? at(call, () => IDENTIFY[call.interaction]!(attempt, call, deleted)),
  )
}

/** A deletion of several counts as many as it may delete: one commit changes no more records than it may have entries. */
function requireFew(removing: readonly EntryCall[], limit: number): void {
  let records = 0
  for (const { params, at } of removing) {
    records += Number(params.find(([name]) => name === '_count')?.[1] ?? 1)
    if (records > limit)
      throw refuse(
        'too-many-entries',
        `The transaction may delete more than ${limit} records, by the \`_count\` of all its deletions. Send it in parts.`,
        { expression: `${at}.request.url` },
      )
  }
}

function checkEntry({ needs }: TransactionAttempt, call: EntryCall, names: ReadonlySet<string>): void {
  if (!isWriting(call))
    throw refuse(
      'bundle-invalid',
      `\`${call.interaction}\` is not taken in a transaction; send it in a batch, or by itself.`,
      { expression: `${call.at}.request.url` },
    )
  requireInteraction(needs.definitions, call, call.interaction)
  if (call.ifNoneExist !== undefined) refuseEntryNames(names, call.ifNoneExist, `${call.at}.request.ifNoneExist`)
  refuseEntryNames(names, conditionText(call.params), `${call.at}.request.url`)
}

async function identifyRemoval({ needs, view }: TransactionAttempt, call: EntryCall): Promise<IdentifiedEntry> {
  if (call.id !== undefined) return { kind: 'delete', call, keys: [keyOf(call)], isSeveral: false, guards: [] }
  const { type = '' } = call
  const deletion = deletionOf(needs, call)
  const { versions, guards } = await matchesOf(view, deletion)
  if (versions.length === 0 && call.ifMatch !== undefined) throw nothingMatches(deletion)
  const keys = versions.map(({ id }) => ({ type, id }))
  return { kind: 'delete', call, keys, isSeveral: deletion.count !== undefined, condition: deletion, guards }
}

type Identify = (attempt: TransactionAttempt, call: EntryCall, deleted: readonly Key[]) => Promise<IdentifiedEntry>

const IDENTIFY: Readonly<Record<string, Identify>> = {
  async create({ needs, view }, call, deleted) {
    const { resourceType: type } = resourceOf(call)
    const id = needs.newId()
    if (call.ifNoneExist === undefined) return { kind: 'create', call, id, guards: [] }
    const query = without(criteria(needs, call, type, call.ifNoneExist), type, deleted)
    const condition = { query, text: call.ifNoneExist }
    const { version, guards } = await matchOf(view, condition)
    return version
      ? { kind: 'create', call, id, existing: version, condition, guards: [] }
      : { kind: 'create', call, id, condition, guards }
  },
  async update({ needs, view }, call, deleted) {
    const body = resourceOf(call)
    const at = `${call.at}.resource`
    if (call.id !== undefined) {
      const { id } = keyOf(call)
      requireSameId(body, id, { what: 'resource', expression: `${at}.id` })
      return { kind: 'update', call, id, target: { id, guards: [] }, guards: [] }
    }
    const condition = remaining(conditionOf(needs, call), deleted)
    const target = await conditionalTarget(needs, call, { view, condition, body, at })
    return { kind: 'update', call, id: target.id, target, condition, guards: target.guards }
  },
  async patch({ needs, view }, call, deleted) {
    if (call.id !== undefined) {
      const current = await currentOf(view, keyOf(call))
      return { kind: 'patch', call, id: current.id, current, guards: [] }
    }
    const condition = remaining(conditionOf(needs, call), deleted)
    const { version, guards } = await matchOf(view, condition)
    if (!version) throw noMatch(condition)
    return { kind: 'patch', call, id: version.id, current: version, condition, guards }
  },
}

const remaining = ({ query, text }: Condition, deleted: readonly Key[]): Condition => ({
  query: without(query, String(query.type), deleted),
  text,
})

/** The resource of an entry, of the type of its address. */
export function resourceOf(call: EntryCall): Resource {
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
