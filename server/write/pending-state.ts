/** The records as they will be after the commit, seen with the caller's eyes: what the rules look at. */
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import { match } from '../search/match.ts'
import type { Filter } from '../search/query.ts'
import type { PreparedChange, PendingState, WriteContext } from './change.ts'
import { aboutEntries } from './index-entries.ts'
import type { WriteNeeds } from './needs.ts'

/** More than any participant has of one type that a rule asks for. */
const ENOUGH = 1000

export function pendingState(
  needs: WriteNeeds,
  writer: WriteContext,
  changes: readonly PreparedChange[],
): PendingState {
  const { viewer, now } = writer
  const changed = new Map(changes.map((one) => [keyText(one.key), one]))
  const coming = (type: string, where: Filter): readonly Resource[] =>
    changes.flatMap(({ key, after }) =>
      after && key.type === type && matches(needs, after, where, now) ? [after] : [],
    )
  return {
    ...writer,
    changes,
    async read(key: Key) {
      const own = changed.get(keyText(key))
      if (own) return own.after
      const version = await needs.store.read(key, viewer)
      return version && version.text !== '' ? (JSON.parse(version.text) as Resource) : undefined
    },
    coming,
    async find(type: string, where: Filter) {
      const { versions } = await needs.store.find({ type, where, viewer, limit: ENOUGH })
      const untouched = versions.filter((version) => !changed.has(keyText(version)))
      return [...untouched.map((version) => JSON.parse(version.text) as Resource), ...coming(type, where)]
    },
  }
}

const matches = (needs: WriteNeeds, after: Resource & { readonly id: string }, where: Filter, now: number): boolean =>
  match(where, { id: after.id, at: now, entries: [...needs.extract(after), ...aboutEntries(needs, after)] })
