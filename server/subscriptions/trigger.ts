/**
 * When does a change make an event? A topic, its search expressions compiled to filters and its elements to FHIRPath.
 * https://hl7.org/fhir/R5/subscriptiontopic.html#trigger
 */
import type { Topic } from '../domain/subscription/topic.ts'
import { parseCriteria } from '../domain/subscription/filter.ts'
import { sameJson } from '../fhir/element.ts'
import { compilePath } from '../fhirpath/expression.ts'
import type { Resource } from '../fhir/types.ts'
import { match } from '../search/match.ts'
import { parse } from '../search/parse.ts'
import { ALL, type Filter } from '../search/query.ts'
import type { RecordChange } from './change.ts'
import type { SubscriptionNeeds } from './needs.ts'

export type Trigger = (change: RecordChange) => boolean

/** @throws OutcomeError or Error naming what in the topic cannot be evaluated */
export function compileTrigger(needs: SubscriptionNeeds, topic: Topic): Trigger {
  const current = topic.current === undefined ? ALL : compileCriteria(needs, topic.resource, topic.current)
  const previous = topic.previous === undefined ? ALL : compileCriteria(needs, topic.resource, topic.previous)
  return ({ interaction, after, before }) =>
    topic.interactions.includes(interaction) &&
    (!after || match(current, after.indexed)) &&
    (!before || match(previous, before.indexed)) &&
    (!after ||
      !before ||
      topic.changed.length === 0 ||
      topic.changed.some((path) => differs(path, before.resource, after.resource)))
}

/** A search expression or a filter (`Task?status=requested`) about a type. @throws OutcomeError naming what is wrong */
export function compileCriteria(needs: SubscriptionNeeds, type: string, text: string): Filter {
  const capability = needs.definitions.capability(type)
  const criteria = parseCriteria(text)
  if (!capability || !criteria)
    throw new Error(`The search expression \`${text}\` about \`${type}\` cannot be evaluated.`)
  const context = { base: needs.base(), timeZone: needs.timeZone, now: needs.clock.now() }
  // Entries are extracted from the changed resource itself, whatever the state of the index in the store.
  return parse({ ...capability, incomplete: [] }, criteria.params, {
    ...context,
    viewer: 'unrestricted',
    handling: 'strict',
  }).query.where
}

function differs(path: string, before: Resource, after: Resource): boolean {
  const values = compilePath(path)
  return !sameJson(values(before), values(after))
}
