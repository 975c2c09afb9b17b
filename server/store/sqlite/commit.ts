/** One commit inside a transaction: conditions first, then the writes, jobs, events and cursors. */
import { CommitConflict } from '../store.ts'
import type { Commit, Committed, Expect, Version, Work, Write } from '../store.ts'
import { keyOf } from '../check-work.ts'
import { stamp } from '../stamp.ts'
import type { Key } from '../../fhir/types.ts'
import { encodeAudience, regrant } from './circle.ts'
import type { Dictionary } from './dictionary.ts'
import { addEvent } from './events.ts'
import { encode, reindex } from './facts.ts'
import type { Facts } from './facts.ts'
import { enqueue, holds } from './jobs.ts'
import { find } from './query.ts'
import { ANY, METHODS, placeOf, ROOM, versionOf } from './rows.ts'
import type { VersionRow } from './rows.ts'
import { most } from './sql.ts'
import type { Statements } from './sql.ts'

export type Inside = { readonly statements: Statements; readonly words: Dictionary; readonly clock: () => number }

/** A record as a commit needs it. */
type RecordRow = {
  readonly rid: number
  readonly type: number
  readonly owner: number
  readonly deleted: 0 | 1
  readonly version: number
  readonly audience: string
  readonly facts: string
}

type Now = Pick<Step, 'sequence' | 'at'>

/**
 * Applies a commit. A refusal comes before the first write; any other fault leaves the transaction to be rolled back.
 * @throws CommitConflict
 */
export function apply(work: Work, inside: Inside): Committed {
  const { writes = [] } = work
  checkClaim(work, inside)
  checkCursors(work, inside)
  checkGuards(work, inside)
  for (const [index, write] of writes.entries()) {
    if (write.kind !== 'audience' && write.expect) check(keyOf(write), write.expect, ['write', index], inside)
  }
  const last = lastCommit(inside.statements)
  const now = { sequence: writes.length > 0 ? last.sequence + 1 : 0, at: Math.max(inside.clock(), last.at) }
  if (writes.length > 0) inside.statements.run('INSERT INTO commits (place, at) VALUES (?, ?)', now.sequence, now.at)
  const versions = writes.map((write, index) => {
    const step = { ...now, seq: now.sequence * ROOM + index }
    return WRITES[write.kind](write as never, step, inside)
  })
  for (const job of work.jobs ?? []) enqueue(job, inside.statements)
  for (const event of work.events ?? []) addEvent(event, now.at, inside.statements)
  for (const { name, to } of work.cursors ?? []) inside.statements.run(SET_CURSOR, name, to)
  return { ...now, versions }
}

/** The last place and its time; zeros before the first. */
export function lastCommit({ get }: Statements): Now {
  return get<Now>('SELECT place AS sequence, at FROM commits ORDER BY place DESC LIMIT 1') ?? { sequence: 0, at: 0 }
}

export function cursorValue(name: string, { get }: Statements): number {
  return get<{ value: number }>('SELECT value FROM cursor WHERE name = ?', name)?.value ?? 0
}

function checkClaim({ claim }: Work, { statements }: Inside): void {
  if (claim !== undefined && !holds(claim, statements)) throw new CommitConflict('claim', 0)
}

function checkCursors({ cursors = [] }: Work, { statements }: Inside): void {
  for (const [index, { name, from }] of cursors.entries()) {
    const value = cursorValue(name, statements)
    if (value !== from) throw new CommitConflict('cursor', index, value)
  }
}

function checkGuards({ guards = [] }: Work, inside: Inside): void {
  for (const [index, guard] of guards.entries()) {
    if ('key' in guard) check(guard.key, guard.expect, ['guard', index], inside)
    else {
      const [match] = find({ ...guard.none, limit: 1, total: false }, inside).versions
      if (match !== undefined) throw new CommitConflict('guard', index, match.version)
    }
  }
}

type Precondition = readonly [kind: 'write' | 'guard', index: number]

function check(key: Key, expect: Expect, asked: Precondition, inside: Inside): void {
  const row = recordOf(key, inside)
  const current = row === undefined || row.deleted === 1 ? 0 : row.version
  const met =
    expect === 'absent' ? current === 0 : current !== 0 && (expect === 'present' || expect.version.includes(current))
  if (!met) throw new CommitConflict(...asked, current)
}

