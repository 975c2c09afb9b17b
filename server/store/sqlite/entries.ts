/** Index entries as a record keeps them (the column `record.entries`), and as rows of the search indexes. */
import type { IndexEntry } from '../../search/query.ts'
import type { NewTerms } from './new-terms.ts'
import type { Terms, ValueColumns } from './terms.ts'
import { decodeEntry, encodeEntry, SQLITE_SEARCH_TYPES } from './search-types/index.ts'
import type { EncodedEntry } from './search-types/index.ts'
import type { Statements } from './sql.ts'

/** The entries of each field, by its number. */
export type EncodedEntries = ReadonlyMap<number, readonly EncodedEntry[]>

/** Encodes entries, each once; makes fields, terms and values where they are new. Runs inside a transaction. */
export function encodeEntries(entries: readonly IndexEntry[], type: number, terms: NewTerms): EncodedEntries {
  const encoded = new Map<number, EncodedEntry[]>()
  for (const entry of entries) {
    const fid = terms.makeField(type, SQLITE_SEARCH_TYPES[entry.kind].id, entry.param)
    const item = encodeEntry(entry.kind, entry, terms)
    const items = encoded.get(fid)
    if (items === undefined) encoded.set(fid, [item])
    else items.push(item)
  }
  for (const [fid, items] of encoded) if (items.length > 1) encoded.set(fid, distinct(items))
  return encoded
}

const distinct = (items: readonly EncodedEntry[]): EncodedEntry[] => [
  ...new Map(items.map((item) => [keyOf(item), item])).values(),
]

/** As the column `record.entries` has them, in JSON by field: one that has a single value has that instead of a list. */
export function textOfEntries(encoded: EncodedEntries): string {
  const fields = [...encoded].sort(([a], [b]) => a - b)
  const members = fields.map(([fid, items]) => {
    const [only] = items
    return `"${fid}":${items.length === 1 && typeof only === 'number' ? only : JSON.stringify(items)}`
  })
  return `{${members.join(',')}}`
}

/** The same again, of all fields or of these. */
export function entriesOfText(text: string, fields?: readonly number[]): EncodedEntries {
  const members = JSON.parse(text) as { [fid: string]: number | EncodedEntry[] | null }
  const encoded = new Map<number, readonly EncodedEntry[]>()
  for (const fid of fields ?? Object.keys(members)) {
    const items = members[fid] ?? []
    encoded.set(Number(fid), typeof items === 'number' ? [items] : items)
  }
  return encoded
}

/** SQLite takes 127 arguments of a function; where there are more fields, reading all of them is no slower. */
const MAX_CHOSEN = 30

/** The column, as text, of a record `r`: all fields or, null where it has none, these. */
export const entriesColumn = (fields: readonly number[] | undefined): string =>
  fields === undefined || fields.length > MAX_CHOSEN
    ? 'json(r.entries)'
    : `json_object(${fields.map((fid) => `'${fid}', r.entries -> '$."${fid}"'`).join(', ')})`

/** The values that several records refer to, by their numbers. */
export function loadValues(many: readonly EncodedEntries[], terms: Terms): ReadonlyMap<number, ValueColumns> {
  const vids = new Set<number>()
  for (const encoded of many)
    for (const items of encoded.values()) for (const item of items) if (typeof item === 'number') vids.add(item)
  return terms.valuesOf(vids)
}

/** The entries of a record again. */
export function decodeEntries(
  encoded: EncodedEntries,
  terms: Terms,
  values: ReadonlyMap<number, ValueColumns>,
): IndexEntry[] {
  const entries: IndexEntry[] = []
  for (const [fid, items] of encoded) {
    const field = terms.fields().get(fid)
    for (const item of items) entries.push(decodeEntry(field, item, terms, values))
  }
  return entries
}

/** Brings the search indexes from the entries that a record had to those that it has; touches only the differences. */
export function reindex(rid: number, before: EncodedEntries, after: EncodedEntries, { run }: Statements): void {
  forEachAdded(after, before, (fid, item) => {
    if (typeof item === 'number') run('DELETE FROM posting WHERE field = ? AND value = ? AND rid = ?', fid, item, rid)
    else run('DELETE FROM span WHERE field = ? AND since = ? AND until = ? AND rid = ?', fid, ...item, rid)
  })
  forEachAdded(before, after, (fid, item) => {
    if (typeof item === 'number') run('INSERT INTO posting (field, value, rid) VALUES (?, ?, ?)', fid, item, rid)
    else run('INSERT INTO span (field, since, until, rid) VALUES (?, ?, ?, ?)', fid, ...item, rid)
  })
}

/** The entries of `after` that `before` lacks. */
function forEachAdded(
  before: EncodedEntries,
  after: EncodedEntries,
  use: (fid: number, item: EncodedEntry) => void,
): void {
  for (const [fid, items] of after) {
    const existing = before.get(fid)
    const keys = existing && new Set(existing.map(keyOf))
    for (const item of items) if (!keys?.has(keyOf(item))) use(fid, item)
  }
}

/** Equal items have equal keys. */
const keyOf = (item: EncodedEntry): number | string => (typeof item === 'number' ? item : `${item[0]} ${item[1]}`)
