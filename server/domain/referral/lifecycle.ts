/**
 * The lifecycle of a referral as a table: the shape of capability/rules/referral-lifecycle.json and its reader.
 * After Gravity SDOH Clinical Care, http://hl7.org/fhir/us/sdoh-clinicalcare, Task for referral management.
 */
import type { JsonObject } from '../../fhir/types.ts'

/**
 * Who an agency is to one referral. `claimant` is any agency that meets an open referral (requested, no owner);
 * `board` and `hub` are roles of the caller itself.
 */
export type Party = 'requester' | 'owner' | 'claimant' | 'board' | 'hub'

/** What must come with a change; each is explained and tested in evidence.ts. */
export type Need =
  'statusReason.text' | 'statusReason.coding' | 'new-reason' | 'resulting-activity' | 'contact-attempts'

/** One row: `from` of nothing is the creation; without `businessStatus` it stays as it was. */
export type Transition = {
  readonly from: readonly string[]
  readonly to: string
  readonly by: readonly Party[]
  readonly businessStatus?: readonly string[]
  readonly needs?: readonly Need[]
}

/** A change of the business status alone; without `from`, whatever it is now. */
export type BusinessStatusChange = {
  readonly while: readonly string[]
  readonly by: readonly Party[]
  readonly from?: readonly string[]
  readonly to: readonly string[]
}

/** A way to close with one of the four outcomes that are counted. */
export type ReferralOutcome = {
  readonly outcome: string
  readonly status: readonly string[]
  readonly businessStatus: readonly string[]
  readonly needs: readonly Need[]
}

/** How a referral that was closed with a counted outcome is given another one. */
export type Corrections = {
  /** These parties correct it within so many days of the closing. */
  readonly days: number
  readonly by: readonly Party[]
  /** These at any time. */
  readonly always: readonly Party[]
  readonly needs: readonly Need[]
  /** What a correction changes, beyond what may be added to any closed referral. */
  readonly elements: readonly string[]
  readonly outputs: readonly string[]
}

/** What the end of a Task means for its ServiceRequest; without `request` it stays as it is. */
export type Following = {
  readonly task: string
  readonly businessStatus?: readonly string[]
  readonly request?: string
}

/** How many dated contact attempts show a no-show, on how many working days, and by how many ways. */
export type ContactAttempts = { readonly count: number; readonly days: number; readonly ways: number }

export type Lifecycle = {
  /** Statuses with a way on, and those without. */
  readonly statuses: readonly string[]
  readonly terminal: readonly string[]
  readonly transitions: readonly Transition[]
  readonly progress: readonly BusinessStatusChange[]
  /** Statuses that need statusReason.text. */
  readonly reasonFor: readonly string[]
  readonly outcomes: readonly ReferralOutcome[]
  readonly corrections: Corrections
  readonly contactAttempts: ContactAttempts
  /** The working day (`2026-11-27`) of a FHIR dateTime; undefined for a day on which nobody works, or none that can be read. */
  readonly workingDayOf: (text: string) => string | undefined
  /** Elements that never change. */
  readonly immutable: readonly string[]
  /** When, and by whom, the owner is changed without accepting. */
  readonly owner: { readonly while: readonly string[]; readonly by: readonly Party[] }
  /** Elements that only these parties change. */
  readonly reserved: Readonly<Record<string, readonly Party[]>>
  /** By type of an identifier (code of v2-0203), the parties that give and change it. */
  readonly identifiers: Readonly<Record<string, readonly Party[]>>
  /** The types of outputs that each party adds, changes and takes away: what another said stays. */
  readonly outputs: Readonly<Partial<Record<Party, readonly string[]>>>
  /** Parties that change nothing but these elements (of a referral that exists). */
  readonly only: Readonly<Partial<Record<Party, readonly string[]>>>
  /** What may still be added to a closed referral. */
  readonly closed: { readonly elements: readonly string[]; readonly outputs: readonly string[] }
  readonly follow: readonly Following[]
}

