/** The writes of a commit, one function for each kind. */
import type { Key } from '../../fhir/types.ts'
import type { Audience, IndexEntry } from '../../search/query.ts'
import { stampedText } from '../stamp.ts'
import { encodeAudience, firstsAfter, updateAudience } from './audience.ts'
import { encodeEntries, entriesOfText, reindex, textOfEntries } from './entries.ts'
import type { NewTerms } from './new-terms.ts'
import type { EntriesText, MadeVersion, PreparedWrite } from './prepared-work.ts'
import { METHODS, ROOM } from './rows.ts'
import type { Statements } from './sql.ts'

/** What writing the database needs. */
export type WriteContext = { readonly statements: Statements; readonly terms: NewTerms }

/** When a write happens: the commit, its time, and the number of the version that the write makes. */
export type CommitStep = { readonly sequence: number; readonly at: number; readonly seq: number }

/** A record as a commit needs it; `version` is that of its head. */
export type RecordRow = {
  readonly rid: number
  readonly type: number
  readonly owner: number
  readonly deleted: 0 | 1
  readonly version: number
  readonly audience: string
  /** As in the column (audience.ts). */
  readonly firsts: string | null
  readonly encoded: string
}

export function recordOf({ type, id }: Key, { statements, terms }: WriteContext): RecordRow | undefined {
  const tid = terms.idOf(type)
  return tid === undefined ? undefined : statements.get<RecordRow>(RECORD, tid, id)
}

/** Does a write whose preconditions hold, on the record as it was before the commit, if there was one; answers the version that it made, if any. */
export function applyWrite(
  write: PreparedWrite,
  row: RecordRow | undefined,
  step: CommitStep,
  context: WriteContext,
): MadeVersion | undefined {
  return WRITES[write.kind](write as never, row, step, context)
}

type WriteOf<kind> = Extract<PreparedWrite, { readonly kind: kind }>

const WRITES: {
  readonly [kind in PreparedWrite['kind']]: (
    write: WriteOf<kind>,
    row: RecordRow | undefined,
    step: CommitStep,
    context: WriteContext,
  ) => MadeVersion | undefined
} = {
  put: (write, row, step, context) => {
    const text = stampedText(write.text, (row?.version ?? 0) + 1, step.at)
    return addVersion(write, row, { ...step, method: METHODS.indexOf(write.method), text }, context)
  },
  remove: (write, row, step, context) => {
    if (row === undefined || row.deleted === 1) return undefined
    return addVersion(write, row, { ...step, method: METHODS.indexOf('DELETE'), text: '' }, context)
  },
  audience: ({ audience }, row, step, context) => {
    if (row !== undefined) setAudience(row, audience, step, context)
    return undefined
  },
  entries: ({ entries, audience }, existing, step, context) => {
    const row = existing!
    if (audience !== undefined) setAudience(row, audience, step, context)
    const encoded = encodeEntries(parseEntries(entries), row.type, context.terms)
    const text = textOfEntries(encoded)
    if (text === row.encoded) return undefined
    const { statements } = context
    statements.run(SUPERSEDE, step.sequence, row.rid)
    statements.run('UPDATE record SET entries = jsonb(?), reindexed = ? WHERE rid = ?', text, step.sequence, row.rid)
    reindex(row.rid, entriesOfText(row.encoded), encoded, statements)
    return undefined
  },
}

const parseEntries = (text: EntriesText): readonly IndexEntry[] => JSON.parse(text) as readonly IndexEntry[]

function setAudience(row: RecordRow, audience: readonly Audience[], { at }: CommitStep, context: WriteContext): void {
  const { statements, terms } = context
  const text = encodeAudience(audience, terms)
  updateAudience(row, row.audience, text, statements)
  updateFirsts(row, text, { at, version: row.version }, context)
  statements.run('UPDATE record SET audience = ? WHERE rid = ?', text, row.rid)
}

/** `after`: the new audience as JSON. `version`: the one that is current after the commit, at the instant `at` (ms). */
function updateFirsts(
  { rid, audience: before, firsts }: RecordRow,
  after: string,
  { at, version }: { readonly at: number; readonly version: number },
  { statements, terms }: WriteContext,
): void {
  if (before === after) return
  const next = firstsAfter({ before, after, firsts, at, version }, terms)
  if (next !== firsts) statements.run('UPDATE record SET firsts = ? WHERE rid = ?', next, rid)
}

type NewVersion = CommitStep & { readonly method: number; readonly text: string }

/** Adds a version, and the record with the first one, and brings the indexes up to date with its entries. */
function addVersion(
  write: WriteOf<'put' | 'remove'>,
  existing: RecordRow | undefined,
  step: NewVersion,
  context: WriteContext,
): MadeVersion {
  const { sequence, at, seq, method, text } = step
  const { statements, terms } = context
  const { type, id } = write.key
  const author = terms.makeId(write.author)
  const encodedAudience = encodeAudience(write.audience, terms)
  const row = existing ?? newRecord(terms.makeId(type), author)
  const encoded = encodeEntries(parseEntries(write.entries), row.type, terms)
  const entries = textOfEntries(encoded)
  const rid = existing
    ? moveHead(existing.rid, { ...step, deleted: Number(write.kind === 'remove'), entries }, statements)
    : Number(statements.run(ADD_RECORD, row.type, id, row.owner, seq, at, entries).lastInsertRowid)
  const version = row.version + 1
  statements.run(ADD_VERSION, seq, rid, version, method, author, encodedAudience, text)
  statements.run('INSERT INTO version_type VALUES (?, ?, ?)', row.type, sequence, seq % ROOM)
  reindex(rid, entriesOfText(row.encoded), encoded, statements)
  updateAudience({ type: row.type, rid }, row.audience, encodedAudience, statements)
  if (existing) updateFirsts(existing, encodedAudience, { at, version }, context)
  return { version, owner: terms.text(row.owner) }
}

type Head = CommitStep & { readonly deleted: number; readonly entries: string }

function moveHead(rid: number, { sequence, at, seq, deleted, entries }: Head, { run }: Statements): number {
  run(SUPERSEDE, sequence, rid)
  run(MOVE_HEAD, seq, at, deleted, entries, rid)
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
  firsts: null,
  encoded: '{}',
})

const RECORD = `SELECT r.rid, r.type, r.owner, r.deleted, r.firsts, json(r.entries) AS encoded, v.version,
  coalesce(r.audience, v.audience) AS audience FROM record r JOIN version v ON v.seq = r.head WHERE r.type = ? AND r.id = ?`
const ADD_RECORD =
  'INSERT INTO record (type, id, owner, head, at, deleted, entries) VALUES (?, ?, ?, ?, ?, 0, jsonb(?))'
const ADD_VERSION =
  'INSERT INTO version (seq, rid, version, method, author, audience, text) VALUES (?, ?, ?, ?, ?, ?, ?)'
const MOVE_HEAD =
  'UPDATE record SET head = ?, at = ?, deleted = ?, entries = jsonb(?), reindexed = NULL, audience = NULL WHERE rid = ?'
/** Keeps how the record was found until now, for searches as of an earlier sequence. */
const SUPERSEDE = `INSERT INTO superseded (until, rid, seq, at, deleted, entries)
  SELECT ?, rid, head, at, deleted, entries FROM record WHERE rid = ?`
