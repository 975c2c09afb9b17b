/**
 * The matcher: turns each change of a record into numbered events for the subscriptions whose topic and filters it
 * meets and whose owners may know of it. A reader of the log: the events, the jobs that deliver them and the moved
 * cursor are one commit.
 *
 * An agency that loses sight of a record by the change itself gets an event of the topics that say so (`gone`), with the
 * id of a record that it knew, and nothing else (docs/decisions/0042).
 */
import { DELIVER, PURGE } from '../domain/subscription/job-kinds.ts'
import { ANY_TYPE, type AccessChange } from '../domain/subscription/topic.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { idOf } from '../fhir/element.ts'
import { createLogReader, type LogReader } from '../jobs/log-reader.ts'
import { unrestricted } from '../records/view.ts'
import { visible } from '../search/match.ts'
import { GONE, type Commit, type NewEvent, type Version } from '../store/store.ts'
import { isOut, participantChangesOf, membersAround, type CircleChange, type CircleMembers } from './access-changes.ts'
import { changeOf, stateOf, type RecordChange } from './change.ts'
import { offerChangesOf, type OfferChange } from './offer-changes.ts'
import { membershipJobs } from './membership-period.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { nextPurge, PURGE_KEY } from './purge.ts'
import {
  loadActiveSubscriptions,
  matchesState,
  passes,
  type ActiveSubscription,
  type ActiveSubscriptions,
} from './active-subscriptions.ts'

/** The name of its cursor and of its lease. */
export const MATCHER = 'matcher'
const BATCH = 200

export function createMatcher(needs: SubscriptionNeeds): LogReader {
  let active: ActiveSubscriptions | undefined
  return createLogReader(needs, {
    name: MATCHER,
    batch: BATCH,
    async begin(sequence) {
      active = await loadActiveSubscriptions(needs, sequence)
    },
    async handle(commits) {
      const notices: Notice[] = []
      for (const commit of commits) if (active) notices.push(...(await noticesOf(needs, active, commit)))
      const due = needs.clock.now()
      const streams = new Set(notices.filter(({ to }) => to.delivers).map(({ event }) => event.stream))
      const purging = notices.length > 0 ? [{ kind: PURGE, key: PURGE_KEY, due: nextPurge(due) }] : []
      return {
        events: notices.map(({ event }) => event),
        jobs: [...[...streams].map((key) => ({ kind: DELIVER, key, due })), ...purging, ...membershipJobs(commits)],
      }
    },
    handled: needs.wake,
  })
}

/** An event, and the subscription that it is for. */
type Notice = { readonly event: NewEvent; readonly to: ActiveSubscription }

/** A subscription that is written in the same commit counts as it was before it. */
async function noticesOf(
  needs: SubscriptionNeeds,
  active: ActiveSubscriptions,
  commit: Commit,
): Promise<readonly Notice[]> {
  const { sequence, versions } = commit
  const circles: CircleMembers = active.followAccess() ? await membersAround(needs, commit) : new Map()
  const notices: Notice[] = []
  for (const version of versions) {
    const { type, id } = version
    for (const { to, gone } of await recipientsOf(needs, active, version, circles))
      notices.push({ event: { stream: to.id, sequence, type, id, version: gone ? GONE : version.version }, to })
  }
  const access = active.followAccess() ? await participantChangesOf(needs, commit, circles) : []
  for (const change of access) notices.push(...(await accessNotices(needs, active, commit, change)))
  for (const change of await offerChangesOf(needs, commit))
    notices.push(...(await offerNotices(needs, active, commit, change)))
  for (const version of versions) if (version.type === 'Subscription') active.note(version)
  return notices
}

type Recipient = { readonly to: ActiveSubscription; readonly gone: boolean }

