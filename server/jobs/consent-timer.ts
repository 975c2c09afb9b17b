/**
 * The job of the consents of one participant: a Task asks for a new consent some days before one ends, and says so when it
 * has ended. What was done shows in the Tasks, so the job may be killed at any moment and run by any process; each write
 * is committed under its claim.
 */
import { buildConsentEnding, endingOf, withoutQuestion, withSteps } from '../domain/agency-task/consent-ending.ts'
import { isDenial, recipientsOf } from '../domain/referral/consent.ts'
import { consentStepsFor, takenSteps, type DatedConsentStep } from '../domain/timer/consent-steps.ts'
import type { ConsentStep } from '../domain/timer/table.ts'
import { grantsOf, held, type Grants } from '../domain/visibility/circle.ts'
import { classesNamedIn } from '../domain/visibility/labels.ts'
import { isMember, joined, type Membership } from '../domain/visibility/membership.ts'
import { formatInstant } from '../fhir/dates.ts'
import { idOf, items } from '../fhir/element.ts'
import { keyText, type Resource } from '../fhir/types.ts'
import type { StoredResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { aboutParticipant } from '../search/query.ts'
import type { Settlement, Store } from '../store/store.ts'
import type { Change } from '../write/change.ts'
import { readCircle } from '../write/circle.ts'
import type { Along } from '../write/commit.ts'
import type { RuleTables } from '../write/rule-tables.ts'
import { writeUnderClaim } from './referral-timer.ts'
import { Interrupted, type JobHandler } from './worker.ts'

export type ConsentTimerNeeds = Pick<RuleTables, 'visibility' | 'range'> & {
  readonly store: Store
  readonly steps: readonly ConsentStep[]
  readonly clock: { now(): number }
  newId(): string
  /** Writes one record as the hub itself, through the write path of everybody. */
  write(change: Change, along: Along): Promise<unknown>
}

/** After so many days nobody gets a question any more about a consent that ended unnoticed, before the hub had this timer. */
const LATEST = 30 * 86_400_000

export const consentTimer =
  (needs: ConsentTimerNeeds): JobHandler =>
  async (job, { signal }) => {
    while (!signal.aborted) {
      const { change, again } = await nextStep(needs, job.key)
      if (change) await writeUnderClaim(needs.write(change, { claim: job }))
      else return settlement(again)
    }
    throw new Interrupted('The claim was lost.')
  }

const settlement = (again: number | undefined): Settlement => (again === undefined ? { done: true } : { again })

type Step = { readonly change?: Change; readonly again?: number | undefined }

/** The one thing to be written now, or when to look again. */
async function nextStep(needs: ConsentTimerNeeds, participant: string): Promise<Step> {
  const now = needs.clock.now()
  const view = unrestricted(needs.store)
  const patient = await view.resource({ type: 'Patient', id: participant })
  if (patient?.active !== true) return {}
  const about = aboutParticipant(participant)
  const [consents = [], persons = [], tasks = []] = await view.listEach(['Consent', 'RelatedPerson', 'Task'], about)
  const endings = endingsOf(needs, { patient, consents, persons }, now)
  const stale = tasks.find((task) => isStale(task, endings))
  if (stale) return { change: update(withoutQuestion(stale, now)) }
  const pending = endings.flatMap((one) => pendingOf(needs, one, tasks))
  const due = pending.find(({ steps }) => steps.some((step) => step.due <= now))
  if (!due) {
    const times = pending.flatMap(({ steps }) => steps.map((step) => step.due))
    return { again: times.length > 0 ? Math.min(...times) : undefined }
  }
  const steps = due.steps.filter((step) => step.due <= now)
  if (due.task) return { change: update(withSteps(due.task, steps, now)) }
  const circle = await readCircle(view, needs, participant)
  const collector = idOf(items(due.ending.consent.organization)[0], 'Organization')
  const entry = idOf(patient.managingOrganization, 'Organization') ?? ''
  const owner = collector !== undefined && isMember(circle?.members ?? [], collector, now) ? collector : entry
  const resource = buildConsentEnding(
    { id: needs.newId(), consent: due.ending.consent.id, participant, owner, now, ...endOf(due.ending) },
    steps,
  )
  return { change: { kind: 'put', create: true, resource, at: 'Task' } }
}

const update = (resource: StoredResource): Change => ({
  kind: 'put',
  create: false,
  resource,
  ifMatch: [Number(resource.meta?.versionId)],
  at: 'Task',
})

type Ending = { readonly consent: StoredResource; readonly end: number }

const endOf = ({ consent, end }: Ending) => ({ end, recipients: recipientsOf(consent) })

type Records = {
  readonly patient: StoredResource
  readonly consents: readonly StoredResource[]
  readonly persons: readonly StoredResource[]
}

/**
 * The consents that end, each with its end. Not those of which not every agency of the participant may know, which are over
 * since they were recorded, or whose recipients all know by another one that goes on.
 */
function endingsOf(needs: ConsentTimerNeeds, { patient, consents, persons }: Records, now: number): readonly Ending[] {
  const { visibility, range } = needs
  const granted = (resource: Resource) => grantsOf(visibility, { resource, owner: '' }, range)
  const grants: Grants = Object.fromEntries(
    [patient, ...persons, ...consents].map((one) => [nameOf(one), granted(one)]),
  )
  const membersBy = (consent: StoredResource): readonly Membership[] =>
    joined((grants[nameOf(consent)] ?? []).flatMap((one) => (one.effect ? [] : held(one, grants).members)))
  // One that names a class must not even show by a Task that is missing.
  const shared = consents.filter((one) => classesNamedIn(visibility, one).length === 0)
  return shared.flatMap((consent): Ending[] => {
    if (isDenial(consent)) return []
    const members = membersBy(consent)
    const end = Math.max(...members.map(({ until }) => until ?? Infinity))
    if (!Number.isFinite(end) || end + LATEST < now || end <= Date.parse(String(consent.meta?.lastUpdated))) return []
    const others = joined(shared.filter((one) => one !== consent).flatMap(membersBy))
    const goesOn = recipientsOf(consent).every((agency) => isMember(others, agency, end))
    return goesOn ? [] : [{ consent, end }]
  })
}

const nameOf = ({ resourceType: type, id }: StoredResource): string => keyText({ type, id })

/** Does an open Task ask for a new consent in place of one that does not end then? */
function isStale(task: StoredResource, endings: readonly Ending[]): boolean {
  const found = endingOf(task)
  if (!found || task.status !== 'requested' || takenSteps(task).length === 0) return false
  return !endings.some(({ consent, end }) => consent.id === found.consent && formatInstant(end) === found.end)
}

type Pending = {
  readonly ending: Ending
  readonly task?: StoredResource
  readonly steps: readonly DatedConsentStep[]
}

/** The steps that are still to be taken; none once the Task was answered. */
function pendingOf({ steps }: ConsentTimerNeeds, ending: Ending, tasks: readonly StoredResource[]): readonly Pending[] {
  const own = tasks.filter((task) => {
    const found = endingOf(task)
    return found?.consent === ending.consent.id && found.end === formatInstant(ending.end)
  })
  const task = own.find(({ status }) => status === 'requested')
  if (own.some(({ status }) => status !== 'requested' && status !== 'cancelled')) return []
  const taken = task ? takenSteps(task) : []
  const left = consentStepsFor(steps, ending.end).filter(({ rule }) => !taken.includes(rule))
  return left.length > 0 ? [{ ending, ...(task ? { task } : {}), steps: left }] : []
}
