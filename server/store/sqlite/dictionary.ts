/** The store's dictionary: words, fields and values are written once and pointed at by small numbers. */
import type { IndexEntry } from '../../search/query.ts'
import { loadFields } from './fields.ts'
import type { Fields } from './fields.ts'
import type { Arg, Statements } from './sql.ts'

/** The kinds of entries as the schema numbers them. Dates are not values: they are ranges in a table of their own. */
export const KINDS = { token: 1, string: 2, reference: 3, uri: 4, date: 5 } as const satisfies {
  readonly [kind in IndexEntry['kind']]: number
}

/** What one entry says, taken apart as the table `value` keeps it. */
export type Value = { readonly kind: number; readonly text: string; readonly scope: number; readonly exact: string }

export type Dictionary = {
  /** The number of a text, if it has one. */
  word(text: string): number | undefined
  /** The number of a text, given now if need be (inside a transaction). */
  makeWord(text: string): number
  text(wid: number): string
  fields(): Fields
  makeField(type: number, kind: number, param: string): number
  value(value: Value): number | undefined
  makeValue(value: Value): number
  /** Something was rolled back: forgets numbers that may have gone with it. */
  undone(): void
  /** All numbers given so far are durable. */
  kept(): void
}

/** How many words are remembered; more are looked up. */
const REMEMBERED = 50_000

export function dictionary(statements: Statements): Dictionary {
  const { get, run } = statements
  const words = new Map<string, number>()
  const texts = new Map<number, string>()
  let fields: Fields | undefined
  let fresh = false

  const remember = (text: string, wid: number): number => {
    if (words.size >= REMEMBERED) forget()
    words.set(text, wid)
    texts.set(wid, text)
    return wid
  }
  const forget = (): void => {
    words.clear()
    texts.clear()
  }
  const insert = (text: string, ...args: readonly Arg[]): number => {
    fresh = true
    return Number(run(text, ...args).lastInsertRowid)
  }
  const word = (text: string): number | undefined => {
    const known = words.get(text)
    if (known !== undefined) return known
    const row = get<{ wid: number }>('SELECT wid FROM word WHERE text = ?', text)
    return row === undefined ? undefined : remember(text, row.wid)
  }
  const value = ({ kind, text, scope, exact }: Value): number | undefined =>
    get<{ vid: number }>(VALUE, kind, text, scope, exact)?.vid
  const all = (): Fields => (fields ??= loadFields(statements))

  return {
    word,
    makeWord: (text) => word(text) ?? remember(text, insert('INSERT INTO word (text) VALUES (?)', text)),
    text: (wid) => {
      const known = texts.get(wid)
      if (known !== undefined) return known
      const { text } = get<{ text: string }>('SELECT text FROM word WHERE wid = ?', wid)!
      remember(text, wid)
      return text
    },
    fields: all,
    makeField: (type, kind, param) => {
      const known = all().find(type, kind, param)
      if (known !== undefined) return known
      const fid = insert('INSERT INTO field (type, kind, param) VALUES (?, ?, ?)', type, kind, param)
      all().add({ fid, type, kind, param })
      return fid
    },
    value,
    makeValue: (asked) => value(asked) ?? insert(INSERT_VALUE, asked.kind, asked.text, asked.scope, asked.exact),
    undone: () => {
      // Stays fresh: what another commit of the group made may still be undone with the whole group.
      if (!fresh) return
      forget()
      fields = undefined
    },
    kept: () => {
      fresh = false
    },
  }
}

const VALUE = 'SELECT vid FROM value WHERE kind = ? AND text = ? AND scope = ? AND exact = ?'
const INSERT_VALUE = 'INSERT INTO value (kind, text, scope, exact) VALUES (?, ?, ?, ?)'
