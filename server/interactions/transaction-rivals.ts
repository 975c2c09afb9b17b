/**
 * Entries of a transaction whose condition another entry decides. What the condition finds would depend on the order in
 * which they are processed, and a transaction must not. https://hl7.org/fhir/R4/http.html#trules
 */
import { refuse } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import type { Condition } from './conditional.ts'
import type { IdentifiedEntry } from './identify-entry.ts'
import type { TransactionState } from './transaction-state.ts'

type WrittenEntry = { readonly entry: IdentifiedEntry; readonly resource: Resource & { readonly id: string } }

export type RivalContext = {
  readonly state: TransactionState
  readonly written: readonly WrittenEntry[]
  readonly entries: readonly IdentifiedEntry[]
}

/**
 * Deletions come first: what another entry writes does not meet their condition yet.
 * @throws OutcomeError `bundle-invalid`
 */
export function refuseRivals(context: RivalContext, entry: IdentifiedEntry): void {
  const { condition, call } = entry
  if (!condition) return
  const expression = `${call.at}.request.${entry.kind === 'create' ? 'ifNoneExist' : 'url'}`
  if (entry.kind === 'delete') return
  const rival = rivalOf(context, entry, condition)
  if (!rival) return
  throw refuse(
    'bundle-invalid',
    `\`${rival.call.at}\` ${rival.kind === 'create' ? 'creates' : 'writes'} a record that meets the condition \`${condition.text}\`, so that the order of the entries would decide ` +
      'which record is meant. Send one of the two, and let others refer to it by its fullUrl.',
    { expression },
  )
}

function rivalOf(
  { state, written, entries }: RivalContext,
  entry: IdentifiedEntry,
  { query }: Condition,
): IdentifiedEntry | undefined {
  const writer = written.find(
    (one) => one.entry !== entry && decides(entry, one.entry) && state.meets(query, one.resource),
  )
  if (writer) return writer.entry
  // Where nothing matches, each of two entries of one condition would create its own record.
  if (entry.kind === 'patch' || (entry.kind === 'create' && entry.existing)) return undefined
  const where = JSON.stringify([query.type, query.where])
  return entries.find(
    (one) =>
      one !== entry &&
      one.kind !== 'delete' &&
      !(one.kind === 'create' && one.existing) &&
      one.condition !== undefined &&
      JSON.stringify([one.condition.query.type, one.condition.query.where]) === where,
  )
}

/** If-None-Exist is decided before the updates, but for the records that other entries create. */
const decides = (entry: IdentifiedEntry, writer: IdentifiedEntry): boolean =>
  entry.kind !== 'create' || writer.kind === 'create' || (writer.kind === 'update' && !!writer.target.create)
