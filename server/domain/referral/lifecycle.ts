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
export type Need = 'statusReason.text' | 'statusReason.coding' | 'resulting-activity' | 'contact-attempts'

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

export type Lifecycle = {
  /** Statuses with a way on, and those without. */
  readonly statuses: readonly string[]
  readonly terminal: readonly string[]
  readonly transitions: readonly Transition[]
  readonly progress: readonly BusinessStatusChange[]
  /** Statuses that need statusReason.text. */
  readonly reasonFor: readonly string[]
  readonly outcomes: readonly ReferralOutcome[]
  /** How many dated contact attempts show a no-show. */
  readonly contactAttempts: number
  /** Elements that never change. */
  readonly immutable: readonly string[]
  /** When, and by whom, the owner is changed without accepting. */
  readonly owner: { readonly while: readonly string[]; readonly by: readonly Party[] }
  /** Elements that only these parties change. */
  readonly reserved: Readonly<Record<string, readonly Party[]>>
  /** Parties that add only outputs of these types, and take none away; parties not named are free in it. */
  readonly outputs: Readonly<Partial<Record<Party, readonly string[]>>>
  /** Parties that change nothing but these elements (of a referral that exists). */
  readonly only: Readonly<Partial<Record<Party, readonly string[]>>>
  /** What may still be added to a closed referral. */
  readonly closed: { readonly elements: readonly string[]; readonly outputs: readonly string[] }
}

const PARTIES: readonly string[] = ['requester', 'owner', 'claimant', 'board', 'hub'] satisfies Party[]
const NEEDS: readonly string[] = [
  'statusReason.text',
  'statusReason.coding',
  'resulting-activity',
  'contact-attempts',
] satisfies Need[]
const LISTS = ['statuses', 'terminal', 'transitions', 'progress', 'reasonFor', 'outcomes', 'immutable'] as const
const OBJECTS = ['owner', 'reserved', 'outputs', 'only', 'closed'] as const

/**
 * Reads the table.
 * Throws an Error whose message names the row and the value that the hub cannot work with.
 */
export function parseLifecycle(table: JsonObject): Lifecycle {
  for (const name of LISTS) demand(Array.isArray(table[name]), `\`${name}\` must be a list.`)
  for (const name of OBJECTS)
    demand(typeof table[name] === 'object' && table[name] !== null, `\`${name}\` must be an object.`)
  demand(Number.isInteger(table.contactAttempts), '`contactAttempts` must be a whole number.')
  const lifecycle = table as unknown as Lifecycle
  const { statuses, terminal, transitions, progress, outcomes, reasonFor } = lifecycle
  transitions.forEach((row, n) => {
    checkAllowed(`transitions[${n}].from`, row.from, statuses)
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
