/** Who may know of a record, as rows of the table `audience` and as JSON kept beside a version. */
import type { Audience } from '../../search/query.ts'
import type { Dictionary } from './dictionary.ts'
import type { Statements } from './sql.ts'

type Grant = readonly [agency: number, n: number, since: number | null, until: number | null]

/** [[wid], [wid, from], [wid, from or null, until], ...] */
export function encodeAudience(audience: readonly Audience[], words: Dictionary): string {
  const items = audience.map(({ agency, from, until }) => {
    const wid = words.makeWord(agency)
    if (until !== undefined) return [wid, from ?? null, until]
    return from === undefined ? [wid] : [wid, from]
  })
  return JSON.stringify(items)
}

type Item = readonly [agency: number, from?: number | null, until?: number]

export function decodeAudience(text: string, words: Dictionary): Audience[] {
  return (JSON.parse(text) as Item[]).map(([wid, from, until]) => ({
    agency: words.text(wid),
    ...(typeof from === 'number' ? { from } : {}),
    ...(until === undefined ? {} : { until }),
  }))
}

function grants(text: string): Grant[] {
  const counts = new Map<number, number>()
  return (JSON.parse(text) as Item[]).map(([wid, from, until]) => {
    const n = counts.get(wid) ?? 0
    counts.set(wid, n + 1)
    return [wid, n, from ?? null, until ?? null]
  })
}

/** Brings the table from one audience of a record to another (both as JSON). */
export function updateAudience(
  record: { type: number; rid: number },
  before: string,
  after: string,
  { run }: Statements,
): void {
  if (before === after) return
  const { type, rid } = record
  for (const [agency, n] of grants(before)) {
    run('DELETE FROM audience WHERE agency = ? AND type = ? AND rid = ? AND n = ?', agency, type, rid, n)
  }
  for (const [agency, n, since, until] of grants(after)) {
    run('INSERT INTO audience VALUES (?, ?, ?, ?, ?, ?)', agency, type, rid, n, since, until)
  }
}
