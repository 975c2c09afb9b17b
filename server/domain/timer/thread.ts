/**
 * What the timers of a referral read of its history: who did what, and when. The history is all the state that there is:
 * which steps were taken shows in the versions that the hub wrote, so nothing is taken twice.
 * https://hl7.org/fhir/R4/task.html
 */
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, idOf, items, textOf } from '../../fhir/element.ts'
import type { TimerStart } from './table.ts'

export const TIMER = codeSystem('referral-timer')
export const OUTPUT = codeSystem('task-output')
const BUSINESS_STATUS = codeSystem('referral-business-status')
const TASK_CODE = 'http://hl7.org/fhir/CodeSystem/task-code'

/** Business statuses in which nobody has tried to reach the participant. */
const UNCONTACTED = ['proposed', 'awaiting-contact', 'accepted', 'overdue', 'escalated', 'cancellation-requested']
/** Statuses that the hub sets; the one that a party set before still counts. */
const OF_THE_HUB = ['overdue', 'escalated']

/** One version of a Task: when it was committed (ms) and by whom. */
export type TaskVersion = { readonly at: number; readonly author: string; readonly resource: Resource }

/** A fact that a timer may run from: its instant (ms), and the position of the version that stated it. */
export type Moment = { readonly at: number; readonly version: number }
/** A step that the hub took: of which rule, when. */
export type Mark = Moment & { readonly rule: string }

export type Thread = {
  readonly task: Resource
  readonly status: string
  /** As a party set it last. */
  readonly businessStatus: string | undefined
  readonly contacted: boolean
  /** How many contact attempts on the Task are those of a former owner. */
  readonly formerAttempts: number
  readonly starts: { readonly [start in TimerStart]?: Moment }
  /** The last decision of the area monitor, and the last appeal to it. */
  readonly decided?: Moment
  readonly appealed?: Moment
  readonly marks: readonly Mark[]
}

export type ThreadNeeds = {
  /** As whom the hub itself writes, and the board. */
  readonly hub: string
  readonly board: string
  /** A FHIR date as instants. */
  readonly range: (text: string) => { readonly start: number; readonly end: number }
}

/** Is the Task a referral (code `fulfill`)? Only those have timers. */
export const isReferral = (task: Resource): boolean => codesOf(task.code, TASK_CODE).includes('fulfill')

export const ownerOf = (task: Resource): string | undefined => idOf(task.owner, 'Organization')
export const requesterOf = (task: Resource): string | undefined => idOf(task.requester, 'Organization')
export const statusOf = (task: Resource): string => textOf(task.status) ?? ''
export const businessStatusOf = (task: Resource): string | undefined => codesOf(task.businessStatus, BUSINESS_STATUS)[0]

export const outputsOf = (task: Resource | undefined, type: string): readonly JsonObject[] =>
  items(task?.output).filter((output) => codesOf(output.type, OUTPUT).includes(type))

/** The thread of a Task from its versions, oldest first; undefined without a version. */
export function threadOf(versions: readonly TaskVersion[], needs: ThreadNeeds): Thread | undefined {
  let thread: Thread | undefined
  versions.forEach((version, position) => {
    thread = follow(thread, version, position, needs)
  })
  return thread
}

function follow(thread: Thread | undefined, version: TaskVersion, position: number, needs: ThreadNeeds): Thread {
  const { at, author, resource } = version
  const status = statusOf(resource)
  if (thread && author === needs.hub) {
    const marks = newMarks(thread.task, resource).map((rule) => ({ rule, at, version: position }))
    return { ...thread, task: resource, status, marks: [...thread.marks, ...marks] }
  }
  const now: Moment = { at, version: position }
  const stated = businessStatusOf(resource)
  const businessStatus = thread && OF_THE_HUB.includes(stated ?? '') ? thread.businessStatus : stated
  const isAdded = (type: string): boolean => outputsOf(resource, type).length > outputsOf(thread?.task, type).length
  const isParty = [ownerOf(resource), requesterOf(resource)].includes(author)
  const decided = author === needs.board && isAdded('decision') ? now : thread?.decided
  const appealed = isParty && isAdded('appeal') ? now : thread?.appealed
  const attempts = outputsOf(resource, 'contact-attempt').length
  const formerAttempts = isRouted(thread, resource) ? attempts : (thread?.formerAttempts ?? 0)
  const hasAttempt = attempts > formerAttempts
  return {
    task: resource,
    status,
    businessStatus,
    contacted:
      hasAttempt ||
      isContacted(resource, businessStatus) ||
      (thread?.contacted === true && !isRouted(thread, resource)),
    formerAttempts,
    starts: startsAfter(thread, version, { now, decided, needs }),
    ...(decided ? { decided } : {}),
    ...(appealed ? { appealed } : {}),
    marks: thread?.marks ?? [],
  }
}

