/**
 * The searchable fields of the store: a type of record, a search type and a parameter, each with its number. There are
 * a few thousand at most.
 */
import type { Statements } from './sql.ts'

/** `kind`: the number of the search type (search-types/). */
export type Field = { readonly fid: number; readonly type: number; readonly kind: number; readonly param: string }

export type FieldIndex = {
  get(fid: number): Field
  find(type: number, kind: number, param: string): number | undefined
  add(field: Field): void
  /** The highest number that is in memory; 0 where there is no field. */
  newest(): number
  /** Loads those that another connection made, up to this number where it is known. */
  refresh(upTo?: number): void
  /** Fields of a parameter: of one type of record or of all, of one search type or of all. */
  of(search: { readonly type?: number; readonly kind?: number; readonly param: string }): readonly number[]
}

/** All fields that the store has, in memory. */
export function loadFields({ all }: Statements): FieldIndex {
  const byNumber = new Map<number, Field>()
  const byParam = new Map<string, Field[]>()
  let newest = 0

  const add = (field: Field): void => {
    newest = Math.max(newest, field.fid)
    byNumber.set(field.fid, field)
    const same = byParam.get(field.param)
    if (same === undefined) byParam.set(field.param, [field])
    else same.push(field)
  }
  const load = (): void => {
    for (const field of all<Field>('SELECT fid, type, kind, param FROM field WHERE fid > ?', newest)) add(field)
  }
  load()

  return {
    get: (fid) => {
      if (!byNumber.has(fid)) load()
      return byNumber.get(fid)!
    },
    newest: () => newest,
    refresh: (upTo = Infinity) => {
      if (upTo > newest) load()
    },
    find: (type, kind, param) => byParam.get(param)?.find((field) => field.type === type && field.kind === kind)?.fid,
    add,
    of: ({ type, kind, param }) =>
      (byParam.get(param) ?? [])
        .filter((field) => (type === undefined || field.type === type) && (kind === undefined || field.kind === kind))
        .map((field) => field.fid),
  }
}
