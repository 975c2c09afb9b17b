/**
 * Cursors: where the next page begins, as an opaque text in the `next` link.
 * https://hl7.org/fhir/R4/http.html#paging
 */
import { refuse } from '../fhir/outcome.ts'
import type { Cursor, Sort } from './query.ts'

export const encodeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url')

/**
 * Reads a cursor for a search sorted so: one value for each sort, and the creation order.
 * @throws OutcomeError `invalid-parameter` for anything that the hub did not write for such a search.
 */
export function decodeCursor(text: string, sorts: readonly Sort[]): Cursor {
  const cursor = read(text)
  if (cursor && encodeCursor(cursor) === text && fits(cursor, sorts)) return cursor
  throw refuse(
    'invalid-parameter',
    `\`_cursor\` is not one of this search; follow the \`next\` link as it was given, or begin without it.`,
  )
}

function read(text: string): Cursor | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(value) ? (value as Cursor) : undefined
  } catch {
    return undefined
  }
}

function fits(cursor: Cursor, sorts: readonly Sort[]): boolean {
  const creation = cursor.at(-1)
  return (
    cursor.length === sorts.length + 1 &&
    sorts.every((sort, index) => sortable(cursor[index], sort.kind)) &&
    Number.isSafeInteger(creation) &&
    Number(creation) >= 0
  )
}

/** Dates sort by a number, everything else by a text; null is a record without a value. */
function sortable(value: unknown, kind: Sort['kind']): boolean {
  if (kind === 'updated') return Number.isSafeInteger(value)
  if (kind === 'id') return typeof value === 'string'
  return value === null || (kind === 'date' ? Number.isSafeInteger(value) : typeof value === 'string')
}
