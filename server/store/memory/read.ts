/** Reads of one record, for those who may know of it: the current version, an old one, all of them. */
import { keyText } from '../../fhir/types.ts'
import type { Key } from '../../fhir/types.ts'
import { visible } from '../../search/match.ts'
import type { Viewer } from '../../search/query.ts'
import { beginningFor } from '../first-versions.ts'
import type { HistoryPage, Version } from '../store.ts'
import type { StoredRecord, StoredRecords } from './schema.ts'

export const read = (key: Key, viewer: Viewer, records: StoredRecords): Version | undefined =>
  seen(key, viewer, records)?.versions.at(-1)

export const vread = (key: Key, version: number, viewer: Viewer, records: StoredRecords): Version | undefined =>
  versionsFor(key, viewer, records).find((one) => one.version === version)

/** Newest first. `total` counts the versions at or after `since`, whatever the page. */
export function history(key: Key, viewer: Viewer, page: HistoryPage, records: StoredRecords) {
  const { limit, before = Infinity, since = -Infinity } = page
  const all = versionsFor(key, viewer, records)
    .filter(({ at }) => at >= since)
    .reverse()
  return { versions: all.filter(({ version }) => version < before).slice(0, limit), total: all.length }
}

export function indexed(key: Key, records: StoredRecords) {
  const record = records.get(keyText(key))
  if (record === undefined) return undefined
  const { version, entries } = record.states.at(-1)!
  return { version: version.version, entries, audience: record.audience }
}

/** Those that the viewer may know. */
function versionsFor(key: Key, viewer: Viewer, records: StoredRecords): readonly Version[] {
  const record = seen(key, viewer, records)
  if (record === undefined) return []
  const { versions, audience, firsts } = record
  if (viewer === 'unrestricted' || viewer.allVersions) return versions
  const beginning = beginningFor(audience, firsts, viewer)
  return versions.filter(({ version, author }, index) => {
    const next = versions[index + 1]
    const isLater = version >= beginning.version && (next === undefined || next.at > beginning.at)
    return isLater || author === viewer.agency
  })
}

/** The record, if the viewer may know of it. */
function seen(key: Key, viewer: Viewer, records: StoredRecords): StoredRecord | undefined {
  const record = records.get(keyText(key))
  return record !== undefined && visible(record.audience, viewer) ? record : undefined
}
