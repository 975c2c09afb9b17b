/** Reads without a search: of records, for those who may know of them, and of the log. */
import type { Key } from '../../fhir/types.ts'
import type { Viewer } from '../../search/query.ts'
import type { Commit, Version } from '../store.ts'
import type { ReadContext } from './terms.ts'
import { decodeAudience } from './audience.ts'
import { decodeEntries, entriesOfText, loadValues } from './entries.ts'
import { KNOWABLE_COLUMNS, KNOWABLE_JOINS, versionFilter, type KnowableRow } from './knowable.ts'
import { ANY, ROOM, sequenceOf, VERSION_COLUMNS, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import { most } from './sql.ts'
import type { Statements } from './sql.ts'

/** An old version of a record, where the viewer may know it. */
export function vread({ type, id }: Key, version: number, viewer: Viewer, needs: ReadContext): Version | undefined {
  const { statements, terms } = needs
  const row = statements.get<KnowableRow & VersionRow>(VREAD, terms.idOf(type) ?? 0, id, version)
  return row !== undefined && versionFilter(viewer, terms)(row) ? versionOf(row, terms) : undefined
}

const VREAD = `SELECT ${VERSION_COLUMNS}, ${KNOWABLE_COLUMNS} FROM record r JOIN version v ON v.rid = r.rid
  JOIN commits c ON c.sequence = v.seq >> 20 ${KNOWABLE_JOINS} WHERE r.type = ? AND r.id = ? AND v.version = ?`

/** The entries and audience that a record has now. */
export function indexed({ type, id }: Key, { statements, terms }: ReadContext) {
  const row = statements.get<IndexedRow>(INDEXED, terms.idOf(type) ?? 0, id)
  if (row === undefined) return undefined
  const encoded = entriesOfText(row.encoded)
  return {
    version: row.version,
    entries: decodeEntries(encoded, terms, loadValues([encoded], terms)),
    audience: decodeAudience(row.audience, terms),
  }
}

type IndexedRow = { readonly version: number; readonly encoded: string; readonly audience: string }

const INDEXED = `SELECT v.version, json(r.entries) AS encoded, coalesce(r.audience, v.audience) AS audience
  FROM record r JOIN version v ON v.seq = r.head WHERE r.type = ? AND r.id = ?`

type CommitRow = { readonly sequence: number; readonly at: number }

/** The last sequence and its time; zeros before the first. */
export function lastCommit({ get }: Statements): CommitRow {
  return get<CommitRow>('SELECT sequence, at FROM commits ORDER BY sequence DESC LIMIT 1') ?? { sequence: 0, at: 0 }
}

/** The first sequence that was committed at or after an instant: sequences have no gaps, and their times only grow. */
export function firstAt(at: number, statements: Statements): number {
  let [low, high] = [1, lastCommit(statements).sequence + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const found = statements.get<{ at: number }>('SELECT at FROM commits WHERE sequence = ?', middle)
    if (found !== undefined && found.at < at) low = middle + 1
    else high = middle
  }
  return low
}

/** The commits after a sequence, up to another one, with their versions, oldest first. */
export function feed(after: number, limit: number, upTo: number, { statements, terms }: ReadContext): Commit[] {
  const commits = statements.all<CommitRow>(
    'SELECT sequence, at FROM commits WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ? + 0',
    after,
    upTo,
    most(limit),
  )
  const end = commits.at(-1)?.sequence
  if (end === undefined) return []
  const rows = statements.all<VersionRow>(
    `${ANY} WHERE v.seq >= ? AND v.seq < ? ORDER BY v.seq`,
    commits[0]!.sequence * ROOM,
    (end + 1) * ROOM,
  )
  const versions = new Map(commits.map(({ sequence }) => [sequence, [] as Version[]]))
  for (const row of rows) versions.get(sequenceOf(row.seq))!.push(versionOf(row, terms))
  return commits.map((commit) => ({ ...commit, versions: versions.get(commit.sequence)! }))
}

/** How far the reader of this name has read. */
export function cursorValue(name: string, { get }: Statements): number {
  return get<{ value: number }>('SELECT value FROM cursor WHERE name = ?', name)?.value ?? 0
}
