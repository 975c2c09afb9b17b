/** Reads of one record, for those who may know of it: the current version, an old one, all of them. */
import { keyText } from '../../fhir/types.ts'
import type { Key } from '../../fhir/types.ts'
import { visible } from '../../search/match.ts'
import type { Viewer } from '../../search/query.ts'
import type { HistoryPage, Version } from '../store.ts'
import type { StoredRecord, StoredRecords } from './schema.ts'

export const read = (key: Key, viewer: Viewer, records: StoredRecords): Version | undefined =>
  seen(key, viewer, records)?.versions.at(-1)

export const vread = (key: Key, version: number, viewer: Viewer, records: StoredRecords): Version | undefined =>
  seen(key, viewer, records)?.versions[version - 1]

/** Newest first. `total` counts the versions at or after `since`, whatever the page. */
export function history(key: Key, viewer: Viewer, page: HistoryPage, records: StoredRecords) {
  const { limit, before = Infinity, since = -Infinity } = page
  const all = (seen(key, viewer, records)?.versions ?? []).filter(({ at }) => at >= since).reverse()
  return { versions: all.filter(({ version }) => version < before).slice(0, limit), total: all.length }
}

export function indexed(key: Key, records: StoredRecords) {
  const record = records.get(keyText(key))
  if (record === undefined) return undefined
  const { version, entries } = record.states.at(-1)!
  return { version: version.version, entries, audience: record.audience }
}

/** The record, if the viewer may know of it. */
function seen(key: Key, viewer: Viewer, records: StoredRecords): StoredRecord | undefined {
  const record = records.get(keyText(key))
  return record !== undefined && visible(record.audience, viewer) ? record : undefined
}
