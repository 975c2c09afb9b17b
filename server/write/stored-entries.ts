/** The index entries that a stored version has by the search parameters and rules in effect: what a reindex writes. */
import { currentResource, isDeleted, parseInTurns } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { IndexEntry } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import type { PreparedChange } from './change.ts'
import { IS_POSTED } from './dependents.ts'
import { entriesOf, remainingEntries } from './index-entries.ts'
import type { WriteNeeds } from './needs.ts'

/** In: a current version, a deletion too. Entries that only the write itself knew (SSN hash, posted) are kept. */
export async function storedEntries(needs: WriteNeeds, version: Version): Promise<readonly IndexEntry[]> {
  const { type, id } = version
  const key = { type, id }
  const reading = { ...needs, view: unrestricted(needs.store) }
  const one = { change: { kind: 'remove', key, at: type }, key, at: type, stored: version } as const
  if (isDeleted(version)) {
    const before = currentResource(await reading.view.vread(key, version.version - 1))
    return before ? remainingEntries(reading, { ...one, before } satisfies PreparedChange) : []
  }
  await parseInTurns(version)
  const resource = currentResource(version)
  if (!resource) return []
  const entries = await entriesOf(reading, one, resource)
  return (await wasPosted(needs, key)) ? entries : entries.filter(({ param }) => param !== IS_POSTED)
}

/** What the hub itself publishes is of the same types as what the board posts, without this entry. */
async function wasPosted({ store }: WriteNeeds, key: PreparedChange['key']): Promise<boolean> {
  const entries = await unrestricted(store).entries(key)
  return entries.some(({ param }) => param === IS_POSTED)
}
