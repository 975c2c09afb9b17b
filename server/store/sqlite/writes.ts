/** The writes of a commit, one function for each kind. */
import type { Key } from '../../fhir/types.ts'
import type { Audience } from '../../search/query.ts'
import { keyOf } from '../check-work.ts'
import { stamp } from '../stamp.ts'
import type { Version, Write } from '../store.ts'
import { encodeAudience, updateAudience } from './audience.ts'
import type { Dictionary } from './dictionary.ts'
import { encodeEntries, reindex } from './entries.ts'
import type { EncodedEntries } from './entries.ts'
import { METHODS } from './rows.ts'
import type { Statements } from './sql.ts'

export type Inside = { readonly statements: Statements; readonly words: Dictionary; readonly clock: () => number }

/** When a write happens: the commit, its time, and the number of the version that the write makes. */
export type Step = { readonly sequence: number; readonly at: number; readonly seq: number }

/** A record as a commit needs it; `version` is that of its head. */
export type RecordRow = {
  readonly rid: number
  readonly type: number
  readonly owner: number
  readonly deleted: 0 | 1
  readonly version: number
  readonly audience: string
  readonly facts: string
}

export function recordOf({ type, id }: Key, { statements, words }: Inside): RecordRow | undefined {
  const wid = words.word(type)
  return wid === undefined ? undefined : statements.get<RecordRow>(RECORD, wid, id)
}

/** Does a write whose preconditions hold; answers the version that it made, if any. */
export function write(one: Write, step: Step, inside: Inside): Version | undefined {
  return WRITES[one.kind](one as never, step, inside)
}

type WriteOf<kind> = Extract<Write, { readonly kind: kind }>

const WRITES: {
  readonly [kind in Write['kind']]: (one: WriteOf<kind>, step: Step, inside: Inside) => Version | undefined
} = {
  put: (one, step, inside) => {
    const row = recordOf(keyOf(one), inside)
    const text = stamp(one.resource, (row?.version ?? 0) + 1, step.at)
    return addVersion(one, row, { ...step, method: METHODS.indexOf(one.method), text }, inside)
  },
  remove: (one, step, inside) => {
    const row = recordOf(one.key, inside)
    if (row === undefined || row.deleted === 1) return undefined
    return addVersion(one, row, { ...step, method: METHODS.indexOf('DELETE'), text: '' }, inside)
  },
  audience: ({ key, audience }, _step, inside) => {
    const row = recordOf(key, inside)
    if (row !== undefined) setAudience(row, audience, inside)
    return undefined
  },
  entries: ({ key, entries, audience }, step, inside) => {
    const row = recordOf(key, inside)!
    if (audience !== undefined) setAudience(row, audience, inside)
    const facts = encodeEntries(entries, row.type, inside.words)
    const text = JSON.stringify(facts)
    if (text === row.facts) return undefined
    const { statements } = inside
    statements.run(SUPERSEDE, step.sequence, row.rid)
    statements.run('UPDATE record SET facts = jsonb(?), reindexed = ? WHERE rid = ?', text, step.sequence, row.rid)
    reindex(row.rid, JSON.parse(row.facts) as EncodedEntries, facts, statements)
    return undefined
  },
}

function setAudience(row: RecordRow, audience: readonly Audience[], { statements, words }: Inside): void {
  const text = encodeAudience(audience, words)
  updateAudience(row, row.audience, text, statements)
  statements.run('UPDATE record SET audience = ? WHERE rid = ?', text, row.rid)
}

type NewVersion = Step & { readonly method: number; readonly text: string }

/** Adds a version, and the record with the first one, and brings the indexes up to date with its entries. */
function addVersion(
  one: WriteOf<'put' | 'remove'>,
  existing: RecordRow | undefined,
  step: NewVersion,
  inside: Inside,
): Version {
  const { sequence, at, seq, method, text } = step
  const { statements, words } = inside
  const { type, id } = keyOf(one)
  const author = words.makeWord(one.author)
  const circle = encodeAudience(one.audience, words)
  const row = existing ?? newRecord(words.makeWord(type), author)
  const facts = encodeEntries(one.entries, row.type, words)
  const encoded = JSON.stringify(facts)
  const rid = existing
    ? moveHead(existing.rid, { ...step, deleted: Number(one.kind === 'remove'), encoded }, statements)
    : Number(statements.run(ADD_RECORD, row.type, id, row.owner, seq, at, encoded).lastInsertRowid)
  const version = row.version + 1
  statements.run(ADD_VERSION, seq, rid, version, method, author, circle, text)
  reindex(rid, JSON.parse(row.facts) as EncodedEntries, facts, statements)
  updateAudience({ type: row.type, rid }, row.audience, circle, statements)
  const owner = words.text(row.owner)
  const { author: by, audience } = one
  return { type, id, version, sequence, at, method: METHODS[method]!, author: by, owner, audience, text }
}

type Head = Step & { readonly deleted: number; readonly encoded: string }

function moveHead(rid: number, { sequence, at, seq, deleted, encoded }: Head, { run }: Statements): number {
  run(SUPERSEDE, sequence, rid)
  run(MOVE_HEAD, seq, at, deleted, encoded, rid)
  return rid
}

/** What a record is before its first version. Its rid comes with the row. */
const newRecord = (type: number, owner: number): RecordRow => ({
  rid: 0,
  type,
  owner,
  deleted: 0,
  version: 0,
  audience: '[]',
  facts: '{}',
})

const RECORD = `SELECT r.rid, r.type, r.owner, r.deleted, json(r.facts) AS facts, v.version,
  coalesce(r.audience, v.audience) AS audience FROM record r JOIN version v ON v.seq = r.head WHERE r.type = ? AND r.id = ?`
const ADD_RECORD = 'INSERT INTO record (type, id, owner, head, at, deleted, facts) VALUES (?, ?, ?, ?, ?, 0, jsonb(?))'
const ADD_VERSION =
  'INSERT INTO version (seq, rid, version, method, author, audience, text) VALUES (?, ?, ?, ?, ?, ?, ?)'
const MOVE_HEAD =
  'UPDATE record SET head = ?, at = ?, deleted = ?, facts = jsonb(?), reindexed = NULL, audience = NULL WHERE rid = ?'
/** Keeps how the record was found until now, for searches as of an earlier sequence. */
const SUPERSEDE = `INSERT INTO superseded (until, rid, seq, at, deleted, facts)
  SELECT ?, rid, head, at, deleted, facts FROM record WHERE rid = ?`
