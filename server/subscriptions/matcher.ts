/**
 * The matcher: reads the log in order and turns each change into numbered events for the subscriptions that want it and
 * whose owners may know of it. The events, the jobs that deliver them and the moved cursor are one commit; after a crash
 * it reads again from its cursor and makes no event twice.
 */
import { DELIVER } from '../domain/subscription/job-kinds.ts'
import { visible } from '../search/match.ts'
import { CommitConflict, type Commit, type NewEvent, type Version } from '../store/store.ts'
import { changeOf } from './change.ts'
import type { SubscriptionNeeds } from './needs.ts'
import {
  loadActiveSubscriptions,
  passes,
  type ActiveSubscription,
  type ActiveSubscriptions,
} from './active-subscriptions.ts'

const CURSOR = 'matcher'
const BATCH = 200
/** Without events the cursor is only remembered; after so many places it is written down. */
const FAR = 1_000
const REST = 1_000

/** Where the matcher is: the place it has read to, and the one its cursor says. */
type Position = { place: number; saved: number; readonly watched: ActiveSubscriptions }

export type Matcher = {
  start(): void
  /** Reads what there is to its end; for tests and tools. */
  drain(): Promise<void>
  /** Ends the batch under way and writes the cursor down. */
  stop(): Promise<void>
}

export function createMatcher(needs: SubscriptionNeeds): Matcher {
  const { store } = needs
  const stopping = new AbortController()
  let position: Position | undefined
  let loop: Promise<void> | undefined

  /** Reads one batch; answers whether there may be more. On any fault it starts over from the cursor. */
  async function step(): Promise<boolean> {
    const at = (position ??= await begin(needs))
    try {
      const commits = await store.feed(at.place, BATCH)
      if (commits.length > 0) await advance(needs, at, commits)
      return commits.length > 0
    } catch (fault) {
      position = undefined
      // Another process has matched the same places meanwhile.
      if (fault instanceof CommitConflict && fault.kind === 'cursor') return true
      throw fault
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (await step()) needs.wake()
        else await store.changed(position?.place ?? 0, stopping.signal)
      } catch (fault) {
        needs.log.error('matcher failed', { fault })
        await needs.sleep(REST, stopping.signal)
      }
    }
  }

  return {
    start() {
      loop ??= run()
    },
    async drain() {
      while (await step());
    },
    async stop() {
      stopping.abort()
      await loop
      if (position)
        await save(needs, position).catch((fault: unknown) => needs.log.warn('matcher cursor not saved', { fault }))
      position = undefined
    },
  }
}

async function begin(needs: SubscriptionNeeds): Promise<Position> {
  const saved = await needs.store.cursor(CURSOR)
  return { place: saved, saved, watched: await loadActiveSubscriptions(needs, saved) }
}

async function advance(needs: SubscriptionNeeds, at: Position, commits: readonly Commit[]): Promise<void> {
  const events: NewEvent[] = []
  for (const commit of commits) events.push(...(await eventsOf(needs, at.watched, commit)))
  at.place = commits.at(-1)?.sequence ?? at.place
  if (events.length > 0 || at.place - at.saved >= FAR) await save(needs, at, events)
}

async function save(
  { store, clock }: SubscriptionNeeds,
  at: Position,
  events: readonly NewEvent[] = [],
): Promise<void> {
  if (at.place === at.saved) return
  const told = new Set(events.map((event) => event.stream))
  const due = clock.now()
  await store.commit({
    events,
    cursors: [{ name: CURSOR, from: at.saved, to: at.place }],
    jobs: [...told].map((key) => ({ kind: DELIVER, key, due })),
  })
  at.saved = at.place
}

/** A subscription that is written in the same commit counts as it was before it. */
async function eventsOf(
  needs: SubscriptionNeeds,
  watched: ActiveSubscriptions,
  { sequence, versions }: Commit,
): Promise<readonly NewEvent[]> {
  const events: NewEvent[] = []
  for (const version of versions) {
    for (const { id } of await matchingSubscriptions(needs, watched, version)) {
      events.push({ stream: id, sequence, type: version.type, id: version.id, version: version.version })
    }
  }
  for (const version of versions) if (version.type === 'Subscription') watched.note(version)
  return events
}

/** The subscriptions that a change is an event for. Who may know is asked first: it is the cheapest and the most important. */
async function matchingSubscriptions(
  needs: SubscriptionNeeds,
  watched: ActiveSubscriptions,
  version: Version,
): Promise<readonly ActiveSubscription[]> {
  const near = watched
    .of(version.type)
    .filter(({ owner, end }) => version.at < end && visible(version.audience, { agency: owner, at: version.at }))
  if (near.length === 0) return []
  const change = await changeOf(needs, version)
  const fired = new Map<ActiveSubscription['trigger'], boolean>()
  const fires = (trigger: ActiveSubscription['trigger']): boolean => {
    const known = fired.get(trigger) ?? trigger(change)
    fired.set(trigger, known)
    return known
  }
  return near.filter((watch) => fires(watch.trigger) && passes(watch, change))
}
