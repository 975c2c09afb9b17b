/** The records as they will be after the commit, as far as the caller may know of them: what the rules look at. */
import type { Definitions } from '../definitions/definitions.ts'
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import { match } from '../search/match.ts'
import type { Filter, IndexEntry } from '../search/query.ts'
import type { PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'
import { aboutEntries } from './index-entries.ts'
import type { EffectiveDefinitions } from './posted-definitions.ts'
import type { RecordIndex } from './record-index.ts'

export type PendingState = WriteContext & {
  readonly changes: readonly PreparedChange[]
  /** The definitions of this write: the current ones, or those that result from it. */
  readonly definitions: Definitions
  /** The same with what the commit must hold; absent where nothing can be posted. */
  readonly effective?: EffectiveDefinitions
  /** The index entries of what a change makes, by its search parameters; each resource is extracted once. */
  extract(after: Resource): readonly IndexEntry[]
  /** The state after the commit; undefined when there is none that the caller may know of. */
  read(key: Key): Promise<Resource | undefined>
  /** Of those that the commit itself writes, the ones that match. */
  coming(type: string, where: Filter): readonly Resource[]
  /** Records that match after the commit. */
  find(type: string, where: Filter): Promise<readonly Resource[]>
  /** The same for several types at once, in their order. */
  findEach(types: readonly string[], where: Filter): Promise<readonly (readonly Resource[])[]>
}

export type PendingNeeds = {
  readonly index: RecordIndex
  readonly definitions: Definitions
  readonly effective?: EffectiveDefinitions
}

export function pendingState(
  { index, definitions, effective }: PendingNeeds,
  context: WriteContext,
  changes: readonly PreparedChange[],
): PendingState {
  const { view, now } = context
  const changed = new Map(changes.map((one) => [keyText(one.key), one]))
  const isUnchanged = ({ resourceType, id }: WithId): boolean => !changed.has(keyText({ type: resourceType, id }))
  const extracted = new Map<Resource, readonly IndexEntry[]>()
  const extract = (after: Resource): readonly IndexEntry[] => {
    const entries = extracted.get(after) ?? index.extract(after)
    extracted.set(after, entries)
    return entries
  }
  const matches = (after: WithId, where: Filter): boolean =>
    match(where, { id: after.id, at: now, entries: [...extract(after), ...aboutEntries(index, after)] })
  const byType = comingByType(changes)
  const coming = (type: string, where: Filter): readonly Resource[] =>
    (byType.get(type) ?? []).filter((after) => matches(after, where))
  return {
    ...context,
    changes,
    definitions,
    ...(effective ? { effective } : {}),
    extract,
    read: async (key) => {
      const own = changed.get(keyText(key))
      return own ? own.after : view.resource(key)
    },
    coming,
    find: async (type, where) => [...(await view.list(type, where)).filter(isUnchanged), ...coming(type, where)],
    findEach: async (types, where) =>
      (await view.listEach(types, where)).map((found, index) => [
        ...found.filter(isUnchanged),
        ...coming(types[index] ?? '', where),
      ]),
  }
}

type WithId = Resource & { readonly id: string }

/** What the changes make, by type: each rule of each change may look for some of a type. */
function comingByType(changes: readonly PreparedChange[]): ReadonlyMap<string, readonly WithId[]> {
  const byType = new Map<string, WithId[]>()
  for (const { key, after } of changes) {
    if (after === undefined) continue
    const same = byType.get(key.type)
    if (same) same.push(after)
    else byType.set(key.type, [after])
  }
  return byType
}
