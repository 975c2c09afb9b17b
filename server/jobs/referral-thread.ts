/** Reads the thread of a referral: its whole history, and the timers that run in its present state. */
import { codeSystem } from '../fhir/canonical.ts'
import { codesOf, idOf, items } from '../fhir/element.ts'
import type { Resource } from '../fhir/types.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { ArmingNeeds } from '../domain/timer/arm.ts'
import { timersFor } from '../domain/timer/table.ts'
import { isReferral, ownerOf, threadOf, type TaskVersion, type Thread } from '../domain/timer/thread.ts'
import { runningTimers, type RunningTimer } from '../domain/timer/timers.ts'
import { isDeleted, resourceOf } from '../records/resource.ts'
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
}

const SERVICE = codeSystem('service-catalogue')
const PROGRAM = 'program'

/**
 * The thread of a Task as all of its history makes it, whoever may know of it: what of it is shown is for the caller to
 * decide. Undefined for a Task that is no referral, that does not exist, or was deleted.
 */
export async function readThread(needs: ThreadReading, id: string): Promise<ReferralThread | undefined> {
  const view = unrestricted(needs.store)
  const { versions } = await view.history({ type: 'Task', id }, { limit: Infinity })
  const [current] = versions
  if (current === undefined || isDeleted(current)) return undefined
  const { timers } = needs
  const thread = threadOf(taskVersions(versions), timers)
  if (thread === undefined || !isReferral(thread.task)) return undefined
  const programs = await programsOf(needs, view, thread.task)
  const rules = timersFor(timers.table, { agency: ownerOf(thread.task), programs })
  return { thread, running: runningTimers(thread, rules, timers.calendar), version: current.version }
}

/** Oldest first, from the newest first. */
const taskVersions = (versions: readonly Version[]): readonly TaskVersion[] =>
  versions
    .filter((one) => !isDeleted(one))
    .map((one) => ({ at: one.at, author: one.author, resource: resourceOf(one) }))
    .reverse()

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
