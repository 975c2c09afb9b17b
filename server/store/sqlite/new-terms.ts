/** Makes the numbers of terms, fields and values (terms.ts), inside a transaction. */
import type { Arg, Statements } from './sql.ts'
import { createTerms, MAX_CACHED } from './terms.ts'
import type { Terms, ValueRow } from './terms.ts'

export type NewTerms = Terms & {
  /** The number of a text, given now if need be. */
  makeId(text: string): number
  makeField(type: number, kind: number, param: string): number
  /** The number of a value, given now if need be. */
  makeValue(value: ValueRow): number
  /** Something was rolled back: forgets numbers that may have gone with it. */
  rolledBack(): void
  /** All numbers given so far are durable. */
  committed(): void
}

/** Inserts a row and answers its number; undefined when there was one already and the statement ignores it. */
type Insert = (text: string, ...args: readonly Arg[]) => number | undefined

export function createNewTerms(statements: Statements): NewTerms {
  let fresh = false
  const insert: Insert = (text, ...args) => {
    const { changes, lastInsertRowid } = statements.run(text, ...args)
    if (changes === 0) return undefined
    fresh = true
    return Number(lastInsertRowid)
  }
  const terms = createTerms(statements)
  const values = numbersOfValues(statements, insert)
  return {
    ...terms,
    makeId: (text) => terms.idOf(text) ?? insert('INSERT INTO term (text) VALUES (?)', text)!,
    makeValue: values.make,
    makeField: (type, kind, param) => {
      const existing = terms.fields().find(type, kind, param)
      if (existing !== undefined) return existing
      const fid = insert('INSERT INTO field (type, kind, param) VALUES (?, ?, ?)', type, kind, param)!
      terms.fields().add({ fid, type, kind, param })
      return fid
    },
    rolledBack: () => {
      if (!fresh) return
      terms.forget()
      values.forget()
      fresh = false
    },
    committed: () => {
      fresh = false
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
    make: ({ kind, text, scope, exact }: ValueRow): number => {
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