/** The statuses of a referral that was sent and has not ended. */
export const openStatuses = ({ statuses }: Pick<Lifecycle, 'statuses'>): readonly string[] =>
  statuses.filter((status) => status !== 'draft')

const PARTIES: readonly string[] = ['requester', 'owner', 'claimant', 'board', 'hub'] satisfies Party[]
const NEEDS: readonly string[] = [
  'statusReason.text',
  'statusReason.coding',
  'new-reason',
  'resulting-activity',
  'contact-attempts',
] satisfies Need[]
const LISTS = [
  'statuses',
  'terminal',
  'transitions',
  'progress',
  'reasonFor',
  'outcomes',
  'immutable',
  'follow',
] as const
const OBJECTS = ['owner', 'reserved', 'outputs', 'only', 'closed', 'corrections', 'identifiers'] as const

/**
 * Reads the table. `workingDayOf`: the calendar of the state; without one, every day from Monday to Friday.
 * Throws an Error whose message names the row and the value that the hub cannot work with.
 */
export function parseLifecycle(table: JsonObject, workingDayOf: Lifecycle['workingDayOf'] = weekdayIn): Lifecycle {
  for (const name of LISTS) demand(Array.isArray(table[name]), `\`${name}\` must be a list.`)
  for (const name of OBJECTS)
    demand(typeof table[name] === 'object' && table[name] !== null, `\`${name}\` must be an object.`)
  const limits = table.contactAttempts as unknown as Partial<ContactAttempts> | undefined
  for (const name of ['count', 'days', 'ways'] as const)
    demand(Number.isInteger(limits?.[name]), `\`contactAttempts.${name}\` must be a whole number.`)
  const lifecycle = { ...table, workingDayOf } as unknown as Lifecycle
  const { statuses, terminal, transitions, progress, outcomes, reasonFor } = lifecycle
  transitions.forEach((row, n) => {
    checkAllowed(`transitions[${n}].from`, row.from, [...statuses, ...terminal])
    checkAllowed(`transitions[${n}].to`, [row.to], [...statuses, ...terminal])
    checkAllowed(`transitions[${n}].by`, row.by, PARTIES)
    checkAllowed(`transitions[${n}].needs`, row.needs ?? [], NEEDS)
  })
  progress.forEach((row, n) => {
    checkAllowed(`progress[${n}].while`, row.while, statuses)
    checkAllowed(`progress[${n}].by`, row.by, PARTIES)
  })
  outcomes.forEach((row, n) => {
    checkAllowed(`outcomes[${n}].status`, row.status, terminal)
    checkAllowed(`outcomes[${n}].needs`, row.needs, NEEDS)
  })
  checkAllowed('reasonFor', reasonFor, [...statuses, ...terminal])
  checkAllowed('owner.by', lifecycle.owner.by, PARTIES)
  checkAllowed('corrections.by', lifecycle.corrections.by, PARTIES)
  checkAllowed('corrections.always', lifecycle.corrections.always, PARTIES)
  lifecycle.follow.forEach(({ task }, n) => checkAllowed(`follow[${n}].task`, [task], terminal))
  for (const [element, parties] of Object.entries(lifecycle.reserved))
    checkAllowed(`reserved.${element}`, parties, PARTIES)
  return lifecycle
}

function checkAllowed(where: string, values: readonly string[], allowed: readonly string[]): void {
  const odd = values.find((value) => !allowed.includes(value))
  demand(
    odd === undefined,
    `\`${where}\` names \`${odd}\`; it may name ${allowed.map((value) => `\`${value}\``).join(', ')}.`,
  )
}

function demand(met: boolean, what: string): asserts met {
  if (!met) throw new Error(`The referral lifecycle cannot be used: ${what}`)
}

/** Without a calendar: the day as it was written, from Monday to Friday. */
function weekdayIn(text: string): string | undefined {
  const day = text.slice(0, 10)
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  return weekday >= 1 && weekday <= 5 ? day : undefined
}
