/** Rows of the schema as versions of the contract. */
import type { Audience, Viewer } from '../../search/query.ts'
import { EVERYONE } from '../../search/query.ts'
import type { Version } from '../store.ts'
import { decodeAudience } from './audience.ts'
import type { Terms } from './terms.ts'
import { raw, sql } from './sql.ts'
import type { Sql, Statements } from './sql.ts'

/** How many versions one commit can make: the number of a version is its sequence times this, plus its index in the commit. */
export const ROOM = 2 ** 20
export const sequenceOf = (seq: number): number => Math.floor(seq / ROOM)

export const METHODS = ['POST', 'PUT', 'DELETE'] as const

export type VersionRow = {
  readonly rid: number
  readonly seq: number
  readonly type: number
  readonly id: string
  readonly owner: number
  readonly version: number
  readonly at: number
  readonly method: 0 | 1 | 2
  readonly author: number
  readonly audience: string
  readonly text: string
}

const OF_RECORD = 'v.seq, r.type, r.id, r.owner, v.version, v.method, v.author, v.audience'
const COLUMNS = `r.rid, ${OF_RECORD}, v.text`

/** Bytes of a text that is read with its page, before it is decided what fits into the page. */
const SHORT_TEXT = 65_536

/** Those of the current version `v` of the record `r`, without its number; of a long text only the size. */
export const CURRENT_COLUMNS = `${OF_RECORD}, r.at, octet_length(v.text) AS size,
  CASE WHEN octet_length(v.text) <= ${SHORT_TEXT} THEN v.text END AS text`

/** Current versions, and who may know of the record now; conditions on the record `r` follow. */
export const CURRENT_VISIBILITY = `SELECT ${COLUMNS}, r.at, coalesce(r.audience, v.audience) AS currentAudience FROM record r JOIN version v ON v.seq = r.head`

/** Those of a version `v` of the record `r`, made by the commit `c`. */
export const VERSION_COLUMNS = `${COLUMNS}, c.at`

const OF_VERSIONS = 'FROM version v JOIN record r ON r.rid = v.rid JOIN commits c ON c.sequence = v.seq >> 20'

/** Any versions; conditions on the record `r` and the version `v` follow. */
export const ANY = `SELECT ${VERSION_COLUMNS} ${OF_VERSIONS}`

/** The same with the request of the commit. */
export const ANY_REQUESTED = `SELECT ${VERSION_COLUMNS}, c.request, c.requester ${OF_VERSIONS}`

/** Bytes of the texts of versions, by `seq`: what fits into a page is known before the texts are read. */
export function textSizes(seqs: readonly number[], { all }: Statements): ReadonlyMap<number, number> {
  const rows = all<{ readonly seq: number; readonly size: number }>(TEXT_SIZES, JSON.stringify(seqs))
  return new Map(rows.map(({ seq, size }) => [seq, size]))
}

const TEXT_SIZES = 'SELECT seq, octet_length(text) AS size FROM version WHERE seq IN (SELECT value FROM json_each(?))'

export function versionOf(
  row: VersionRow,
  terms: Terms,
  audience: readonly Audience[] = decodeAudience(row.audience, terms),
): Version {
  return {
    type: terms.text(row.type),
    id: row.id,
    version: row.version,
    sequence: sequenceOf(row.seq),
    at: row.at,
    method: METHODS[row.method],
    author: terms.text(row.author),
    owner: terms.text(row.owner),
    audience,
    text: row.text,
  }
}

/** The condition that the viewer may know of record `r`. */
export function visibleTo(viewer: Viewer, terms: Terms): Sql {
  if (viewer === 'unrestricted') return raw('1')
  return sql`EXISTS (SELECT 1 FROM audience a
    WHERE a.agency IN (${terms.idOf(EVERYONE) ?? 0}, ${terms.idOf(viewer.agency) ?? 0}) AND a.type = r.type AND a.rid = r.rid
    AND (a.since IS NULL OR a.since <= ${viewer.at}) AND (a.until IS NULL OR a.until > ${viewer.at}))`
}
