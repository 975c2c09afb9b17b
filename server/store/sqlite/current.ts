/**
 * The current versions of records. Those read lately are kept in memory: nearly every request looks at the same few (its
 * agency, the participant). The process has the file for itself, so that only a commit of its own changes a record. While
 * one is under way, the file has its versions before this thread learns of it: until then its records are read from the file,
 * as a history is, so that no read is older than another.
 */
import { keyText } from '../../fhir/types.ts'
import type { Key } from '../../fhir/types.ts'
import { visible } from '../../search/match.ts'
import type { Audience, Viewer } from '../../search/query.ts'
import type { Version } from '../store.ts'
import { decodeAudience } from './audience.ts'
import { CURRENT_VISIBILITY, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import type { ReadContext } from './terms.ts'

export type CurrentVersions = {
  /** The current version, a deletion too, for a viewer who may know of the record. */
  read(key: Key, viewer: Viewer): Version | undefined
  /** What a commit that writes these records is answered. */
  written<T>(records: readonly { readonly key: Key }[], commit: () => Promise<T>): Promise<T>
}

/** How many records are kept, and the longest text (characters) that is. */
const KEPT = 1_000
const LONGEST = 10_000

type CachedRecord = { readonly version: Version; readonly audience: readonly Audience[] }

export function currentVersions({ statements, terms }: ReadContext): CurrentVersions {
  const kept = new Map<string, CachedRecord>()
  /** How many commits are under way that write a record. */
  const writes = new Map<string, number>()

  function load({ type, id }: Key): CachedRecord | undefined {
    const row = statements.get<VersionRow & { currentAudience: string }>(RECORD, terms.idOf(type) ?? 0, id)
    if (row === undefined) return undefined
    const version = versionOf(row, terms)
    const isSame = row.currentAudience === row.audience
    return { version, audience: isSame ? version.audience : decodeAudience(row.currentAudience, terms) }
  }

  function keep(name: string, record: CachedRecord): void {
    if (record.version.text.length > LONGEST) return
    const oldest = kept.size >= KEPT ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(name, record)
  }

  return {
    read(key, viewer) {
      const name = keyText(key)
      const isWritten = writes.has(name)
      const existing = isWritten ? undefined : kept.get(name)
      const record = existing ?? load(key)
      if (record === undefined) return undefined
      if (existing === undefined && !isWritten) keep(name, record)
      return visible(record.audience, viewer) ? record.version : undefined
    },
    async written(records, commit) {
      const names = records.map(({ key }) => keyText(key))
      for (const name of names) {
        writes.set(name, (writes.get(name) ?? 0) + 1)
        kept.delete(name)
      }
      try {
        return await commit()
      } finally {
        for (const name of names) {
          const others = writes.get(name)! - 1
          if (others > 0) writes.set(name, others)
          else writes.delete(name)
        }
      }
    },
  }
}

const RECORD = `${CURRENT_VISIBILITY} WHERE r.type = ? AND r.id = ?`
