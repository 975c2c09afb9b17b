/** Terms (types, agencies, systems), fields and values: each is written once and referred to by a small number. */
import { loadFields } from './fields.ts'
import type { FieldIndex } from './fields.ts'
import type { Arg, Statements } from './sql.ts'

/** A row of the table `value`: the columns of an entry. `kind` is the number of its search type (search-types/). */
export type ValueRow = { readonly kind: number; readonly text: string; readonly scope: number; readonly exact: string }

/** What the table `value` keeps of an entry. */
export type ValueColumns = Omit<ValueRow, 'kind'>

export type Terms = {
  /** The number of a text, if it has one. */
  idOf(text: string): number | undefined
  /** The number of a text, given now if need be (inside a transaction). */
  makeId(text: string): number
  text(tid: number): string
  fields(): FieldIndex
  makeField(type: number, kind: number, param: string): number
  /** The number of a value, given now if need be (inside a transaction). */
  makeValue(value: ValueRow): number
  /** The values with these numbers: one statement for those that are not in memory. */
  valuesOf(vids: ReadonlySet<number>): ReadonlyMap<number, ValueColumns>
  /** Something was rolled back: forgets numbers that may have gone with it. */
  rolledBack(): void
  /** All numbers given so far are durable. */
  committed(): void
  /** Another connection wrote: looks for fields that are new. (Terms and values are looked up when they are missing.) */
  refresh(): void
}

/** What reading the database needs. */
export type ReadContext = {
  readonly statements: Statements
  readonly terms: Terms
  /** Is it a thread of its own that reads, rather than the event loop? */
  readonly thread?: true
}

/** How many terms, and how many values, are kept in memory; more are looked up. */
const MAX_CACHED = 20_000

/** Inserts a row and answers its number; undefined when there was one already and the statement ignores it. */
type Insert = (text: string, ...args: readonly Arg[]) => number | undefined

export function createTerms(statements: Statements): Terms {
  let fresh = false
  const insert: Insert = (text, ...args) => {
    const { changes, lastInsertRowid } = statements.run(text, ...args)
    if (changes === 0) return undefined
    fresh = true
    return Number(lastInsertRowid)
  }
  const { forget: forgetTexts, ...texts } = textsOf(statements, insert)
  const { forget: forgetValues, ...values } = numbersOfValues(statements, insert)
  const columns = columnsOfValues(statements)
  let fields: FieldIndex | undefined
  let newest = 0
  const all = (): FieldIndex => (fields ??= loadFields(statements))

  return {
    ...texts,
    ...values,
    valuesOf: columns.load,
    fields: all,
    makeField: (type, kind, param) => {
      const existing = all().find(type, kind, param)
      if (existing !== undefined) return existing
      const fid = insert('INSERT INTO field (type, kind, param) VALUES (?, ?, ?)', type, kind, param)!
      all().add({ fid, type, kind, param })
      return fid
    },
    rolledBack: () => {
      if (!fresh) return
      forgetTexts()
      forgetValues()
      columns.forget()
      fields = undefined
      fresh = false
    },
    committed: () => {
      fresh = false
    },
    refresh: () => {
      const last = statements.get<{ last: number | null }>('SELECT max(fid) AS last FROM field')!.last ?? 0
      if (last !== newest) fields = undefined
      newest = last
    },
  }
}

function textsOf({ get }: Statements, insert: Insert) {
  const numbers = new Map<string, number>()
  const texts = new Map<number, string>()
  const forget = (): void => {
    numbers.clear()
    texts.clear()
  }
  const remember = (text: string, tid: number): number => {
    if (numbers.size >= MAX_CACHED) forget()
    numbers.set(text, tid)
    texts.set(tid, text)
    return tid
  }
  const idOf = (text: string): number | undefined => {
    const existing = numbers.get(text)
    if (existing !== undefined) return existing
    const row = get<{ tid: number }>('SELECT tid FROM term WHERE text = ?', text)
    return row === undefined ? undefined : remember(text, row.tid)
  }
  return {
    forget,
    idOf,
    makeId: (text: string): number => idOf(text) ?? remember(text, insert('INSERT INTO term (text) VALUES (?)', text)!),
    text: (tid: number): string => {
      const existing = texts.get(tid)
      if (existing !== undefined) return existing
      const { text } = get<{ text: string }>('SELECT text FROM term WHERE tid = ?', tid)!
      remember(text, tid)
      return text
    },
  }
}

function numbersOfValues({ get }: Statements, insert: Insert) {
  // In two halves: when the newer one is full it becomes the older, which keeps what is used all the time.
  let newer = new Map<string, number>()
  let older = new Map<string, number>()
  const remember = (name: string, vid: number): number => {
    if (newer.size >= MAX_CACHED / 2) {
      older = newer
      newer = new Map()
    }
    newer.set(name, vid)
    return vid
  }
  return {
    forget: () => {
      newer.clear()
      older.clear()
    },
    makeValue: ({ kind, text, scope, exact }: ValueRow): number => {
      const name = `${kind} ${scope} ${exact.length} ${exact}${text}`
      const recent = newer.get(name)
      if (recent !== undefined) return recent
      const earlier = older.get(name)
      if (earlier !== undefined) return remember(name, earlier)
      // A value that is not in memory is most often a new one: the insertion finds out.
      const vid =
        insert(ADD_VALUE, kind, text, scope, exact) ?? get<{ vid: number }>(VALUE, kind, text, scope, exact)!.vid
      return remember(name, vid)
    },
  }
}

const VALUE = 'SELECT vid FROM value WHERE kind = ? AND text = ? AND scope = ? AND exact = ?'
const ADD_VALUE = 'INSERT INTO value (kind, text, scope, exact) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'

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
