/** Reads of one record, for those who may know of it: the current version, an old one, its entries. */
import { keyText } from '../../fhir/types.ts'
import type { Key } from '../../fhir/types.ts'
import { visible } from '../../search/match.ts'
import type { Viewer } from '../../search/query.ts'
import { beginningFor, knowsAllVersions, knowsVersion } from '../first-versions.ts'
import type { Version } from '../store.ts'
import type { StoredRecord, StoredRecords } from './schema.ts'

export const read = (key: Key, viewer: Viewer, records: StoredRecords): Version | undefined =>
  seen(key, viewer, records)?.versions.at(-1)

export function vread(key: Key, number: number, viewer: Viewer, records: StoredRecords): Version | undefined {
  const record = seen(key, viewer, records)
  const version = record?.versions[number - 1]
  return record && version && mayKnow(version, record, viewer) ? version : undefined
}

export function indexed(key: Key, records: StoredRecords) {
  const record = records.get(keyText(key))
  if (record === undefined) return undefined
  const { version, entries } = record.states.at(-1)!
  return { version: version.version, entries, audience: record.audience }
}

/** May the viewer know this version of a record that it may know of? */
export function mayKnow({ version, author }: Version, record: StoredRecord, viewer: Viewer): boolean {
  const { versions, audience, firsts } = record
  if (knowsAllVersions(viewer) || version === versions.length) return true
  const replacedAt = versions[version]?.at
  return knowsVersion({ version, author, replacedAt }, viewer.agency, beginningFor(audience, firsts, viewer))
}

/** The record, if the viewer may know of it. */
function seen(key: Key, viewer: Viewer, records: StoredRecords): StoredRecord | undefined {
  const record = records.get(keyText(key))
  return record !== undefined && visible(record.audience, viewer) ? record : undefined
}
