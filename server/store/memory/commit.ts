/** One commit in memory: everything that may throw comes first, so that a refused commit changes nothing. */
import { keyText } from '../../fhir/types.ts'
import type { Key } from '../../fhir/types.ts'
import type { Audience } from '../../search/query.ts'
import { keyOf } from '../check-work.ts'
import { firstVersionsAfter } from '../first-versions.ts'
import { mergeJobs } from '../new-jobs.ts'
import { stampedText, unstampedText } from '../stamp.ts'
import { CommitConflict } from '../errors.ts'
import type { Committed, Expect, Precondition, Version, Work, Write } from '../store.ts'
import { distinct } from '../distinct-entries.ts'
import { addEvent, purgeEvents } from './events.ts'
import { isDeletion } from './schema.ts'
import type { MemoryState, StoredRecord, StoredRecords } from './schema.ts'
import { find } from './search.ts'

/** @throws CommitConflict */
export function apply(work: Work, state: MemoryState, clock: number): Committed {
  checkConditions(work, state)
  const { writes = [], jobs = [], events = [], purges = [], cursors = [] } = work
  const { records, log } = state
  const sequence = log.length + 1
  const at = Math.max(clock, log.at(-1)?.at ?? 0)
  const versions = writes.map((write) => versionOf(write, { sequence, at }, records))
  for (const [index, write] of writes.entries()) keep(write, versions[index], { sequence, at }, state)
  log.push({ sequence, at, versions: versions.filter((version) => version !== undefined) })
  if (work.request) state.requests.set(sequence, work.request)
  for (const job of mergeJobs(jobs, sequence)) state.jobs.enqueue(job)
  for (const event of events) addEvent(event, at, state.events)
  for (const purge of purges) purgeEvents(purge, state.events)
  for (const { name, to } of cursors) state.cursors.set(name, to)
  return { sequence, at, versions }
}

function checkConditions({ claim, cursors = [], guards = [], writes = [] }: Work, state: MemoryState): void {
  if (claim && !state.jobs.holds(claim)) throw new CommitConflict('claim', 0)
  for (const [index, { name, from }] of cursors.entries()) {
    const value = state.cursors.get(name) ?? 0
    if (value !== from) throw new CommitConflict('cursor', index, value)
  }
  for (const [index, guard] of guards.entries()) {
    if ('key' in guard) check(guard.key, guard.expect, ['guard', index], state.records)
    else {
      const [found] = find({ ...guard.none, limit: 1, total: false }, state).versions
      if (found) throw new CommitConflict('guard', index, found.version)
    }
  }
  for (const [index, write] of writes.entries()) checkWrite(write, index, state.records)
}

function checkWrite(write: Write, index: number, records: StoredRecords): void {
  if (write.kind === 'audience') return
  if (write.kind === 'entries') {
    const last = records.get(keyText(write.key))?.versions.length ?? 0
    if (!write.expect.version.includes(last)) throw new CommitConflict('write', index, last)
  } else if (write.expect) check(keyOf(write), write.expect, ['write', index], records)
}

function check(key: Key, expect: Expect, precondition: Precondition, records: StoredRecords): void {
  const last = records.get(keyText(key))?.versions.at(-1)
  const current = last === undefined || isDeletion(last) ? 0 : last.version
  const met =
    expect === 'absent' ? current === 0 : current !== 0 && (expect === 'present' || expect.version.includes(current))
  if (!met) throw new CommitConflict(...precondition, current)
}

type Now = { readonly sequence: number; readonly at: number }

/** The version that a write makes, if it makes one. */
function versionOf(write: Write, now: Now, records: StoredRecords): Version | undefined {
  if (write.kind === 'audience' || write.kind === 'entries') return undefined
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
    text: write.kind === 'put' ? stampedText(unstampedText(write.resource), version, now.at) : '',
  }
}

function keep(write: Write, version: Version | undefined, { sequence, at }: Now, state: MemoryState): void {
  const text = keyText(keyOf(write))
  const existing = state.records.get(text)
  if (write.kind === 'audience' || write.kind === 'entries') {
    if (!existing) return
    setAudience(existing, write.audience ?? existing.audience, at)
    const version = existing.versions.at(-1)!
    if (write.kind === 'entries') existing.states.push({ from: sequence, version, entries: distinct(write.entries) })
  } else if (version) {
    const record: StoredRecord = existing ?? {
      creation: state.records.size + 1,
      versions: [],
      states: [],
      audience: write.audience,
      firsts: {},
    }
    record.versions.push(version)
    record.states.push({ from: sequence, version, entries: distinct(write.entries) })
    setAudience(record, write.audience, at)
    if (!existing) add(text, version.type, record, state)
  }
}

function add(text: string, type: string, record: StoredRecord, { records, byType }: MemoryState): void {
  records.set(text, record)
  const same = byType.get(type)
  if (same) same.push(record)
  else byType.set(type, [record])
}

/** After the version of the commit, if it makes one. */
function setAudience(record: StoredRecord, after: readonly Audience[], at: number): void {
  const { audience: before, firsts, versions } = record
  record.firsts = firstVersionsAfter({ before, after, firsts, at, version: versions.length })
  record.audience = after
}
