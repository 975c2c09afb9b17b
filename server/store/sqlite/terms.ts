/**
 * Terms (types, agencies, systems), fields and values: each is written once and referred to by a small number. Here they
 * are read; new-terms.ts makes them.
 */
import { loadFields } from './fields.ts'
import type { FieldIndex } from './fields.ts'
import type { Statements } from './sql.ts'

/** A row of the table `value`: the columns of an entry. `kind` is the number of its search type (search-types/). */
export type ValueRow = { readonly kind: number; readonly text: string; readonly scope: number; readonly exact: string }

/** What the table `value` keeps of an entry. */
export type ValueColumns = Omit<ValueRow, 'kind'>

export type Terms = {
  /** The number of a text, if it has one. */
  idOf(text: string): number | undefined
  text(tid: number): string
  fields(): FieldIndex
  /** The values with these numbers: one statement for those that are not in memory. */
  valuesOf(vids: ReadonlySet<number>): ReadonlyMap<number, ValueColumns>
  /** Another connection wrote: loads new fields, up to this number where it is known. (Other terms are looked up when they are missing.) */
  refresh(newestField?: number): void
  /** Forgets everything that is in memory. */
  forget(): void
}

/** What reading the database needs. */
export type ReadContext = {
  readonly statements: Statements
  readonly terms: Terms
  /** Is it a thread of its own that reads, rather than the event loop? */
  readonly thread?: true
}

/** How many terms, and how many values, are kept in memory; more are looked up. */
export const MAX_CACHED = 20_000

export function createTerms(statements: Statements): Terms {
  const texts = textsOf(statements)
  const columns = columnsOfValues(statements)
  let fields: FieldIndex | undefined
  return {
    idOf: texts.idOf,
    text: texts.text,
    valuesOf: columns.load,
    fields: () => (fields ??= loadFields(statements)),
    refresh: (newestField) => fields?.refresh(newestField),
    forget: () => {
      texts.forget()
      columns.forget()
      fields = undefined
    },
  }
}

function textsOf({ get }: Statements) {
  const numbers = new Map<string, number>()
  const texts = new Map<number, string>()
  const forget = (): void => {
    numbers.clear()
    texts.clear()
  }
  const remember = (text: string, tid: number): void => {
    if (numbers.size >= MAX_CACHED) forget()
    numbers.set(text, tid)
    texts.set(tid, text)
  }
  return {
    forget,
    idOf: (text: string): number | undefined => {
      const existing = numbers.get(text)
      if (existing !== undefined) return existing
      const row = get<{ tid: number }>('SELECT tid FROM term WHERE text = ?', text)
      if (row !== undefined) remember(text, row.tid)
      return row?.tid
    },
    text: (tid: number): string => {
      const existing = texts.get(tid)
      if (existing !== undefined) return existing
      const { text } = get<{ text: string }>('SELECT text FROM term WHERE tid = ?', tid)!
      remember(text, tid)
      return text
    },
  }
}

function columnsOfValues({ all }: Statements) {
  const kept = new Map<number, ValueColumns>()
  return {
    forget: () => kept.clear(),
    load: (vids: ReadonlySet<number>): ReadonlyMap<number, ValueColumns> => {
      const missing = [...vids].filter((vid) => !kept.has(vid))
      const loaded =
        missing.length === 0 ? [] : all<ValueColumns & { readonly vid: number }>(VALUES, JSON.stringify(missing))
      // Too many for the memory: these alone, and those that are there already.
      const result = kept.size + loaded.length > MAX_CACHED ? new Map(kept) : kept
      if (result !== kept) kept.clear()
      for (const row of loaded) result.set(row.vid, row)
      return result
    },
  }
}

const VALUES = 'SELECT vid, text, scope, exact FROM value WHERE vid IN (SELECT value FROM json_each(?))'
