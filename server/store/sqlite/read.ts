/** Reads of one record, for those who may know of it: the current version, an old one, all of them. */
import type { Key } from '../../fhir/types.ts'
import type { Viewer } from '../../search/query.ts'
import type { Version } from '../store.ts'
import type { Dictionary } from './dictionary.ts'
import { ANY, CURRENT, visibleTo, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import { most, raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'

type Needs = { readonly statements: Statements; readonly words: Dictionary }

/** The record `r` of this key, if the seer may know of it: the condition of every read. */
const known = ({ type, id }: Key, viewer: Viewer, words: Dictionary): Sql =>
  sql`r.type = ${words.word(type) ?? 0} AND r.id = ${id} AND ${visibleTo(viewer, words)}`

export function read(key: Key, viewer: Viewer, needs: Needs): Version | undefined {
  return first(sql`${raw(CURRENT)} WHERE ${known(key, viewer, needs.words)}`, needs)
}

export function vread(key: Key, version: number, viewer: Viewer, needs: Needs): Version | undefined {
  return first(sql`${raw(ANY)} WHERE ${known(key, viewer, needs.words)} AND v.version = ${version}`, needs)
}

function first({ text, args }: Sql, { statements, words }: Needs): Version | undefined {
  const row = statements.get<VersionRow>(text, ...args)
  return row === undefined ? undefined : versionOf(row, words)
}

type Page = { readonly limit: number; readonly before?: number; readonly since?: number }

/** Newest first. `total` counts the versions at or after `since`, whatever the page. */
export function history(key: Key, viewer: Viewer, { limit, before, since }: Page, { statements, words }: Needs) {
  const whole = sql`${known(key, viewer, words)} AND c.at >= ${since ?? -Infinity}`
  const older = before === undefined ? raw('1') : sql`v.version < ${before}`
  const page = sql`${raw(ANY)} WHERE ${whole} AND ${older} ORDER BY v.version DESC LIMIT ${most(limit)}`
  const count = sql`SELECT count(*) AS total FROM (${raw(ANY)} WHERE ${whole})`
  return {
    versions: statements.all<VersionRow>(page.text, ...page.args).map((row) => versionOf(row, words)),
    total: statements.get<{ total: number }>(count.text, ...count.args)!.total,
  }
}
