/**
 * The subscriptions that the matcher watches for, as they stood at a place of the log. A subscription counts from the
 * commit that created it, whether its endpoint has answered yet or not, and while it is in error; not while it is off.
 */
import { readSpec } from '../domain/subscription/spec.ts'
import { topicsOf, type Topic } from '../domain/subscription/topic.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'
import { match } from '../search/match.ts'
import { ALL, type Filter } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import type { Change } from './change.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { compileCriteria, compileTrigger, type Trigger } from './trigger.ts'

/** A subscription, compiled. */
export type ActiveSubscription = {
  readonly id: string
  /** The agency whose eyes count. */
  readonly owner: string
  readonly trigger: Trigger
  readonly filter: Filter
  readonly end: number
}

export type ActiveSubscriptions = {
  /** Takes notice of a version of a Subscription. */
  note(version: Version): void
  /** Those that may be told of changes of this type. */
  of(type: string): readonly ActiveSubscription[]
}

const COUNTS = ['requested', 'active', 'error']

/** The subscriptions as they stood after this place. */
export async function loadActiveSubscriptions(needs: SubscriptionNeeds, place: number): Promise<ActiveSubscriptions> {
  const watched = createActiveSubscriptions(needs)
  const { store } = needs
  const { versions } = await store.find({
    type: 'Subscription',
    where: ALL,
    viewer: 'unrestricted',
    limit: Number.MAX_SAFE_INTEGER,
    deleted: true,
  })
  for (const version of versions) {
    const then = version.sequence <= place ? version : await versionAt(needs, version, place)
    if (then) watched.note(then)
  }
  return watched
}

async function versionAt({ store }: SubscriptionNeeds, key: Version, place: number): Promise<Version | undefined> {
  const { versions } = await store.history(key, 'unrestricted', { limit: Number.MAX_SAFE_INTEGER })
  return versions.find((version) => version.sequence <= place)
}

/** Does the filter of a subscription let a change through? A deletion is judged by what was deleted. */
export function passes({ filter }: ActiveSubscription, { after, before }: Change): boolean {
  const state = after ?? before
  return state !== undefined && match(filter, state.facts)
}

function createActiveSubscriptions(needs: SubscriptionNeeds): ActiveSubscriptions {
  const topics = new Map(
    topicsOf(needs.definitions).map((topic) => [topic.url, { topic, trigger: undefined as Trigger | undefined }]),
  )
  const byType = new Map<string, Map<string, ActiveSubscription>>()

  function triggerOf(known: { topic: Topic; trigger: Trigger | undefined }): Trigger {
    known.trigger ??= compileTrigger(needs, known.topic)
    return known.trigger
  }

  function note(version: Version): void {
    for (const watches of byType.values()) watches.delete(version.id)
    if (version.text === '') return
    const wanted = readSpec(parseJson(version.text).value as Resource)
    const known = topics.get(wanted.topic)
    if (!known || !COUNTS.includes(wanted.status)) return
    try {
      const type = known.topic.resource
      const of = wanted.filters.map((text) => compileCriteria(needs, type, text))
      const watch = {
        id: version.id,
        owner: version.owner,
        trigger: triggerOf(known),
        filter: { op: 'and', of } as const,
        end: wanted.end ?? Infinity,
      }
      const watches = byType.get(type) ?? new Map<string, ActiveSubscription>()
      byType.set(type, watches.set(version.id, watch))
    } catch (fault) {
      // Written when other parameters or topics were published: it cannot be told anything until it is mended.
      needs.log.error('subscription unreadable', { key: version.id, fault })
    }
  }

  return { note, of: (type) => [...(byType.get(type)?.values() ?? [])] }
}
