/** The store in memory: the reference for what a store does, in the simplest code. For tests and for trying out. */
import { keyText } from '../fhir/types.ts'
import type { Key } from '../fhir/types.ts'
import { cursorAt, match, order, positionOf, sortValues, visible } from '../search/match.ts'
import type { Audience, IndexEntry, Query, Viewer } from '../search/query.ts'
import { memoryJobs } from './memory-jobs.ts'
import type { MemoryJobs } from './memory-jobs.ts'
import { keyOf, checkWork } from './check-work.ts'
import { stamp } from './stamp.ts'
import { CommitConflict } from './store.ts'
import type { Commit, Committed, Event, Expect, Found, NewEvent, Store, Version, Work, Write } from './store.ts'
import { watch } from './watch.ts'

/** A record: its versions (the last is current), what it says and who may know, now. `creation` orders records. */
type Rec = {
  readonly creation: number
  readonly versions: Version[]
  entries: readonly IndexEntry[]
  audience: readonly Audience[]
}

type State = {
  readonly records: Map<string, Rec>
  readonly log: Commit[]
  readonly cursors: Map<string, number>
  readonly events: Map<string, Event[]>
  readonly jobs: MemoryJobs
}

export function openMemory({ clock }: { clock: () => number }): Store {
  const state: State = { records: new Map(), log: [], cursors: new Map(), events: new Map(), jobs: memoryJobs() }
  const { records, log } = state
  const watchers = watch(() => log.length)
  const seen = (key: Key, viewer: Viewer): Rec | undefined => {
    const record = records.get(keyText(key))
    return record !== undefined && visible(record.audience, viewer) ? record : undefined
  }
  let commits = 0

  return {
    commit: async (work) => {
      checkWork(work)
      const done = apply(work, state, clock())
      commits++
      watchers.look()
      return done
    },
    read: async (key, viewer) => seen(key, viewer)?.versions.at(-1),
    readMany: async (keys, viewer) => keys.map((key) => seen(key, viewer)?.versions.at(-1)),
    vread: async (key, version, viewer) => seen(key, viewer)?.versions[version - 1],
    history: async (key, viewer, { limit, before = Infinity, since = -Infinity }) => {
      const all = (seen(key, viewer)?.versions ?? []).filter((version) => version.at >= since).reverse()
      return { versions: all.filter(({ version }) => version < before).slice(0, limit), total: all.length }
    },
    find: async (query) => find(query, records),
    indexed: async (key) => {
      const record = records.get(keyText(key))
      return record && { entries: record.entries, audience: record.audience }
    },
    feed: async (after, limit) => log.slice(after, after + limit),
    last: async () => log.length,
    changed: watchers.changed,
    cursor: async (name) => state.cursors.get(name) ?? 0,
    events: async (stream, { from, to = Infinity, limit }) =>
      (state.events.get(stream) ?? []).filter(({ number }) => number >= from && number <= to).slice(0, limit),
    eventCount: async (stream) => state.events.get(stream)?.length ?? 0,
    jobs: state.jobs,
    stats: async () => ({ transactions: commits, commits, records: records.size, bytes: 0 }),
    close: async () => watchers.close(),
  }
}

/** Everything that may throw comes first, so that a refused commit changes nothing. */
function apply(work: Work, state: State, clock: number): Committed {
  checkConditions(work, state)
  const { writes = [], jobs = [], events = [], cursors = [] } = work
  const at = Math.max(clock, state.log.at(-1)?.at ?? 0)
  const sequence = writes.length > 0 ? state.log.length + 1 : 0
  const versions = writes.map((write) => versionOf(write, { sequence, at }, state.records))
  for (const [index, write] of writes.entries()) keep(write, versions[index], state.records)
  if (sequence > 0) state.log.push({ sequence, at, versions: versions.filter((version) => version !== undefined) })
  for (const job of jobs) state.jobs.enqueue(job)
  for (const event of events) addEvent(event, at, state.events)
  for (const { name, to } of cursors) state.cursors.set(name, to)
  return { sequence, at, versions }
}

