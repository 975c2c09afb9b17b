/**
 * The position of a page in the result of a search, as its `_cursor` holds it, encrypted: the sequence as of which the first
 * page was read, so that the pages hold together whatever is committed meanwhile, where the page begins, and in which
 * direction. It holds no rights: each page is answered by what the caller may know when it asks for it.
 */
import { invalidCursor, isCursorOf, type Cursors } from './page.ts'
import type { Cursor, Query, Sort } from './query.ts'

/** Without `after`: the first page. */
export type SearchPosition = Pick<Query, 'after' | 'backward'> & { readonly asOf: number }

/** What a position belongs to: a search and its parameters (`_cursor` apart), in any order and with any size of a page. */
export const searchIdentity = (type: string, self: readonly (readonly [string, string])[]): string =>
  JSON.stringify([
    'search',
    type,
    ...self
      .filter(([name]) => !VARYING.has(name))
      .map((one) => JSON.stringify(one))
      .sort(),
  ])

const VARYING = new Set(['_cursor', '_count'])

export function sealPosition(cursors: Cursors, { asOf, after, backward }: SearchPosition, of: string): string {
  const values = after === undefined ? [] : [...after.slice(0, -1), digits(Number(after.at(-1)))]
  return cursors.seal([digits(asOf), backward ? 1 : 0, ...values], of)
}

/** @throws OutcomeError `invalid-parameter` for a cursor that was not sealed for this search */
export function openPosition(cursors: Cursors, text: string, of: string, sorts: readonly Sort[]): SearchPosition {
  const [asOf, backward, ...values] = cursors.open(text, of) as [string, number, ...Cursor]
  if (values.length === 0) return { asOf: Number(asOf) }
  const after = [...values.slice(0, -1), Number(values.at(-1))]
  if (!isCursorOf(sorts, after)) throw invalidCursor()
  return { asOf: Number(asOf), after, ...(backward === 1 ? { backward: true } : {}) }
}

/** Numbers that count what the caller may not know of have as many digits as any: the length tells nothing. */
const digits = (count: number): string => String(count).padStart(16, '0')
