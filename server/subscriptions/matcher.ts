/**
 * The matcher: turns each change of a record into numbered events for the subscriptions whose topic and filters it
 * meets and whose owners may know of it. A reader of the log: the events, the jobs that deliver them and the moved
 * cursor are one commit.
 */
import { DELIVER } from '../domain/subscription/job-kinds.ts'
import { createLogReader, type LogReader } from '../jobs/log-reader.ts'
import { visible } from '../search/match.ts'
import type { Commit, NewEvent, Version } from '../store/store.ts'
import { changeOf } from './change.ts'
import type { SubscriptionNeeds } from './needs.ts'
import {
  loadActiveSubscriptions,
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
      const events: NewEvent[] = []
      for (const commit of commits) if (active) events.push(...(await eventsOf(needs, active, commit)))
      const due = needs.clock.now()
      const streams = new Set(events.map((event) => event.stream))
      return { events, jobs: [...streams].map((key) => ({ kind: DELIVER, key, due })) }
    },
    handled: needs.wake,
  })
}

/** A subscription that is written in the same commit counts as it was before it. */
async function eventsOf(
  needs: SubscriptionNeeds,
  active: ActiveSubscriptions,
  { sequence, versions }: Commit,
): Promise<readonly NewEvent[]> {
  const events: NewEvent[] = []
  for (const version of versions) {
    for (const { id } of await matchingSubscriptions(needs, active, version)) {
      events.push({ stream: id, sequence, type: version.type, id: version.id, version: version.version })
    }
  }
  for (const version of versions) if (version.type === 'Subscription') active.note(version)
  return events
}

/** The subscriptions that a change is an event for. Visibility is checked first: it is the cheapest and matters most. */
async function matchingSubscriptions(
  needs: SubscriptionNeeds,
  active: ActiveSubscriptions,
  version: Version,
): Promise<readonly ActiveSubscription[]> {
  const candidates = active
    .of(version.type)
    .filter(({ owner, end }) => version.at < end && visible(version.audience, { agency: owner, at: version.at }))
  if (candidates.length === 0) return []
  const change = await changeOf(needs, version)
  const fired = new Map<ActiveSubscription['trigger'], boolean>()
  const fires = (trigger: ActiveSubscription['trigger']): boolean => {
    const result = fired.get(trigger) ?? trigger(change)
    fired.set(trigger, result)
    return result
  }
  return candidates.filter((one) => fires(one.trigger) && passes(one, change))
}
