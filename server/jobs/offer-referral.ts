/**
 * Finds out which agencies may claim a referral, whenever that may have changed: the reader of the log enqueues the job
 * (`offer-referral`) for the Tasks that a commit is about, and the job waits for the moment at which a consent begins or
 * ends. It writes down only what it found (offer-record.ts); that is what the agencies are notified of.
 */
import { isOpen } from '../domain/referral/offer.ts'
import { OFFER_REFERRAL } from '../domain/referral/job-kind.ts'
import { idOf } from '../fhir/element.ts'
import { currentResource, resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import { CommitConflict } from '../store/errors.ts'
import type { Commit, Store, Version } from '../store/store.ts'
import { createLogReader, type LogReader, type LogReaderNeeds } from './log-reader.ts'
import { OFFER, offerKey, offerWrites } from './offer-record.ts'
import { agenciesOffered, OPEN_REFERRALS, type OfferReading } from './offers.ts'
import { Interrupted, type JobHandler } from './worker.ts'

export type OfferNeeds = OfferReading & { readonly store: Store; readonly clock: { now(): number } }

/** Whatever changes while the job runs enqueues it again. */
export const offerReferral =
  (needs: OfferNeeds): JobHandler =>
  async (job) => {
    const { store, clock } = needs
    const view = unrestricted(store)
    const now = clock.now()
    const [stored, task] = await view.readMany([offerKey(job.key), { type: 'Task', id: job.key }])
    const { agencies, again } = await agenciesOffered(needs, view, currentResource(task), now)
    const writes = offerWrites(job.key, stored, agencies)
    try {
      if (writes.length > 0) await store.commit({ writes, claim: job })
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error
      if (error.kind === 'claim') throw new Interrupted('The claim was lost.')
      return { again: now }
    }
    return again === undefined ? { done: true } : { again }
  }

/** The name of the cursor and of the lease. */
export const OFFERS = 'offers'
const BATCH = 200

/** Records of agencies that say who offers a service, where. */
const CATALOGUE = ['HealthcareService', 'OrganizationAffiliation', 'CodeSystem']

/** Enqueues the job of each referral that a commit makes open, or about which something changes while it is. */
export function createOfferReader(needs: LogReaderNeeds & { wake(): void }): LogReader {
  let watched = noReferrals()
  return createLogReader(needs, {
    name: OFFERS,
    batch: BATCH,
    async begin() {
      watched = await openReferrals(needs.store)
    },
    async handle(commits) {
      const due = needs.clock.now()
      return { jobs: [...affected(watched, commits)].map((key) => ({ kind: OFFER_REFERRAL, key, due })) }
    },
    handled: needs.wake,
  })
}

/** The open referrals by their Task, each with its participant, and the Tasks whose offer is written down. */
type Watched = { readonly open: Map<string, string>; readonly offered: Set<string> }

const noReferrals = (): Watched => ({ open: new Map(), offered: new Set() })

async function openReferrals(store: Store): Promise<Watched> {
  const { open, offered } = noReferrals()
  const view = unrestricted(store)
  for await (const version of view.all({ type: 'Task', where: OPEN_REFERRALS })) noteTask(open, version)
  for await (const { id } of view.all({ type: OFFER, where: ALL })) offered.add(id)
  return { open, offered }
}

/** Is the Task of this version an open referral? */
function noteTask(open: Map<string, string>, version: Version): boolean {
  const task = currentResource(version)
  const participant = task && isOpen(task) ? idOf(task.for, 'Patient') : undefined
  if (participant !== undefined) open.set(version.id, participant)
  return participant !== undefined
}

/** The Tasks of referrals that may be offered to others by these commits. Takes notice of what they open and close. */
function affected({ open, offered }: Watched, commits: readonly Commit[]): ReadonlySet<string> {
  const tasks = new Set<string>()
  const participants = new Set<string>()
  let all = false
  for (const version of commits.flatMap(({ versions }) => versions)) {
    const { type, id, text } = version
    if (type === 'Task') {
      const isOffer = open.delete(id) || offered.has(id)
      if (noteTask(open, version) || isOffer) tasks.add(id)
    } else if (type === OFFER) {
      if (text === '') offered.delete(id)
      else offered.add(id)
    } else if (CATALOGUE.includes(type) || (type === 'Consent' && text === '')) all = true
    else if (open.size > 0) for (const participant of participantsOf(version)) participants.add(participant)
  }
  for (const [id, participant] of open) if (all || participants.has(participant)) tasks.add(id)
  return tasks
}

/** Whose consents, representatives, address or requests a version changes. */
function participantsOf(version: Version): readonly string[] {
  if (version.type === 'Patient') return [version.id]
  if (!['Consent', 'ServiceRequest', 'RelatedPerson'].includes(version.type) || version.text === '') return []
  const { patient, subject } = resourceOf(version)
  return [idOf(patient ?? subject, 'Patient') ?? []].flat()
}
