/** Clients that write without pause until the hub is gone: creates, updates with If-Match, transactions of three, referrals. */
import { resident, triple } from '../../builders/index.ts'
import { createRandom, type Random } from '../../../scripts/random.ts'
import type { Answered, Ledger } from './ledger.ts'
import { sentReferral } from './timers.ts'

export const AGENCIES = ['es', 'ui', 'dhs', 'vr'] as const

export type Writing = {
  readonly url: string
  readonly ledger: Ledger
  readonly seed: number
  /** True from the moment before the hub is killed: from then on a lost connection is no fault. */
  readonly killed: () => boolean
  readonly faults: string[]
  /** Called for each answer. */
  readonly acknowledged: () => void
}

export type Counts = {
  creates: number
  updates: number
  transactions: number
  referrals: number
  conflicts: number
  unanswered: number
}

/** Resolves when every writer has lost its connection. */
export async function write(writing: Writing, writers: number): Promise<Counts> {
  const counts = { creates: 0, updates: 0, transactions: 0, referrals: 0, conflicts: 0, unanswered: 0 }
  const shared = new Map<string, Answered[]>(AGENCIES.map((agency) => [agency, []]))
  await Promise.all(
    Array.from({ length: writers }, async (_, index) => {
      const agency = AGENCIES[index % AGENCIES.length]!
      const one = { ...writing, agency, name: `w${index}`, random: createRandom(writing.seed * 100 + index), counts }
      for (let turn = 0; await step(one, shared.get(agency)!, turn); turn++);
    }),
  )
  return counts
}

type Writer = Writing & {
  readonly agency: string
  readonly name: string
  readonly random: Random
  readonly counts: Counts
}

/** One write; answers whether to go on. `participants`: participants of the agency as last seen, for all its writers. */
async function step(writer: Writer, participants: Answered[], turn: number): Promise<boolean> {
  const number = `${writer.seed}-${writer.name}-${turn}`
  const choice = writer.random.below(10)
  try {
    if (choice < 4 && participants.length > 0) await update(writer, participants, number)
    else if (choice < 8) await create(writer, participants, number)
    else if (choice < 9) await transaction(writer, participants, number)
    else await refer(writer, number)
    writer.acknowledged()
    return true
  } catch (error) {
    writer.counts.unanswered++
    if (!writer.killed())
      writer.faults.push(`${writer.name} was cut off: ${String(error)} ${String((error as Error).cause ?? '')}`)
    return false
  }
}

async function create(writer: Writer, participants: Answered[], number: string): Promise<void> {
  const answer = await send(writer, 'POST', '/Patient', resident(writer.agency, number))
  if (!expected(writer, answer, [201])) return
  writer.ledger.note(answer.body)
  writer.counts.creates++
  participants.push(answer.body)
}

async function update(writer: Writer, participants: Answered[], number: string): Promise<void> {
  const index = writer.random.below(participants.length)
  const old = participants[index]!
  const next = { ...old, telecom: [{ system: 'email', value: `${number}@example.org` }] }
  const answer = await send(writer, 'PUT', `/Patient/${old.id}`, next, { 'If-Match': `W/"${old.meta.versionId}"` })
  if (!expected(writer, answer, [200, 412])) return
  if (answer.status === 412) return void writer.counts.conflicts++
  writer.ledger.note(answer.body)
  writer.counts.updates++
  participants[index] = answer.body
}

async function transaction(writer: Writer, participants: Answered[], number: string): Promise<void> {
  const answer = await send(writer, 'POST', '', triple(writer.agency, number))
  if (!expected(writer, answer, [200])) return
  const resources = (answer.body as unknown as { entry: { resource: Answered }[] }).entry.map((one) => one.resource)
  for (const resource of resources) writer.ledger.note(resource)
  writer.counts.transactions++
  participants.push(resources[0]!)
}

/** A referral whose date of contact passes within a second: while the hub writes, is killed, or starts again. */
async function refer(writer: Writer, number: string): Promise<void> {
  const ms = writer.random.below(1_000)
  const answer = await send(writer, 'POST', '', sentReferral(writer.agency, number, ms))
  if (!expected(writer, answer, [200])) return
  const { entry } = answer.body as unknown as { entry: { resource: Answered }[] }
  for (const { resource } of entry) writer.ledger.note(resource)
  writer.counts.referrals++
}

type ClientAnswer = { readonly status: number; readonly body: Answered }

function expected(writer: Writer, { status, body }: ClientAnswer, statuses: readonly number[]): boolean {
  if (statuses.includes(status)) return true
  writer.faults.push(`${writer.name} was answered ${status}: ${JSON.stringify(body).slice(0, 400)}`)
  return false
}

async function send(
  { url, agency }: Writer,
  method: string,
  path: string,
  body: unknown,
  more: Record<string, string> = {},
): Promise<ClientAnswer> {
  const headers = {
    'Content-Type': 'application/fhir+json',
    'X-Agency': agency,
    Prefer: 'return=representation',
    ...more,
  }
  const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Answered }
}
