/** A function for SQL: does an entry, kept as JSON, meet a condition? For types that SQL cannot compare. */
import type Database from 'better-sqlite3'
import { SEARCH_TYPES } from '../../../search/types/index.ts'
import { raw } from '../sql.ts'

const NAME = 'search_meets'

/** `search_meets(type, entry, filter)`: 1 or 0. */
export const MEETS = raw(NAME)

/** Registers the function; every connection that runs the conditions of search-types/ needs it. */
export function registerMeets(db: Database.Database): void {
  let last: { readonly text: string; readonly filter: unknown } = { text: '', filter: undefined }
  db.function(NAME, { deterministic: true }, (type: 'composite' | 'special', entry: string, text: string) => {
    if (last.text !== text) last = { text, filter: JSON.parse(text) }
    return SEARCH_TYPES[type].matches(JSON.parse(entry) as never, last.filter as never) ? 1 : 0
  })
}
