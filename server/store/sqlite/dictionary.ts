/** The store's dictionary: words, fields and values are written once and pointed at by small numbers. */
import { loadFields } from './fields.ts'
import type { FieldIndex } from './fields.ts'
import type { Arg, Statements } from './sql.ts'

/** A row of the table `value`: the columns of an entry. `kind` is the number of its search type (search-types/). */
export type Value = { readonly kind: number; readonly text: string; readonly scope: number; readonly exact: string }

export type Dictionary = {
  /** The number of a text, if it has one. */
  word(text: string): number | undefined
  /** The number of a text, given now if need be (inside a transaction). */
  makeWord(text: string): number
  text(wid: number): string
  fields(): FieldIndex
  makeField(type: number, kind: number, param: string): number
  /** The number of a value, given now if need be (inside a transaction). */
  makeValue(value: Value): number
  /** Something was rolled back: forgets numbers that may have gone with it. */
  undone(): void
  /** All numbers given so far are durable. */
  kept(): void
}

/** How many words, and how many values, are remembered; more are looked up. */
const REMEMBERED = 20_000

/** Inserts a row and answers its number. */
type Insert = (text: string, ...args: readonly Arg[]) => number

export function dictionary(statements: Statements): Dictionary {
  let fresh = false
  const insert: Insert = (text, ...args) => {
    fresh = true
    return Number(statements.run(text, ...args).lastInsertRowid)
  }
  const { forget: forgetWords, ...words } = wordsOf(statements, insert)
  const { forget: forgetValues, ...values } = valuesOf(statements, insert)
  let fields: FieldIndex | undefined
  const all = (): FieldIndex => (fields ??= loadFields(statements))

  return {
    ...words,
    ...values,
    fields: all,
    makeField: (type, kind, param) => {
      const known = all().find(type, kind, param)
      if (known !== undefined) return known
      const fid = insert('INSERT INTO field (type, kind, param) VALUES (?, ?, ?)', type, kind, param)
      all().add({ fid, type, kind, param })
      return fid
    },
    undone: () => {
      if (!fresh) return
      forgetWords()
      forgetValues()
      fields = undefined
      fresh = false
    },
    kept: () => {
      fresh = false
    },
  }
}

function wordsOf({ get }: Statements, insert: Insert) {
  const numbers = new Map<string, number>()
  const texts = new Map<number, string>()
  const forget = (): void => {
    numbers.clear()
    texts.clear()
  }
  const remember = (text: string, wid: number): number => {
    if (numbers.size >= REMEMBERED) forget()
    numbers.set(text, wid)
    texts.set(wid, text)
    return wid
  }
  const word = (text: string): number | undefined => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    const row = get<{ wid: number }>('SELECT wid FROM word WHERE text = ?', text)
    return row === undefined ? undefined : remember(text, row.wid)
  }
  return {
    forget,
    word,
    makeWord: (text: string): number =>
      word(text) ?? remember(text, insert('INSERT INTO word (text) VALUES (?)', text)),
    text: (wid: number): string => {
      const known = texts.get(wid)
      if (known !== undefined) return known
      const { text } = get<{ text: string }>('SELECT text FROM word WHERE wid = ?', wid)!
      remember(text, wid)
      return text
    },
  }
}

function valuesOf({ get }: Statements, insert: Insert) {
  const numbers = new Map<string, number>()
  return {
    forget: () => numbers.clear(),
    makeValue: ({ kind, text, scope, exact }: Value): number => {
      const name = `${kind} ${scope} ${exact.length} ${exact}${text}`
      const known = numbers.get(name)
      if (known !== undefined) return known
      const row = get<{ vid: number }>(VALUE, kind, text, scope, exact)
      const vid = row?.vid ?? insert(INSERT_VALUE, kind, text, scope, exact)
      if (numbers.size >= REMEMBERED) numbers.clear()
      numbers.set(name, vid)
      return vid
    },
  }
}

const VALUE = 'SELECT vid FROM value WHERE kind = ? AND text = ? AND scope = ? AND exact = ?'
const INSERT_VALUE = 'INSERT INTO value (kind, text, scope, exact) VALUES (?, ?, ?, ?)'
