/** Index entries as the record keeps them (`record.facts`), and as rows of the search indexes. */
import type { IndexEntry } from '../../search/query.ts'
import { KINDS } from './dictionary.ts'
import type { Dictionary, Value } from './dictionary.ts'
import type { Statements } from './sql.ts'

type Range = readonly [start: number, end: number]

/** Field number to what it says: value numbers, or ranges for dates. */
export type Facts = { readonly [fid: string]: readonly (number | Range)[] }

type ValueEntry = Exclude<IndexEntry, { kind: 'date' }>

/** Numbers for entries, made where they are new. Runs inside a transaction. */
export function encode(entries: readonly IndexEntry[], type: number, words: Dictionary): Facts {
  const facts: { [fid: string]: (number | Range)[] } = {}
  const known = new Set<string>()
  for (const entry of entries) {
    const fid = words.makeField(type, KINDS[entry.kind], entry.param)
    const said = (facts[fid] ??= [])
    const item = entry.kind === 'date' ? ([entry.start, entry.end] as const) : words.makeValue(valueOf(entry, words))
    const key = `${fid} ${keyOf(item)}`
    if (!known.has(key)) said.push(item)
    known.add(key)
  }
  return facts
}

function valueOf(entry: ValueEntry, words: Dictionary): Value {
  const kind = KINDS[entry.kind]
  switch (entry.kind) {
    case 'token':
      return { kind, text: entry.code, scope: entry.system ? words.makeWord(entry.system) : 0, exact: '' }
    case 'string':
      return { kind, text: entry.value, scope: 0, exact: entry.exact }
    case 'reference':
      return { kind, text: entry.id, scope: words.makeWord(entry.type), exact: '' }
    case 'uri':
      return { kind, text: entry.value, scope: 0, exact: '' }
  }
}

/** The entries of a record again. */
export function decode(facts: Facts, words: Dictionary, { get }: Statements): IndexEntry[] {
  return Object.entries(facts).flatMap(([fid, said]) => {
    const { kind, param } = words.fields().get(Number(fid))
    return said.map((item): IndexEntry => {
      if (typeof item !== 'number') return { kind: 'date', param, start: item[0], end: item[1] }
      const { text, scope, exact } = get<Value>('SELECT kind, text, scope, exact FROM value WHERE vid = ?', item)!
      if (kind === KINDS.string) return { kind: 'string', param, value: text, exact }
      if (kind === KINDS.reference) return { kind: 'reference', param, type: words.text(scope), id: text }
      if (kind === KINDS.uri) return { kind: 'uri', param, value: text }
      return { kind: 'token', param, code: text, ...(scope === 0 ? {} : { system: words.text(scope) }) }
    })
  })
}

/** Brings the search indexes from what a record said to what it says now; only what differs is touched. */
export function reindex(rid: number, before: Facts, after: Facts, { run }: Statements): void {
  for (const [fid, item] of missingFrom(after, before)) {
    if (typeof item === 'number') run('DELETE FROM posting WHERE field = ? AND value = ? AND rid = ?', fid, item, rid)
    else run('DELETE FROM span WHERE field = ? AND since = ? AND until = ? AND rid = ?', fid, ...item, rid)
  }
  for (const [fid, item] of missingFrom(before, after)) {
    if (typeof item === 'number') run('INSERT INTO posting (field, value, rid) VALUES (?, ?, ?)', fid, item, rid)
    else run('INSERT INTO span (field, since, until, rid) VALUES (?, ?, ?, ?)', fid, ...item, rid)
  }
}

/** What `these` say and `there` does not. */
function missingFrom(there: Facts, these: Facts): [fid: number, item: number | Range][] {
  return Object.entries(these).flatMap(([fid, said]) => {
    const known = new Set(there[fid]?.map(keyOf))
    return said.filter((item) => !known.has(keyOf(item))).map((item): [number, number | Range] => [Number(fid), item])
  })
}

/** Equal items have equal keys. */
const keyOf = (item: number | Range): number | string => (typeof item === 'number' ? item : `${item[0]} ${item[1]}`)
