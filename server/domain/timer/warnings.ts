/** The warnings about a referral that still hold, and who finds them: the lines of `$warnings`. */
import type { TimerLevel, WarningAudience } from './table.ts'
import { ownerOf, requesterOf, type Thread } from './thread.ts'
import type { RunningTimer } from './timers.ts'

export type Warning = {
  /** A code of CodeSystem/referral-timer. */
  readonly rule: string
  readonly title: string
  readonly level: TimerLevel
  /** From when the timer ran, when the step was due, and when the hub recorded it (ms). */
  readonly start: number
  readonly due: number
  readonly recorded: number
  readonly tell: readonly WarningAudience[]
}

/** The rule under which an appeal of a party stands in the queue of the area monitor. */
export const APPEAL = 'appeal'

/**
 * The warnings that hold: of each running timer the last step that was taken since it began, unless the area monitor has
 * decided since; and an appeal without a decision. In the order of the table.
 */
export function openWarnings(thread: Thread, running: readonly RunningTimer[]): readonly Warning[] {
  const { decided, appealed } = thread
  const since = decided?.version ?? -1
  const lines = running.flatMap(({ rule, start, steps, marks }): Warning[] => {
    const mark = marks.at(-1)
    const step = steps[Math.min(marks.length, steps.length) - 1]
    if (mark === undefined || step === undefined || mark.version <= since) return []
    const { title, level, due, tell } = step
    return [{ rule, title, level, start: start.at, due, recorded: mark.at, tell }]
  })
  if (appealed === undefined || appealed.version <= since) return lines
  const { at } = appealed
  const appeal: Warning = {
    rule: APPEAL,
    title: 'Appeal to the area monitor',
    level: 'escalated',
    ...{ start: at, due: at, recorded: at },
    tell: ['owner', 'requester', 'area-monitor'],
  }
  return [...lines, appeal]
}

/** In which role an agency receives a warning about a referral: its owner, its requester, or the agency of entry. */
export function audiencesOf(
  { task }: Pick<Thread, 'task'>,
  entry: string | undefined,
  agency: string,
): readonly WarningAudience[] {
  const roles: readonly (readonly [WarningAudience, string | undefined])[] = [
    ['owner', ownerOf(task)],
    ['requester', requesterOf(task)],
    ['case-manager', entry],
  ]
  return roles.filter(([, id]) => id === agency).map(([role]) => role)
}
