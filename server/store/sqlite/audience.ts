/** Who may know of a record, as rows of the table `audience` and as JSON kept beside a version. */
import type { Audience } from '../../search/query.ts'
import { firstVersionsAfter, type FirstVersions } from '../first-versions.ts'
import type { NewTerms } from './new-terms.ts'
import type { Terms } from './terms.ts'
import type { Statements } from './sql.ts'

type AudienceGrant = readonly [agency: number, n: number, since: number | null, until: number | null]

/** [[tid], [tid, from], [tid, from or null, until], ...] */
export function encodeAudience(audience: readonly Audience[], terms: NewTerms): string {
  const items = audience.map(({ agency, from, until }) => {
    const tid = terms.makeId(agency)
    if (until !== undefined) return [tid, from ?? null, until]
    return from === undefined ? [tid] : [tid, from]
  })
  return JSON.stringify(items)
}

type EncodedGrant = readonly [agency: number, from?: number | null, until?: number]

export function decodeAudience(text: string, terms: Terms): Audience[] {
  return (JSON.parse(text) as EncodedGrant[]).map(([tid, from, until]) => ({
    agency: terms.text(tid),
    ...(typeof from === 'number' ? { from } : {}),
    ...(until === undefined ? {} : { until }),
  }))
}

function grants(text: string): AudienceGrant[] {
  const counts = new Map<number, number>()
  return (JSON.parse(text) as EncodedGrant[]).map(([tid, from, until]) => {
    const n = counts.get(tid) ?? 0
    counts.set(tid, n + 1)
    return [tid, n, from ?? null, until ?? null]
  })
}

/** Those of `list` that `other` does not have. */
const missingFrom = (other: readonly AudienceGrant[], list: readonly AudienceGrant[]): readonly AudienceGrant[] =>
  list.filter((one) => !other.some((two) => one.every((value, index) => value === two[index])))

/** Brings the table from one audience of a record to another (both as JSON). */
export function updateAudience(
  record: { type: number; rid: number },
  before: string,
  after: string,
  { run }: Statements,
): void {
  if (before === after) return
  const { type, rid } = record
  const [old, now] = [grants(before), grants(after)]
  for (const [agency, n] of missingFrom(now, old)) {
    run('DELETE FROM audience WHERE agency = ? AND type = ? AND rid = ? AND n = ?', agency, type, rid, n)
  }
  for (const [agency, n, since, until] of missingFrom(old, now)) {
    run('INSERT INTO audience VALUES (?, ?, ?, ?, ?, ?)', agency, type, rid, n, since, until)
  }
}

/** {"tid": version}, as the column `firsts` keeps it; null for none. */
export const decodeFirsts = (text: string | null, terms: Terms): FirstVersions =>
  text === null
    ? {}
    : Object.fromEntries(
        Object.entries(JSON.parse(text) as FirstVersions).map(([tid, version]) => [terms.text(Number(tid)), version]),
      )

type FirstsChange = {
  readonly before: string
  readonly after: string
  readonly firsts: string | null
  readonly at: number
  readonly version: number
}

/** The column after a commit that changes the audience. */
export function firstsAfter({ before, after, firsts, at, version }: FirstsChange, terms: NewTerms): string | null {
  const next = firstVersionsAfter({
    before: decodeAudience(before, terms),
    after: decodeAudience(after, terms),
    firsts: decodeFirsts(firsts, terms),
    at,
    version,
  })
  const encoded = Object.entries(next).map(([agency, first]) => [terms.makeId(agency), first] as const)
  return encoded.length === 0 ? null : JSON.stringify(Object.fromEntries(encoded))
}
