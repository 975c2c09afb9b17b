/** Which versions a viewer may know: the columns that decide it, and the filter of their rows (../first-versions.ts). */
import { visible } from '../../search/match.ts'
import type { AgencyViewer, Viewer } from '../../search/query.ts'
import { beginningFor, knowsAllVersions, knowsVersion, type Beginning } from '../first-versions.ts'
import { decodeAudience, decodeFirsts } from './audience.ts'
import type { Terms } from './terms.ts'

/** Who may know of the record now, since which version, and when the version was replaced (null: it is the last one). */
export type KnowableRow = {
  readonly rid: number
  readonly version: number
  readonly author: number
  readonly currentAudience: string
  readonly firsts: string | null
  readonly replacedAt: number | null
}

/** Of a version `v` of the record `r`, with KNOWABLE_JOINS. */
export const KNOWABLE_COLUMNS =
  'coalesce(r.audience, head.audience) AS currentAudience, r.firsts AS firsts, replaced.at AS replacedAt'

export const KNOWABLE_JOINS = `JOIN version head ON head.seq = r.head
  LEFT JOIN version following ON following.rid = v.rid AND following.version = v.version + 1
  LEFT JOIN commits replaced ON replaced.sequence = following.seq >> 20`

/** A filter for the rows of one statement: what it finds of a record it keeps. */
export function versionFilter(viewer: Viewer, terms: Terms): (row: KnowableRow) => boolean {
  if (viewer === 'unrestricted') return () => true
  const beginnings = new Map<number, Beginning | undefined>()
  return (row) => {
    if (!beginnings.has(row.rid)) beginnings.set(row.rid, beginningOf(row, viewer, terms))
    const beginning = beginnings.get(row.rid)
    if (beginning === undefined) return false
    const { version, replacedAt } = row
    const author = terms.text(row.author)
    return (
      knowsAllVersions(viewer) ||
      knowsVersion({ version, author, replacedAt: replacedAt ?? undefined }, viewer.agency, beginning)
    )
  }
}

/** Undefined where the viewer may not know of the record. */
function beginningOf(row: KnowableRow, viewer: AgencyViewer, terms: Terms): Beginning | undefined {
  const audience = decodeAudience(row.currentAudience, terms)
  return visible(audience, viewer) ? beginningFor(audience, decodeFirsts(row.firsts, terms), viewer) : undefined
}
