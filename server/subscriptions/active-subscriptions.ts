/**
 * The subscriptions that the matcher makes events for, as they were after a sequence of the log. A subscription counts from the
 * commit that created it, whether its endpoint has answered yet or not, while it is in error, and while it is off: its
 * events are numbered on, and can be fetched by $events.
 */
import { parseCriteria } from '../domain/subscription/filter.ts'
import { readSpec } from '../domain/subscription/spec.ts'
import { topicsOf, type AccessChange, type Topic } from '../domain/subscription/topic.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'
import { match } from '../search/match.ts'
import { unrestricted, type View } from '../records/view.ts'
import { ALL, type Filter } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import type { ChangedState, RecordChange } from './change.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { compileCriteria, compileTriggers, type Trigger } from './trigger.ts'

/** A subscription as far as it is about one type, compiled. */
export type ActiveSubscription = {
  readonly id: string
  /** The agency that must be able to see a change. */
  readonly owner: string
  readonly trigger: Trigger
  readonly filter: Filter
  readonly end: number
  /** Is an event delivered once its endpoint accepts it? Not while the subscription is off. */
  readonly delivers: boolean
}

export type ActiveSubscriptions = {
  /** Takes notice of a version of a Subscription. */
  note(version: Version): void
  /** Those whose topic is about changes of records of this type (or, with ANY_TYPE, of every type). */
  of(type: string): readonly ActiveSubscription[]
  /** Those whose topic is about what their owner may know of records of this type. */
  ofAccess(type: string, access: AccessChange): readonly ActiveSubscription[]
  /** Is there one for which it matters who came to know of a participant, or may know of it no longer? */
  followAccess(): boolean
}

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
  const { versions } = await view.history({ type: key.type, id: key.id }, { limit: 1, upTo: sequence })
  return versions[0]
}

/** Does the filter of a subscription let a change through? A deletion is matched by the state that was deleted. */
export function passes(subscription: ActiveSubscription, { after, before }: RecordChange): boolean {
  return matchesState(subscription, after ?? before)
}

/** Does the filter of a subscription let an event about a record in this state through? */
export const matchesState = ({ filter }: ActiveSubscription, state: ChangedState | undefined): boolean =>
  state !== undefined && match(filter, state.indexed)

/** Of one topic: its triggers about each type, compiled on first use. The key of an access change is `access type`. */
type CompiledTopic = { readonly topic: Topic; readonly triggers: Map<string, Trigger> }

function createActiveSubscriptions(needs: SubscriptionNeeds): ActiveSubscriptions {
  const topics = new Map<string, CompiledTopic>(
    topicsOf(needs.definitions).map((topic) => [topic.url, { topic, triggers: new Map() }]),
  )
  const byType = new Map<string, Map<string, ActiveSubscription>>()
  const followingAccess = new Set<string>()

  function note(version: Version): void {
    for (const subscriptions of byType.values()) subscriptions.delete(version.id)
    followingAccess.delete(version.id)
    if (version.text === '') return
    const spec = readSpec(parseJson(version.text).value as Resource)
    const compiled = topics.get(spec.topic)
    if (!compiled) return
    const common = {
      id: version.id,
      owner: version.owner,
      end: spec.end ?? Infinity,
      delivers: spec.status !== 'off',
    }
    try {
      for (const [key, type] of keysOf(compiled.topic)) {
        const subscription = {
          ...common,
          trigger: triggerOf(compiled, key),
          filter: filterOf(needs, type, spec.filters),
        }
        const subscriptions = byType.get(key) ?? new Map<string, ActiveSubscription>()
        byType.set(key, subscriptions.set(version.id, subscription))
      }
      const { triggers } = compiled.topic
      if (triggers.some(({ gone, access }) => gone || access !== undefined)) followingAccess.add(version.id)
    } catch (fault) {
      // Written when other parameters or topics were published: it gets no events until its owner corrects it.
      needs.log.error('subscription unreadable', { key: version.id, fault })
    }
  }

  function triggerOf({ topic, triggers }: CompiledTopic, key: string): Trigger {
    const trigger =
      triggers.get(key) ??
      compileTriggers(
        needs,
        topic.triggers.filter((one) => keyOf(one) === key),
      )
    triggers.set(key, trigger)
    return trigger
  }

  const listed = (key: string): readonly ActiveSubscription[] => [...(byType.get(key)?.values() ?? [])]
  return {
    note,
    of: listed,
    ofAccess: (type, access) => listed(keyOf({ resource: type, access })),
    followAccess: () => followingAccess.size > 0,
  }
}

const keyOf = ({ resource, access }: { readonly resource: string; readonly access?: AccessChange }): string =>
  access === undefined ? resource : `${access} ${resource}`

const keysOf = ({ triggers }: Topic): ReadonlyMap<string, string> =>
  new Map(triggers.map((one) => [keyOf(one), one.resource]))

/** A filter that names another type of the topic (`Task?owner=...`) does not concern this one. */
function filterOf(needs: SubscriptionNeeds, type: string, texts: readonly string[]): Filter {
  const concerning = texts.filter((text) => (parseCriteria(text)?.type ?? type) === type)
  return { op: 'and', of: concerning.map((text) => compileCriteria(needs, type, text)) }
}