function checkConditions({ claim, cursors = [], guards = [], writes = [] }: Work, state: State): void {
  if (claim && !state.jobs.holds(claim)) throw new CommitConflict('claim', 0)
  for (const [index, { name, from }] of cursors.entries()) {
    const value = state.cursors.get(name) ?? 0
    if (value !== from) throw new CommitConflict('cursor', index, value)
  }
  for (const [index, guard] of guards.entries()) {
    if ('key' in guard) check(guard.key, guard.expect, ['guard', index], state.records)
    else {
      const [found] = find({ ...guard.none, limit: 1, total: false }, state.records).versions
      if (found) throw new CommitConflict('guard', index, found.version)
    }
  }
  for (const [index, write] of writes.entries()) {
    if (write.kind !== 'audience' && write.expect) check(keyOf(write), write.expect, ['write', index], state.records)
  }
}

type Records = Map<string, Rec>

type Precondition = readonly [kind: 'write' | 'guard', index: number]

function check(key: Key, expect: Expect, asked: Precondition, records: Records): void {
  const last = records.get(keyText(key))?.versions.at(-1)
  const current = last === undefined || isDeletion(last) ? 0 : last.version
  const met =
    expect === 'absent' ? current === 0 : current !== 0 && (expect === 'present' || expect.version.includes(current))
  if (!met) throw new CommitConflict(...asked, current)
}

const isDeletion = ({ method }: Version): boolean => method === 'DELETE'

/** The version that a write makes, if it makes one. */
function versionOf(write: Write, now: { sequence: number; at: number }, records: Records): Version | undefined {
  if (write.kind === 'audience') return undefined
  const key = keyOf(write)
  const before = records.get(keyText(key))?.versions.at(-1)
  if (write.kind === 'remove' && (before === undefined || isDeletion(before))) return undefined
  const version = (before?.version ?? 0) + 1
  return {
    ...key,
    version,
    ...now,
    method: write.kind === 'put' ? write.method : 'DELETE',
    author: write.author,
    owner: before?.owner ?? write.author,
    audience: write.audience,
    text: write.kind === 'put' ? stamp(write.resource, version, now.at) : '',
  }
}

function keep(write: Write, version: Version | undefined, records: Records): void {
  const text = keyText(keyOf(write))
  const known = records.get(text)
  if (write.kind === 'audience') {
    if (known) known.audience = write.audience
  } else if (version) {
    const record = known ?? { creation: records.size + 1, versions: [], entries: [], audience: [] }
    record.versions.push(version)
    record.entries = write.entries
    record.audience = write.audience
    records.set(text, record)
  }
}

function find(query: Query, records: Records): Found {
  const { type, where, viewer: viewer, sort = [], limit, after, deleted = false } = query
  const hits = [...records.values()].flatMap((record) => {
    const current = record.versions.at(-1)!
    const facts = { id: current.id, at: current.at, entries: record.entries }
    if (type !== '*' && current.type !== type) return []
    if ((isDeletion(current) && !deleted) || !visible(record.audience, viewer) || !match(where, facts)) return []
    return [{ current, values: sortValues(sort, facts), creation: record.creation }]
  })
  const compare = order(sort)
  hits.sort(compare)
  const rest = after ? hits.filter((hit) => compare(hit, positionOf(after)) > 0) : hits
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    versions: page.map(({ current }) => current),
    ...(last && rest.length > limit ? { next: cursorAt(last) } : {}),
    ...(query.total ? { total: hits.length } : {}),
  }
}

function addEvent(event: NewEvent, at: number, streams: Map<string, Event[]>): void {
  const stream = streams.get(event.stream) ?? []
  const known = stream.some(
    ({ sequence, type, id }) => sequence === event.sequence && type === event.type && id === event.id,
  )
  if (!known) stream.push({ ...event, number: stream.length + 1, at })
  streams.set(event.stream, stream)
}
