/** SQL as text with its parameters, and prepared statements kept by their text. */
import type Database from 'better-sqlite3'

export type Arg = string | number | null

/** A piece of SQL: `?` in the text, values beside it. Values never get into the text. */
export type Sql = { readonly text: string; readonly args: readonly Arg[] }

/** `` sql`a = ${1} AND ${piece}` ``: pieces are put in, anything else becomes a parameter. */
export function sql(parts: TemplateStringsArray, ...values: readonly (Arg | Sql)[]): Sql {
  let text = parts[0]!
  const args: Arg[] = []
  for (const [index, value] of values.entries()) {
    const piece = typeof value === 'object' && value !== null ? value : { text: '?', args: [value] }
    text += piece.text + parts[index + 1]!
    args.push(...piece.args)
  }
  return { text, args }
}

/** SQL text of our own, without parameters. */
export const raw = (text: string): Sql => ({ text, args: [] })

export const joined = (pieces: readonly Sql[], between: string): Sql => ({
  text: pieces.map((piece) => piece.text).join(between),
  args: pieces.flatMap((piece) => piece.args),
})

/** Pieces under OR as a balanced tree: SQLite bounds the depth of an expression. https://sqlite.org/limits.html */
export function anyOf(pieces: readonly Sql[]): Sql {
  if (pieces.length <= 2) return sql`(${joined(pieces, ' OR ')})`
  const middle = pieces.length >> 1
  return sql`(${anyOf(pieces.slice(0, middle))} OR ${anyOf(pieces.slice(middle))})`
}

/** A limit that SQLite takes, also for no limit at all (Infinity). */
export const most = (limit: number): number => Math.min(limit, 2 ** 40)

/**
 * LIMIT. SQLite plans by the value of a parameter that stands there alone, and prepares the statement again whenever it is
 * bound, which costs more than most statements. An expression is not looked at: in text it is `LIMIT ? + 0`.
 */
export const limitOf = (limit: number): Sql => sql`LIMIT ${most(limit)} + 0`

type Row = { readonly [column: string]: Arg }

export type Statements = {
  readonly db: Database.Database
  get<T = Row>(text: string, ...args: readonly Arg[]): T | undefined
  all<T = Row>(text: string, ...args: readonly Arg[]): T[]
  run(text: string, ...args: readonly Arg[]): Database.RunResult
}

/** Statements that read, in one transaction: they see one state, and take and release their locks once. */
export function readTogether<T>({ db, run }: Statements, read: () => T): T {
  run('BEGIN')
  try {
    return read()
  } finally {
    // A fault of the disk may have ended it already, and is the one to be seen.
    if (db.inTransaction) run('COMMIT')
  }
}

const KEPT = 500

type Prepared = { readonly statement: Database.Statement; readonly columns: readonly string[] }

function prepared(db: Database.Database, text: string): Prepared {
  const statement = db.prepare(text)
  if (!statement.reader) return { statement, columns: [] }
  return { statement: statement.raw(), columns: statement.columns().map(({ name }) => name) }
}

/** The row of these values. The driver hands out lists of values in much less time than objects. */
function rowOf<T>(columns: readonly string[], values: readonly Arg[]): T {
  const row: { [column: string]: Arg } = {}
  for (let index = 0; index < columns.length; index += 1) row[columns[index]!] = values[index]!
  return row as T
}

/** Prepares each text once; the one that was not used for longest goes when there are too many. */
export function statements(db: Database.Database): Statements {
  const kept = new Map<string, Prepared>()
  const prepare = (text: string): Prepared => {
    const existing = kept.get(text)
    if (existing !== undefined) return existing
    const made = prepared(db, text)
    const oldest = kept.size >= KEPT ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(text, made)
    return made
  }
  return {
    db,
    get<T>(text: string, ...args: readonly Arg[]): T | undefined {
      const { statement, columns } = prepare(text)
      const values = statement.get(...args) as readonly Arg[] | undefined
      return values && rowOf(columns, values)
    },
    all<T>(text: string, ...args: readonly Arg[]): T[] {
      const { statement, columns } = prepare(text)
      return (statement.all(...args) as (readonly Arg[])[]).map((values) => rowOf(columns, values))
    },
    run: (text, ...args) => prepare(text).statement.run(...args),
  }
}
