/**
 * Judges a commit upon the state before it, and says what it changes: the document for the log, from which everything else is
 * made. The same work upon the same state makes the same document, but for the token.
 */
import { keyText } from '../../fhir/types.ts'
import type { Audience } from '../../search/query.ts'
import { keyOf } from '../check-work.ts'
import { distinct } from '../distinct-entries.ts'
import { CommitConflict } from '../errors.ts'
import { firstVersionsAfter, type FirstVersions } from '../first-versions.ts'
import { mergeJobs } from '../new-jobs.ts'
import { stampedText, unstampedText } from '../stamp.ts'
import type { Committed, Event, Expect, Precondition, Version, Work, Write } from '../store.ts'
import { placeTexts } from './bodies.ts'
import {
  rowId,
  type BodyDocument,
  type CommitDocument,
  type LoggedAudience,
  type LoggedEntries,
  type LoggedVersion,
} from './schema.ts'
import { eventText, headOf, type CommitState, type Head } from './state.ts'

export type Judged = {
  readonly document: CommitDocument
  readonly bodies: readonly BodyDocument[]
  readonly committed: Committed
}

/** `created`: how many records there were before. */
type When = { readonly sequence: number; readonly at: number; readonly token: string; readonly created: number }

/** @throws CommitConflict; the state is then as it was */
export async function judge(work: Work, state: CommitState, when: When): Promise<Judged> {
  await checkConditions(work, state)
  const { sequence, at, token } = when
  const { writes = [], cursors = [], purges = [] } = work
  const made: Changes = { versions: [], texts: writes.map(() => ''), entries: [], audiences: [] }
  const versions = writes.map((write, index) => apply({ write, index }, state, when, made))
  for (const { name, to } of cursors) state.cursors.set(name, to)
  const placed = placeTexts(made.texts, token)
  return {
    document: {
      ...{ _id: sequence, token, at },
      created: when.created + createdBy(made),
      ...(work.request ? { request: work.request } : {}),
      ...{ versions: made.versions, texts: placed.texts, entries: made.entries, audiences: made.audiences },
      jobs: mergeJobs(work.jobs ?? [], sequence).map(({ payload, ...job }) =>
        payload === undefined ? job : { ...job, payload: JSON.stringify(payload) },
      ),
      ...{ events: numbered(work, state, at), purges, cursors },
    },
    bodies: placed.bodies,
    committed: { sequence, at, versions },
  }
}

async function checkConditions({ cursors = [], guards = [], writes = [] }: Work, state: CommitState): Promise<void> {
  for (const [index, { name, from }] of cursors.entries()) {
    const value = state.cursors.get(name) ?? 0
    if (value !== from) throw new CommitConflict('cursor', index, value)
  }
  for (const [index, guard] of guards.entries()) {
    if ('key' in guard) check(state.heads.get(keyText(guard.key)), guard.expect, ['guard', index])
    else {
      const found = await state.firstMatch(guard.none)
      if (found) throw new CommitConflict('guard', index, found.version)
    }
  }
  for (const [index, write] of writes.entries()) checkWrite(write, index, state)
}

function checkWrite(write: Write, index: number, { heads }: CommitState): void {
  if (write.kind === 'audience') return
  const head = heads.get(keyText(keyOf(write)))
  if (write.kind === 'entries') {
    const last = head?.version ?? 0
    if (!write.expect.version.includes(last)) throw new CommitConflict('write', index, last)
  } else if (write.expect) check(head, write.expect, ['write', index])
}

function check(head: Head | undefined, expect: Expect, precondition: Precondition): void {
  const current = head === undefined || head.method === 'DELETE' ? 0 : head.version
  const isMet =
    expect === 'absent' ? current === 0 : current !== 0 && (expect === 'present' || expect.version.includes(current))
  if (!isMet) throw new CommitConflict(...precondition, current)
}

type Changes = {
  readonly versions: LoggedVersion[]
  readonly texts: string[]
  readonly entries: LoggedEntries[]
  readonly audiences: LoggedAudience[]
}

const createdBy = ({ versions }: Changes): number => versions.filter(({ version }) => version === 1).length

type PlacedWrite<kind = Write['kind']> = { readonly write: Extract<Write, { kind: kind }>; readonly index: number }

/** Notes what a write changes, in the state too; answers the version that it makes, if any. */
function apply({ write, index }: PlacedWrite, state: CommitState, when: When, made: Changes): Version | undefined {
  const key = keyText(keyOf(write))
  const head = state.heads.get(key)
  if (write.kind === 'audience' || write.kind === 'entries') {
    changeHead({ write, index }, state, when, made)
    return undefined
  }
  if (write.kind === 'remove' && (head === undefined || head.method === 'DELETE')) return undefined
  const { sequence, at } = when
  const version = (head?.version ?? 0) + 1
  const logged: LoggedVersion = {
    ...keyOf(write),
    ...{ index, version, author: write.author, owner: head?.owner ?? write.author, audience: write.audience },
    method: write.kind === 'put' ? write.method : 'DELETE',
    creation: head?.creation ?? when.created + createdBy(made) + 1,
    firsts: firstsAfter(head, write.audience, { at, version }),
    entries: JSON.stringify(distinct(write.entries)),
    closes: head?.rows ?? [],
  }
  const text = write.kind === 'put' ? stampedText(unstampedText(write.resource), version, at) : ''
  made.versions.push(logged)
  made.texts[index] = text
  state.heads.set(key, headOf(logged, when))
  state.changed.add(key)
  const { type, id, method, author, owner, audience } = logged
  return { type, id, version, sequence, at, method, author, owner, audience, text }
}

/** New entries, and a new audience, for the version that a record has. */
function changeHead(
  { write, index }: PlacedWrite<'audience' | 'entries'>,
  { heads, changed }: CommitState,
  { sequence, at }: When,
  made: Changes,
): void {
  const key = keyText(write.key)
  const head = heads.get(key)
  if (head === undefined) return
  const { version, rows } = head
  const audience = write.audience ?? head.audience
  const firsts = write.audience === undefined ? head.firsts : firstsAfter(head, audience, { at, version })
  const entries = write.kind === 'entries' ? JSON.stringify(distinct(write.entries)) : head.entries
  const isNew = entries !== head.entries
  if (isNew) {
    const { rows: closes, ...kept } = head
    made.entries.push({ ...kept, index, audience, firsts, entries, closes })
  } else if (write.audience !== undefined) made.audiences.push({ row: rows.at(-1)!, audience, firsts })
  heads.set(key, { ...head, audience, firsts, entries, rows: isNew ? [...rows, rowId(sequence, index)] : rows })
  changed.add(key)
}

function firstsAfter(
  head: Head | undefined,
  after: readonly Audience[],
  { at, version }: { readonly at: number; readonly version: number },
): string {
  if (head === undefined) return '{}'
  const firsts = JSON.parse(head.firsts) as FirstVersions
  return JSON.stringify(firstVersionsAfter({ before: head.audience, after, firsts, at, version }))
}

/** The events under the next numbers of their streams; one that is there already is left out. */
function numbered({ events = [] }: Work, { streams }: CommitState, at: number): readonly Event[] {
  return events.flatMap((event) => {
    const stream = streams.get(event.stream)!
    const about = eventText(event)
    if (stream.about.has(about)) return []
    stream.about.add(about)
    stream.last += 1
    return [{ ...event, number: stream.last, at }]
  })
}
