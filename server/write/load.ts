/** The first step of a write: the state before each change, as far as the caller may know of it. */
import { currentResource, parseInTurns } from '../records/resource.ts'
import { originalOf } from '../records/without-confidential.ts'
import { refuse } from '../fhir/outcome.ts'
import { inTurns } from '../fhir/turns.ts'
import { keyText, type Key } from '../fhir/types.ts'
import type { Version } from '../store/store.ts'
import { keyOf, type Change, type PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'

/**
 * All changes with their stored versions, read in one call. What is created under a new id of the hub is not looked for:
 * the commit sees to it that the id is free.
 * @throws OutcomeError `bundle-invalid` when a record is changed twice
 */
export async function load(context: WriteContext, changes: readonly Change[]): Promise<readonly PreparedChange[]> {
  const keys = changes.map(keyOf)
  refuseDoubles(keys, changes)
  const existing = changes.filter((one) => one.kind === 'remove' || !one.create)
  if (existing.length === 0) return changes.map((change) => ({ change, key: keyOf(change), at: change.at }))
  const versions = await context.view.readMany(existing.map(keyOf))
  const stored = new Map(existing.map((one, index) => [one, versions[index]]))
  await context.turn?.()
  return inTurns(changes, (change) => loadOne(context, change, originalOf(stored.get(change))))
}

async function loadOne(context: WriteContext, change: Change, stored: Version | undefined): Promise<PreparedChange> {
  await parseInTurns(stored)
  const before = currentResource(stored)
  const last = before ?? (await deletedState(context, stored))
  return { change, key: keyOf(change), at: change.at, stored, before, last }
}

/** Whoever brings a record back is bound by what it was, though it may have come to know of it only since. */
async function deletedState({ unrestricted }: WriteContext, stored: Version | undefined) {
  return stored && currentResource(await unrestricted.vread(stored, stored.version - 1))
}

function refuseDoubles(keys: readonly Key[], changes: readonly Change[]): void {
  const seen = new Set<string>()
  keys.forEach((key, index) => {
    const text = keyText(key)
    if (seen.has(text)) {
      throw refuse('bundle-invalid', `\`${text}\` is changed twice in one transaction; send each resource once.`, {
        expression: changes[index]?.at,
      })
    }
    seen.add(text)
  })
}
