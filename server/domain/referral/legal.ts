/** What a caller may do with a referral now, for a program and as a sentence. */
import type { Caller, Resource } from '../../fhir/types.ts'
import { closingOf, EVIDENCE, needsOf } from './evidence.ts'
import type { Lifecycle, Need, Party, Transition } from './lifecycle.ts'
import { businessStatusOf, partiesOf, statusOf } from './task.ts'

/** One step that is legal now. `status` is the present one when only the business status moves. */
export type Move = {
  readonly status: string
  /** Absent: it stays as it is. */
  readonly businessStatus?: string
  /** The output `outcome` that must come with it. */
  readonly outcome?: string
  readonly needs: readonly Need[]
}

/** The rows by which these parties may leave a status (undefined: create the referral). */
export const rowsFor = (
  lifecycle: Lifecycle,
  from: string | undefined,
  parties: readonly Party[],
): readonly Transition[] =>
  lifecycle.transitions.filter(
    (row) =>
      (from === undefined ? row.from.length === 0 : row.from.includes(from)) &&
      row.by.some((party) => parties.includes(party)),
  )

/** Where these parties may move the business status while the status stays. */
export const progressFor = (
  lifecycle: Lifecycle,
  status: string,
  now: string | undefined,
  parties: readonly Party[],
): readonly string[] => [
  ...new Set(
    lifecycle.progress
      .filter((row) => row.while.includes(status) && row.by.some((party) => parties.includes(party)))
      .filter((row) => row.from === undefined || row.from.includes(now ?? ''))
      .flatMap((row) => row.to)
      .filter((code) => code !== now),
  ),
]

/** Every legal step of this caller from here, in the order of the table. `task` undefined: what may be created. */
export function legalNow(task: Resource | undefined, actor: Caller, lifecycle: Lifecycle): readonly Move[] {
  const parties = task === undefined ? creators(actor) : partiesOf(task, actor)
  const status = task === undefined ? undefined : statusOf(task)
  const steps = rowsFor(lifecycle, status, parties).flatMap((row) => movesOf(lifecycle, row))
  if (task === undefined || status === undefined) return steps
  const progress = progressFor(lifecycle, status, businessStatusOf(task), parties)
  return [...steps, ...progress.map((code): Move => ({ status, businessStatus: code, needs: [] }))]
}

/** Whoever creates a referral does so as its requester; the board may do so for any. */
export const creators = (actor: Caller): readonly Party[] =>
  actor.role === 'hub' ? [] : [actor.role === 'board' ? 'board' : 'requester']

/** The legal steps as the end of a sentence: "As owner you may set now: ...". */
export function legalText(task: Resource | undefined, actor: Caller, lifecycle: Lifecycle): string {
  const moves = legalNow(task, actor, lifecycle)
  const parties = task === undefined ? creators(actor) : partiesOf(task, actor)
  if (task && lifecycle.terminal.includes(statusOf(task))) {
    const other =
      moves.length > 0
        ? `; a mistake is marked by ${alike(moves, lifecycle)
            .map((group) => sentence(group, lifecycle))
            .join('; ')}`
        : ''
    return `\`${statusOf(task)}\` is final: send a new Task with \`partOf\` this one${other}.`
  }
  if (parties.length === 0) return 'You are neither its requester nor its owner: you may not change it.'
  if (moves.length === 0) return `As ${parties.join(' and ')} you may set no other status now.`
  const sentences = alike(moves, lifecycle).map((group) => sentence(group, lifecycle))
  return `As ${parties.join(' and ')} you may set now: ${sentences.join('; ')}.`
}

/** Groups the moves to one status that have the same needs. */
function alike(moves: readonly Move[], lifecycle: Lifecycle): readonly (readonly Move[])[] {
  const groups = new Map<string, Move[]>()
  for (const move of moves) {
    const key = `${move.status}${ending(move, lifecycle)}`
    groups.set(key, [...(groups.get(key) ?? []), move])
  }
  return [...groups.values()]
}

function movesOf(lifecycle: Lifecycle, row: Transition): readonly Move[] {
  if (!row.businessStatus) return [{ status: row.to, needs: needsOf(lifecycle, row.to, undefined, row.needs) }]
  return row.businessStatus.map((code) => {
    const outcome = closingOf(lifecycle, row.to, code)?.outcome
    return {
      status: row.to,
      businessStatus: code,
      ...(outcome ? { outcome } : {}),
      needs: needsOf(lifecycle, row.to, code, row.needs),
    }
  })
}

function sentence(group: readonly Move[], lifecycle: Lifecycle): string {
  const codes = group.flatMap((move) => (move.businessStatus ? [`\`${move.businessStatus}\``] : []))
  const [first] = group
  const business = codes.length > 0 ? ` with businessStatus ${codes.join(' or ')}` : ''
  return `\`${first?.status}\`${business}${first ? ending(first, lifecycle) : ''}`
}

function ending(move: Move, lifecycle: Lifecycle): string {
  const outcome = move.outcome ? [`an output \`outcome\` of \`${move.outcome}\``] : []
  const needs = [...outcome, ...move.needs.map((need) => EVIDENCE[need].phrase(lifecycle))]
  return needs.length > 0 ? ` (needs ${needs.join(' and ')})` : ''
}