function recordOf({ type, id }: Key, { statements, words }: Inside): RecordRow | undefined {
  const wid = words.word(type)
  return wid === undefined ? undefined : statements.get<RecordRow>(RECORD, wid, id)
}

const WRITES: {
  readonly [kind in Write['kind']]: (
    write: Extract<Write, { kind: kind }>,
    step: Step,
    inside: Inside,
  ) => Version | undefined
} = {
  put: (write, step, inside) => {
    const row = recordOf(keyOf(write), inside)
    const text = stamp(write.resource, (row?.version ?? 0) + 1, step.at)
    return addVersion(write, row, { ...step, method: METHODS.indexOf(write.method), text }, inside)
  },
  remove: (write, step, inside) => {
    const row = recordOf(write.key, inside)
    if (row === undefined || row.deleted === 1) return undefined
    return addVersion(write, row, { ...step, method: METHODS.indexOf('DELETE'), text: '' }, inside)
  },
  audience: ({ key, audience }, _step, inside) => {
    const row = recordOf(key, inside)
    if (row === undefined) return undefined
    const circle = encodeAudience(audience, inside.words)
    regrant(row, row.audience, circle, inside.statements)
    inside.statements.run('UPDATE record SET audience = ? WHERE rid = ?', circle, row.rid)
    return undefined
  },
}

type Step = { readonly sequence: number; readonly at: number; readonly seq: number }
type Made = Step & { readonly method: number; readonly text: string }
type Versioned = Exclude<Write, { kind: 'audience' }>

/** Adds a version, and the record with the first one, and brings the indexes to what it says. */
function addVersion(write: Versioned, known: RecordRow | undefined, step: Made, inside: Inside): Version {
  const { sequence, at, seq, method, text } = step
  const { statements, words } = inside
  const { type, id } = keyOf(write)
  const author = words.makeWord(write.author)
  const circle = encodeAudience(write.audience, words)
  const row = known ?? newRecord(words.makeWord(type), author)
  const facts = encode(write.entries, row.type, words)
  const said = JSON.stringify(facts)
  const rid = known
    ? (statements.run(MOVE_HEAD, seq, at, Number(write.kind === 'remove'), said, row.rid), row.rid)
    : Number(statements.run(ADD_RECORD, row.type, id, row.owner, seq, at, said).lastInsertRowid)
  const version = row.version + 1
  statements.run(ADD_VERSION, seq, rid, version, method, author, circle, text)
  reindex(rid, JSON.parse(row.facts) as Facts, facts, statements)
  regrant({ type: row.type, rid }, row.audience, circle, statements)
  const owner = words.text(row.owner)
  const { author: by, audience } = write
  return { type, id, version, sequence, at, method: METHODS[method]!, author: by, owner, audience, text }
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

/** The commits after a place with their versions, oldest first. */
export function feed(after: number, limit: number, { statements, words }: Inside): Commit[] {
  const commits = statements.all<Now>(
    'SELECT place AS sequence, at FROM commits WHERE place > ? ORDER BY place LIMIT ?',
    after,
    most(limit),
  )
  const end = commits.at(-1)?.sequence
  if (end === undefined) return []
  const rows = statements.all<VersionRow>(
    `${ANY} WHERE v.seq >= ? AND v.seq < ? ORDER BY v.seq`,
    commits[0]!.sequence * ROOM,
    (end + 1) * ROOM,
  )
  const versions = new Map(commits.map(({ sequence }) => [sequence, [] as Version[]]))
  for (const row of rows) versions.get(placeOf(row.seq))!.push(versionOf(row, words))
  return commits.map((commit) => ({ ...commit, versions: versions.get(commit.sequence)! }))
}

const RECORD = `SELECT r.rid, r.type, r.owner, r.deleted, json(r.facts) AS facts, v.version,
  coalesce(r.audience, v.audience) AS audience FROM record r JOIN version v ON v.seq = r.head WHERE r.type = ? AND r.id = ?`
const ADD_RECORD = 'INSERT INTO record (type, id, owner, head, at, deleted, facts) VALUES (?, ?, ?, ?, ?, 0, jsonb(?))'
const ADD_VERSION =
  'INSERT INTO version (seq, rid, version, method, author, audience, text) VALUES (?, ?, ?, ?, ?, ?, ?)'
const MOVE_HEAD = 'UPDATE record SET head = ?, at = ?, deleted = ?, facts = jsonb(?), audience = NULL WHERE rid = ?'
const SET_CURSOR = 'INSERT INTO cursor VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
