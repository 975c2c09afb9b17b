/**
 * The timers of a referral as a table: the shape of capability/rules/timers.json, its reader, and the timers that apply
 * to one Task.
 */
import type { JsonObject } from '../../fhir/types.ts'

const STARTS = ['sent', 'routed', 'contact-by', 'attempt', 'event', 'change', 'decision'] as const
const LEVELS = ['warning', 'overdue', 'escalated'] as const
const AUDIENCES = ['owner', 'requester', 'case-manager', 'area-monitor'] as const
const UNITS = ['working-days', 'days'] as const

/** One step before or at the end of a consent (consent-steps.ts). */
export type ConsentStep = {
  /** A code of CodeSystem/consent-timer. */
  readonly rule: string
  readonly title: string
  /** So many days before the end; 0 at the end. */
  readonly before: number
  readonly level: TimerLevel
  readonly tell: readonly WarningAudience[]
}

/** From when a timer runs; each is a fact of the Task's history (thread.ts). */
export type TimerStart = (typeof STARTS)[number]
export type TimerLevel = (typeof LEVELS)[number]
/** Who finds a warning; `case-manager` is the participant's agency of entry. The board finds all. */
export type WarningAudience = (typeof AUDIENCES)[number]
export const WARNING_AUDIENCES: readonly WarningAudience[] = AUDIENCES
export const TIMER_LEVELS: readonly TimerLevel[] = LEVELS

export type TimerStep = {
  readonly after: number
  readonly unit: (typeof UNITS)[number]
  readonly level: TimerLevel
  /** What the business status becomes; absent: it stays. */
  readonly businessStatus?: string
  readonly tell: readonly WarningAudience[]
}

export type TimerRule = {
  /** A code of CodeSystem/referral-timer. */
  readonly rule: string
  readonly title: string
  readonly start: TimerStart
  readonly while: {
    readonly status: readonly string[]
    /** As a party set it last; absent: whatever it is. */
    readonly businessStatus?: readonly string[]
    readonly contacted?: boolean
  }
  readonly steps: readonly TimerStep[]
  /** It asks the owner to contact the participant: it does not run while nobody may. */
  readonly contact?: true
}

/** Other steps for the Tasks of an agency (their owner), of a program, or of both. */
type TimerOverride = {
  readonly rule: string
  readonly agency?: string
  readonly program?: string
  readonly steps: readonly TimerStep[]
}

export type TimerTable = {
  readonly timers: readonly TimerRule[]
  /** Before and at the end of a consent. */
  readonly consents: readonly ConsentStep[]
  readonly overrides: readonly TimerOverride[]
}

/** Whose the Task is, and the programs that offer its service. */
export type TimerScope = {
  readonly agency?: string | undefined
  readonly programs: readonly string[]
  /** Must nobody try to reach the participant? */
  readonly isContactForbidden?: boolean
}

/**
 * Reads the table. `open`: the statuses in which a referral that was sent is not closed.
 * Throws an Error whose message names the rule and the value that the hub cannot work with, or the status in which a
 * referral would be left without a timer.
 */
export function parseTimers(table: JsonObject, open: readonly string[]): TimerTable {
  const { timers, overrides, consents = [] } = table as unknown as TimerTable & { consents?: readonly ConsentStep[] }
  demand(Array.isArray(timers) && Array.isArray(overrides), '`timers` and `overrides` must be lists.')
  timers.forEach((one) => checkRule(one, open))
  consents.forEach(checkConsentStep)
  const names = timers.map(({ rule }) => rule)
  demand(new Set(names).size === names.length, 'each `rule` has one entry in `timers`.')
  for (const one of overrides) {
    checkAllowed('overrides.rule', [one.rule], names)
    demand(one.agency !== undefined || one.program !== undefined, `an override of \`${one.rule}\` names neither.`)
    checkSteps(one.rule, one.steps)
  }
  for (const status of open)
    demand(
      timers.some((one) => coversAlways(one, status)),
      `nothing watches a referral that is \`${status}\`: a rule without further conditions must name it.`,
    )
  return { timers, overrides, consents }
}

