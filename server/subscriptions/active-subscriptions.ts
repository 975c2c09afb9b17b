/**
 * The subscriptions that the matcher makes events for, as they were after a sequence of the log. A subscription counts from the
 * commit that created it, whether its endpoint has answered yet or not, and while it is in error; not while it is off.
 */
import { readSpec } from '../domain/subscription/spec.ts'
import { topicsOf, type Topic } from '../domain/subscription/topic.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'
import { match } from '../search/match.ts'
import { unrestricted, type View } from '../records/view.ts'
import { ALL, type Filter } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import type { RecordChange } from './change.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { compileCriteria, compileTrigger, type Trigger } from './trigger.ts'

/** A subscription, compiled. */
export type ActiveSubscription = {
  readonly id: string
  /** The agency that must be able to see a change. */
  readonly owner: string
  readonly trigger: Trigger
  readonly filter: Filter
  readonly end: number
}

export type ActiveSubscriptions = {
  /** Takes notice of a version of a Subscription. */
  note(version: Version): void
  /** Those whose topic is about this type. */
  of(type: string): readonly ActiveSubscription[]
}

const COUNTS = ['requested', 'active', 'error']

/** The subscriptions as they were after this sequence. */
export async function loadActiveSubscriptions(
  needs: SubscriptionNeeds,
  sequence: number,
): Promise<ActiveSubscriptions> {
  const active = createActiveSubscriptions(needs)
  const view = unrestricted(needs.store)
  for await (const version of view.all({ type: 'Subscription', where: ALL, deleted: true })) {
    const then = version.sequence <= sequence ? version : await versionAt(view, version, sequence)
    if (then) active.note(then)
  }
  return active
}

async function versionAt(view: View, key: Version, sequence: number): Promise<Version | undefined> {
  const { versions } = await view.history(key, { limit: Infinity })
  return versions.find((version) => version.sequence <= sequence)
}

/** Does the filter of a subscription let a change through? A deletion is matched by the state that was deleted. */
export function passes({ filter }: ActiveSubscription, { after, before }: RecordChange): boolean {
  const state = after ?? before
  return state !== undefined && match(filter, state.indexed)
}

function createActiveSubscriptions(needs: SubscriptionNeeds): ActiveSubscriptions {
  const topics = new Map(
    topicsOf(needs.definitions).map((topic) => [topic.url, { topic, trigger: undefined as Trigger | undefined }]),
  )
  const byType = new Map<string, Map<string, ActiveSubscription>>()

  function triggerOf(compiled: { topic: Topic; trigger: Trigger | undefined }): Trigger {
    compiled.trigger ??= compileTrigger(needs, compiled.topic)
    return compiled.trigger
  }

  function note(version: Version): void {
    for (const subscriptions of byType.values()) subscriptions.delete(version.id)
    if (version.text === '') return
    const spec = readSpec(parseJson(version.text).value as Resource)
    const compiled = topics.get(spec.topic)
    if (!compiled || !COUNTS.includes(spec.status)) return
    try {
      const type = compiled.topic.resource
      const of = spec.filters.map((text) => compileCriteria(needs, type, text))
      const subscription = {
        id: version.id,
        owner: version.owner,
        trigger: triggerOf(compiled),
        filter: { op: 'and', of } as const,
        end: spec.end ?? Infinity,
      }
      const subscriptions = byType.get(type) ?? new Map<string, ActiveSubscription>()
      byType.set(type, subscriptions.set(version.id, subscription))
    } catch (fault) {
      // Written when other parameters or topics were published: it gets no events until its owner corrects it.
      needs.log.error('subscription unreadable', { key: version.id, fault })
    }
  }

  return { note, of: (type) => [...(byType.get(type)?.values() ?? [])] }
}
