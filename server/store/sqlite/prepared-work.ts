/** A commit as the thread that writes takes it: plain data, the texts of resources in it instead of the resources. */
import { isLarge } from '../../fhir/size.ts'
import { inTurns, TURN } from '../../fhir/turns.ts'
import type { Key } from '../../fhir/types.ts'
import { keyOf } from '../check-work.ts'
import { stampedText, unstampedText, unstampedTextInTurns } from '../stamp.ts'
import type { UnstampedText } from '../stamp.ts'
import type { Committed, Version, Work, Write } from '../store.ts'

type Put = Extract<Write, { readonly kind: 'put' }>
type Remove = Extract<Write, { readonly kind: 'remove' }>
type Reindex = Extract<Write, { readonly kind: 'entries' }>

/** Index entries as JSON: dozens of small objects take several times as long to send. */
export type EntriesText = string

export type PreparedWrite =
  | (Omit<Put, 'resource' | 'entries'> & {
      readonly key: Key
      readonly text: UnstampedText
      readonly entries: EntriesText
    })
  | (Omit<Remove, 'entries'> & { readonly entries: EntriesText })
  | (Omit<Reindex, 'entries'> & { readonly entries: EntriesText })
  | Extract<Write, { readonly kind: 'audience' }>

/** `now`: the time of the hub (ms); the commit is not earlier. */
export type PreparedWork = Omit<Work, 'writes'> & { readonly writes: readonly PreparedWrite[]; readonly now: number }

/** What a write made: the number of the version, and the owner of its record. */
export type MadeVersion = { readonly version: number; readonly owner: string }

/** What the thread answers; `made` as `Committed.versions`. */
export type AppliedWork = {
  readonly sequence: number
  readonly at: number
  readonly made: readonly (MadeVersion | undefined)[]
}

/** At once, so that commits are made in the order in which they come; what is long in turns of the event loop. */
export const prepareWork = (work: Work, now: number): PreparedWork | Promise<PreparedWork> =>
  isLong(work) ? prepareInTurns(work, now) : { ...work, writes: (work.writes ?? []).map(prepareWrite), now }

const isLong = ({ writes = [] }: Work): boolean =>
  writes.length > TURN.items || writes.some((one) => one.kind === 'put' && isLarge(one.resource))

const prepareInTurns = async (work: Work, now: number): Promise<PreparedWork> => ({
  ...work,
  writes: await inTurns(work.writes ?? [], async (write) =>
    write.kind === 'put' ? preparedPut(write, await unstampedTextInTurns(write.resource)) : prepareWrite(write),
  ),
  now,
})

function prepareWrite(write: Write): PreparedWrite {
  if (write.kind === 'audience') return write
  if (write.kind === 'put') return preparedPut(write, unstampedText(write.resource))
  return { ...write, entries: JSON.stringify(write.entries) }
}

function preparedPut(write: Put, text: UnstampedText): PreparedWrite {
  const { kind, method, entries, audience, author, expect } = write
  const prepared = { kind, method, key: keyOf(write), text, entries: JSON.stringify(entries), audience, author }
  return expect === undefined ? prepared : { ...prepared, expect }
}

/** What a commit answers, from what was sent to the thread and what came back. */
export function committedWork({ writes }: PreparedWork, { sequence, at, made }: AppliedWork): Committed {
  const versions = writes.map((write, index) => {
    const version = made[index]
    return version && versionOf(write, version, sequence, at)
  })
  return { sequence, at, versions }
}

function versionOf(write: PreparedWrite, made: MadeVersion, sequence: number, at: number): Version | undefined {
  if (write.kind !== 'put' && write.kind !== 'remove') return undefined
  const { type, id } = write.key
  const { author, audience } = write
  const { version, owner } = made
  const method = write.kind === 'put' ? write.method : 'DELETE'
  const text = write.kind === 'put' ? stampedText(write.text, version, at) : ''
  return { type, id, version, sequence, at, method, author, owner, audience, text }
}
