/** Reads the thread of a referral: its whole history, and the timers that run in its present state. */
import { codeSystem } from '../fhir/canonical.ts'
import { codesOf, idOf, items } from '../fhir/element.ts'
import type { Resource } from '../fhir/types.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { contactBanOf, forbidsAll, type ContactBan } from '../domain/participant/do-not-contact.ts'
import type { ArmingNeeds } from '../domain/timer/arm.ts'
import { timersFor } from '../domain/timer/table.ts'
import { isReferral, ownerOf, threadOf, type TaskVersion, type Thread } from '../domain/timer/thread.ts'
import { runningTimers, type RunningTimer } from '../domain/timer/timers.ts'
import { currentResource, isDeleted, resourceOf } from '../records/resource.ts'
import { unrestricted, type View } from '../records/view.ts'
import type { Store, Version } from '../store/store.ts'

export type ThreadReading = {
  readonly store: Store
  readonly definitions: Definitions
  readonly timers: ArmingNeeds
}

export type ReferralThread = {
  readonly thread: Thread
  readonly running: readonly RunningTimer[]
  /** The number of the current version. */
  readonly version: number
  /** When the participant may be contacted again (ms), where that is certain: timers begin to run then. */
  readonly contactFrom?: number
}

const SERVICE = codeSystem('service-catalogue')
const PROGRAM = 'program'

/**
 * The thread of a Task as all of its history makes it, whoever may know of it: what of it is shown is for the caller to
 * decide. Undefined for a Task that is no referral, that does not exist, or was deleted.
 */
export async function readThread(needs: ThreadReading, id: string, now: number): Promise<ReferralThread | undefined> {
  const view = unrestricted(needs.store)
  const { versions } = await view.history({ type: 'Task', id }, { limit: Infinity })
  const [current] = versions
  if (current === undefined || isDeleted(current)) return undefined
  const { timers } = needs
  const thread = threadOf(taskVersions(versions), timers)
  if (thread === undefined || !isReferral(thread.task)) return undefined
  const programs = await programsOf(needs, view, thread.task)
  const ban = await contactBan(needs, view, thread.task, now)
  const isContactForbidden = forbidsAll(ban)
  const rules = timersFor(timers.table, { agency: ownerOf(thread.task), programs, isContactForbidden })
  const running = runningTimers(thread, rules, timers.calendar)
  const isEnding = isContactForbidden && ban?.until !== undefined
  return { thread, running, version: current.version, ...(isEnding ? { contactFrom: ban.until } : {}) }
}

/** Oldest first, from the newest first. */
const taskVersions = (versions: readonly Version[]): readonly TaskVersion[] =>
  versions
    .filter((one) => !isDeleted(one))
    .map((one) => ({ at: one.at, author: one.author, resource: resourceOf(one) }))
    .reverse()

/** Whether nobody may try to reach the participant at this instant (ms). */
async function contactBan(
  { timers }: ThreadReading,
  view: View,
  task: Resource,
  now: number,
): Promise<ContactBan | undefined> {
  const [patient, request] = await view.readMany([
    { type: 'Patient', id: idOf(task.for, 'Patient') ?? '' },
    { type: 'ServiceRequest', id: idOf(task.focus, 'ServiceRequest') ?? '' },
  ])
  return contactBanOf(currentResource(patient), now, timers.range, currentResource(request))
}

/** The programs that the catalogue names for the service; looked up only where the steps of a program differ. */
async function programsOf(
  { timers, definitions }: ThreadReading,
  view: View,
  task: Resource,
): Promise<readonly string[]> {
  if (timers.table.overrides.every(({ program }) => program === undefined)) return []
  const request = await view.resource({ type: 'ServiceRequest', id: idOf(task.focus, 'ServiceRequest') ?? '' })
  const [service] = codesOf(request?.code, SERVICE)
  const concept = items(definitions.find(SERVICE)?.concept).find(({ code }) => code === service)
  return items(concept?.property).flatMap(({ code, valueCode }) =>
    code === PROGRAM && typeof valueCode === 'string' ? [valueCode] : [],
  )
}