/** The start `routed` exists from the moment a referral is sent, `change` from the owner's first action. */
const coversAlways = ({ start, contact, while: states }: TimerRule, status: string): boolean =>
  states.status.includes(status) &&
  states.businessStatus === undefined &&
  contact === undefined &&
  states.contacted === undefined &&
  (start === 'routed' || (start === 'change' && status !== 'requested'))

/** The timers of one Task, with the steps of the override that says most about it. */
export function timersFor(table: TimerTable, scope: TimerScope): readonly TimerRule[] {
  const { overrides } = table
  const timers = table.timers.filter(({ contact }) => !contact || !scope.isContactForbidden)
  const fitting = overrides.filter(
    ({ agency, program }) =>
      (agency === undefined || agency === scope.agency) && (program === undefined || scope.programs.includes(program)),
  )
  if (fitting.length === 0) return timers
  return timers.map((timer) => {
    const [best] = fitting.filter(({ rule }) => rule === timer.rule).sort((a, b) => weight(b) - weight(a))
    return best ? { ...timer, steps: best.steps } : timer
  })
}

const weight = ({ agency, program }: TimerOverride): number => (agency ? 2 : 0) + (program ? 1 : 0)

/**
 * The rules with every way in which their steps may be set, under no condition but the status: for a bound that holds
 * whatever the scope and the history of a Task are.
 */
export const allVariants = ({ timers, overrides }: TimerTable): readonly TimerRule[] =>
  timers.flatMap((timer) => {
    const replaced = overrides.filter(({ rule }) => rule === timer.rule)
    const { status } = timer.while
    return [timer, ...replaced].map(({ steps }) => ({ ...timer, while: { status }, steps }))
  })

function checkRule({ rule, start, while: states, steps }: TimerRule, open: readonly string[]): void {
  demand(typeof rule === 'string' && rule !== '', 'each timer needs a `rule`.')
  checkAllowed(`${rule}.start`, [start], STARTS)
  checkAllowed(`${rule}.while.status`, states.status, open)
  checkSteps(rule, steps)
}

function checkConsentStep({ rule, before, level, tell }: ConsentStep): void {
  demand(Number.isInteger(before) && before >= 0, `\`${rule}.before\` is \`${before}\`; it takes 0, 1, 2, ...`)
  checkAllowed(`${rule}.level`, [level], LEVELS)
  checkAllowed(`${rule}.tell`, tell, AUDIENCES)
}

function checkSteps(rule: string, steps: readonly TimerStep[]): void {
  demand(Array.isArray(steps) && steps.length > 0, `\`${rule}\` needs at least one step.`)
  for (const { after, unit, level, tell } of steps) {
    demand(Number.isInteger(after) && after >= 0, `\`${rule}.steps.after\` is \`${after}\`; it takes 0, 1, 2, ...`)
    checkAllowed(`${rule}.steps.unit`, [unit], UNITS)
    checkAllowed(`${rule}.steps.level`, [level], LEVELS)
    checkAllowed(`${rule}.steps.tell`, tell, AUDIENCES)
  }
  const [units, counts] = [new Set(steps.map(({ unit }) => unit)), steps.map(({ after }) => after)]
  const ascending = counts.every((count, index) => index === 0 || count > (counts[index - 1] ?? 0))
  demand(units.size === 1 && ascending, `the steps of \`${rule}\` must be in one unit, each later than the one before.`)
}

function checkAllowed(where: string, values: readonly string[], allowed: readonly string[]): void {
  const odd = values.find((value) => !allowed.includes(value))
  demand(
    odd === undefined,
    `\`${where}\` names \`${odd}\`; it may name ${allowed.map((value) => `\`${value}\``).join(', ')}.`,
  )
}

function demand(met: boolean, what: string): asserts met {
  if (!met) throw new Error(`The timers cannot be used (capability/rules/timers.json): ${what}`)
}
