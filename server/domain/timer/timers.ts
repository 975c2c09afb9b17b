/** Which timers of a referral run, which of their steps are due, and what a step makes of the Task. */
import type { Resource } from '../../fhir/types.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { formatInstant } from '../../fhir/dates.ts'
import { items, textOf } from '../../fhir/element.ts'
import type { TimerRule, TimerStep } from './table.ts'
import { businessStatusOf, OUTPUT, TIMER, type Mark, type Moment, type Thread } from './thread.ts'

const DAY = 86_400_000
const BUSINESS_STATUS = codeSystem('referral-business-status')
/** A later one is not replaced by an earlier one. */
const RANK = ['overdue', 'escalated']

export type WorkingDays = { workingDaysAfter(at: number, days: number): number }

export type DatedStep = TimerStep & { readonly rule: string; readonly title: string; readonly due: number }

export type RunningTimer = {
  readonly rule: string
  readonly start: Moment
  readonly steps: readonly DatedStep[]
  /** Of the steps, those that the hub has taken since the start. */
  readonly marks: readonly Mark[]
}

/** The timers that run in this state of a referral, in the order of the table. */
export function runningTimers(
  thread: Thread,
  timers: readonly TimerRule[],
  calendar: WorkingDays,
): readonly RunningTimer[] {
  return timers.flatMap((timer) => {
    const start = thread.starts[timer.start]
    if (start === undefined || !isIn(thread, timer.while)) return []
    const { rule, title } = timer
    const steps = timer.steps.map((step) => ({ ...step, rule, title, due: dueOf(start.at, step, calendar) }))
    const marks = thread.marks.filter((mark) => mark.rule === rule && mark.version > start.version)
    return [{ rule, start, steps, marks }]
  })
}

function isIn(thread: Thread, { status, businessStatus, contacted }: TimerRule['while']): boolean {
  if (!status.includes(thread.status)) return false
  if (businessStatus !== undefined && !businessStatus.includes(thread.businessStatus ?? '')) return false
  return contacted === undefined || contacted === thread.contacted
}

const dueOf = (at: number, { after, unit }: TimerStep, calendar: WorkingDays): number =>
  unit === 'days' ? at + after * DAY : calendar.workingDaysAfter(at, after)

const untaken = ({ steps, marks }: RunningTimer): readonly DatedStep[] => steps.slice(marks.length)

/** The steps to be taken now, in the order of their due times. */
export const dueSteps = (running: readonly RunningTimer[], now: number): readonly DatedStep[] =>
  running
    .flatMap(untaken)
    .filter(({ due }) => due <= now)
    .sort((a, b) => a.due - b.due)

/** When the next step is due (ms); undefined when every step was taken. */
export function nextDue(running: readonly RunningTimer[]): number | undefined {
  const times = running.flatMap(untaken).map(({ due }) => due)
  return times.length === 0 ? undefined : Math.min(...times)
}

/**
 * The Task with these steps recorded: an output `warning` for each, an `escalation` for those that reach the area
 * monitor, and the highest business status. `now` is the instant of the change (ms).
 */
export function takeSteps(task: Resource, steps: readonly DatedStep[], now: number): Resource {
  const status = [businessStatusOf(task), ...steps.map(({ businessStatus }) => businessStatus)].reduce(higher)
  const output = steps.flatMap((step) => [
    {
      type: { coding: [{ system: OUTPUT, code: 'warning' }] },
      valueCodeableConcept: {
        coding: [{ system: TIMER, code: step.rule, display: step.title }],
        text: sentenceOf(step),
      },
    },
    ...(step.level === 'escalated'
      ? [
          {
            type: { coding: [{ system: OUTPUT, code: 'escalation' }] },
            valueAnnotation: { time: formatInstant(now), text: sentenceOf(step) },
          },
        ]
      : []),
  ])
  return {
    ...task,
    ...(status === businessStatusOf(task) || status === undefined
      ? {}
      : { businessStatus: { coding: [{ system: BUSINESS_STATUS, code: status }] } }),
    output: [...items(task.output), ...output],
    lastModified: later(task, now),
  }
}

const higher = (one: string | undefined, other: string | undefined): string | undefined =>
  other !== undefined && RANK.indexOf(other) > RANK.indexOf(one ?? '') ? other : one

/** `First contact with the participant: due 2026-12-03T15:00:00.000Z, overdue.` */
const sentenceOf = ({ title, due, level }: DatedStep): string => `${title}: due ${formatInstant(due)}, ${level}.`

/** Now, but never before the Task's own last change. */
function later(task: Resource, now: number): string {
  const last = Date.parse(textOf(task.lastModified) ?? '')
  return last > now ? String(task.lastModified) : formatInstant(now)
}
