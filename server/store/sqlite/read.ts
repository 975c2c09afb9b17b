/** Reads without a search: of records, for those who may know of them, and of the log. */
import type { Key } from '../../fhir/types.ts'
import type { Viewer } from '../../search/query.ts'
import { visible } from '../../search/match.ts'
import { beginningFor } from '../first-versions.ts'
import type { Commit, HistoryPage, Version } from '../store.ts'
import type { ReadContext } from './terms.ts'
import { decodeAudience, decodeFirsts } from './audience.ts'
import { decodeEntries, entriesOfText, loadValues } from './entries.ts'
import { ANY, ROOM, sequenceOf, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import { limitOf, most, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'

export function vread(key: Key, version: number, viewer: Viewer, needs: ReadContext): Version | undefined {
  const condition = versionsFor(key, viewer, needs)
  return condition && first(sql`${raw(ANY)} WHERE ${condition} AND v.version = ${version}`, needs)
}

function first({ text, args }: Sql, { statements, terms }: ReadContext): Version | undefined {
  const row = statements.get<VersionRow>(text, ...args)
  return row === undefined ? undefined : versionOf(row, terms)
}

/** Newest first. `total` counts the versions at or after `since`, whatever the page. */
export function history(
  key: Key,
  viewer: Viewer,
  { limit, before, since }: HistoryPage,
  needs: ReadContext,
): { versions: Version[]; total: number } {
  const { statements, terms } = needs
  const condition = versionsFor(key, viewer, needs)
  if (condition === undefined) return { versions: [], total: 0 }
  const whole = sql`${condition} AND c.at >= ${since ?? -Infinity}`
  const older = before === undefined ? raw('1') : sql`v.version < ${before}`
  const page = sql`${raw(ANY)} WHERE ${whole} AND ${older} ORDER BY v.version DESC ${limitOf(limit)}`
  const count = sql`SELECT count(*) AS total FROM (${raw(ANY)} WHERE ${whole})`
  return {
    versions: statements.all<VersionRow>(page.text, ...page.args).map((row) => versionOf(row, terms)),
    total: statements.get<{ total: number }>(count.text, ...count.args)!.total,
  }
}

/** The versions `v` of the record `r` of this key that the viewer may know; undefined where it may not know of it. */
function versionsFor(key: Key, viewer: Viewer, { statements, terms }: ReadContext): Sql | undefined {
  const isOf = sql`r.type = ${terms.idOf(key.type) ?? 0} AND r.id = ${key.id}`
  if (viewer === 'unrestricted') return isOf
  const row = statements.get<AudienceRow>(AUDIENCE, terms.idOf(key.type) ?? 0, key.id)
  const audience = row ? decodeAudience(row.audience, terms) : []
  if (row === undefined || !visible(audience, viewer)) return undefined
  if (viewer.allVersions) return isOf
  const { version, at } = beginningFor(audience, decodeFirsts(row.firsts, terms), viewer)
  if (version === 0 && at === -Infinity) return isOf
  const current = statements.get<{ first: number | null }>(CURRENT_AT, row.rid, at)?.first ?? 0
  return sql`${isOf} AND (v.version >= ${Math.max(version, current)} OR v.author = ${terms.idOf(viewer.agency) ?? 0})`
}

type AudienceRow = { readonly rid: number; readonly audience: string; readonly firsts: string | null }

const AUDIENCE = `SELECT r.rid, r.firsts, coalesce(r.audience, v.audience) AS audience
  FROM record r JOIN version v ON v.seq = r.head WHERE r.type = ? AND r.id = ?`
const CURRENT_AT = `SELECT max(v.version) AS first FROM version v JOIN commits c ON c.sequence = v.seq >> 20
  WHERE v.rid = ? AND c.at <= ?`

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

/** The commits after a sequence with their versions, oldest first. */
export function feed(after: number, limit: number, { statements, terms }: ReadContext): Commit[] {
  const commits = statements.all<CommitRow>(
    'SELECT sequence, at FROM commits WHERE sequence > ? ORDER BY sequence LIMIT ? + 0',
    after,
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