type Facts = { readonly now: Moment; readonly decided: Moment | undefined; readonly needs: ThreadNeeds }

function startsAfter(thread: Thread | undefined, version: TaskVersion, facts: Facts): Thread['starts'] {
  const { resource, author } = version
  const { now, decided, needs } = facts
  const before = thread?.starts ?? {}
  const owner = ownerOf(resource)
  const isSent = statusOf(resource) === 'requested'
  const sent = before.sent ?? (isSent ? now : undefined)
  const byOwner = author === owner || (thread !== undefined && author === ownerOf(thread.task))
  const touched = byOwner || author === requesterOf(resource)
  const starts: { [start in TimerStart]?: Moment | undefined } = {
    sent,
    routed: before.routed === undefined || isRouted(thread, resource) ? (isSent ? now : undefined) : before.routed,
    change: byOwner || before.change === undefined ? now : before.change,
    decision: decided && (decided === now || touched) ? now : before.decision,
    'contact-by': stated(before['contact-by'], endOf(resource.restriction, needs, true), now),
    event: stated(before.event, endOf(resource, needs, false), now),
    attempt: attemptAfter(before.attempt, thread?.task, version, now),
  }
  return Object.fromEntries(Object.entries(starts).filter(([, moment]) => moment !== undefined))
}

/** Was the referral given to another owner, who has not answered yet? */
const isRouted = (thread: Thread | undefined, task: Resource): boolean =>
  thread !== undefined && statusOf(task) === 'requested' && ownerOf(thread.task) !== ownerOf(task)

/** The end of `period` or `executionPeriod`; without one its start. */
function endOf(holder: unknown, { range }: ThreadNeeds, isRestriction: boolean): number | undefined {
  const [period] = items(isRestriction ? items(holder)[0]?.period : (holder as Resource).executionPeriod)
  const text = textOf(period?.end) ?? (isRestriction ? undefined : textOf(period?.start))
  const instant = text === undefined ? undefined : range(text)
  if (instant === undefined || !Number.isFinite(instant.start)) return undefined
  // A time of day is that instant; a day ends with its last moment, which belongs to it: working days are counted from there.
  return text?.includes('T') ? instant.start : instant.end - 1
}

/** A date that the parties state: it counts from the version in which it became what it is. */
const stated = (before: Moment | undefined, at: number | undefined, now: Moment): Moment | undefined =>
  at === undefined ? undefined : before?.at === at ? before : { at, version: now.version }

/** The last attempt: by its own date, never later than its version, or the version that says so by its business status. */
function attemptAfter(
  before: Moment | undefined,
  task: Resource | undefined,
  { resource }: TaskVersion,
  now: Moment,
): Moment | undefined {
  const isNew = outputsOf(resource, 'contact-attempt').length > outputsOf(task, 'contact-attempt').length
  const isStated =
    businessStatusOf(resource) === 'contact-attempted' && task && businessStatusOf(task) !== 'contact-attempted'
  if (!isNew && !isStated) return before
  const times = outputsOf(resource, 'contact-attempt').map((output) => Date.parse(textOf(output.valueDateTime) ?? ''))
  const last = Math.max(...times.filter((time) => time <= now.at))
  return { at: isNew && Number.isFinite(last) ? last : now.at, version: now.version }
}

const isContacted = (task: Resource, businessStatus: string | undefined): boolean =>
  !['draft', 'requested', 'accepted'].includes(statusOf(task)) ||
  !UNCONTACTED.includes(businessStatus ?? 'awaiting-contact')

/** The rules whose steps a version of the hub recorded: each `warning` more than before. */
function newMarks(before: Resource, after: Resource): readonly string[] {
  const left = rulesOf(before)
  return rulesOf(after).filter((rule) => {
    const index = left.indexOf(rule)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}

const rulesOf = (task: Resource): string[] =>
  outputsOf(task, 'warning').flatMap((output) => codesOf(output.valueCodeableConcept, TIMER))