/** The subscriptions that a change is an event for. Visibility is checked first: it is the cheapest and matters most. */
async function recipientsOf(
  needs: SubscriptionNeeds,
  active: ActiveSubscriptions,
  version: Version,
  circles: CircleMembers,
): Promise<readonly Recipient[]> {
  const all = candidatesFor(needs, active, version).filter(({ end }) => version.at < end)
  const members = new Set([...circles.values()].flatMap(({ before }) => before))
  const candidates = all.flatMap((to): Recipient[] => {
    if (visible(version.audience, { agency: to.owner, at: version.at })) return [{ to, gone: false }]
    return to.trigger.gone && members.has(to.owner) ? [{ to, gone: true }] : []
  })
  if (candidates.length === 0) return []
  const change = await changeOf(needs, version)
  const fired = new Map<ActiveSubscription['trigger'], boolean>()
  const fires = (trigger: ActiveSubscription['trigger']): boolean => {
    const result = fired.get(trigger) ?? trigger.fires(change)
    fired.set(trigger, result)
    return result
  }
  return candidates.filter(
    ({ to, gone }) =>
      fires(to.trigger) && (gone ? knewBefore(needs, change, { to, circles, at: version.at }) : passes(to, change)),
  )
}

function candidatesFor(
  { visibility }: SubscriptionNeeds,
  active: ActiveSubscriptions,
  { type }: Version,
): readonly ActiveSubscription[] {
  const isOfParticipant = visibility.participant[type] !== undefined
  return isOfParticipant ? [...active.of(type), ...active.of(ANY_TYPE)] : active.of(type)
}

type Losing = { readonly to: ActiveSubscription; readonly circles: CircleMembers; readonly at: number }

/** Did the agency know the record until this change, and is it by this change that it does no longer? */
function knewBefore(
  { visibility }: SubscriptionNeeds,
  { before, after, previous }: RecordChange,
  losing: Losing,
): boolean {
  const { to, circles, at } = losing
  if (!before || !previous || !visible(previous.audience, { agency: to.owner, at })) return false
  const [from, into] = [before, after ?? before].map(({ resource }) => participantOf(visibility, resource))
  if (from === undefined || into === undefined) return false
  // The filter sees the state that the agency knew, never the new one.
  return isOut(circles, to.owner, from, into) && matchesState(to, before)
}

/** Events about the participant itself, for those who come to know it or may know it no longer. */
async function accessNotices(
  needs: SubscriptionNeeds,
  active: ActiveSubscriptions,
  { sequence, at, versions }: Commit,
  change: CircleChange,
): Promise<readonly Notice[]> {
  const key = { type: 'Patient', id: change.participant }
  const creator = versions.find((one) => one.type === key.type && one.id === key.id && one.version === 1)?.author
  const interested = (access: AccessChange): readonly ActiveSubscription[] =>
    active
      .ofAccess(key.type, access)
      .filter(({ owner, end }) => at < end && change[access].includes(owner) && owner !== creator)
  const [gained, lost] = [interested('gained'), interested('lost')]
  if (gained.length + lost.length === 0) return []
  const current = await unrestricted(needs.store).read(key)
  const state = current && current.text !== '' ? stateOf(needs, current) : undefined
  const notice = (to: ActiveSubscription, version: number): Notice => ({
    event: { stream: to.id, sequence, ...key, version },
    to,
  })
  return [
    ...gained.filter((to) => matchesState(to, state)).map((to) => notice(to, current?.version ?? GONE)),
    ...lost.map((to) => notice(to, GONE)),
  ]
}

/** Events about a referral for those who may claim it, or may no longer: its id alone, for they do not know of the record. */
async function offerNotices(
  needs: SubscriptionNeeds,
  active: ActiveSubscriptions,
  { sequence, at }: Commit,
  change: OfferChange,
): Promise<readonly Notice[]> {
  const key = { type: 'Task', id: change.task }
  const interested = (['gained', 'lost'] as const).flatMap((access) =>
    active.ofAccess(key.type, access).filter(({ owner, end }) => at < end && change[access].includes(owner)),
  )
  if (interested.length === 0) return []
  const current = await unrestricted(needs.store).read(key)
  const state = current && current.text !== '' ? stateOf(needs, current) : undefined
  // Whoever claims it knows of it.
  const claimant = state && idOf(state.resource.owner, 'Organization')
  const receivers = interested.filter((to) => to.owner !== claimant && matchesState(to, state))
  return receivers.map((to) => ({ event: { stream: to.id, sequence, ...key, version: GONE }, to }))
}
