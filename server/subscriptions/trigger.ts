/**
 * When does a change make an event? The triggers of a topic for one type: search expressions compiled to filters and
 * elements to FHIRPath. https://hl7.org/fhir/R5/subscriptiontopic.html#trigger
 */
import type { TopicTrigger } from '../domain/subscription/topic.ts'
import { parseCriteria } from '../domain/subscription/filter.ts'
import { sameJson } from '../fhir/element.ts'
import { compilePath } from '../fhirpath/expression.ts'
import type { Resource } from '../fhir/types.ts'
import { match } from '../search/match.ts'
import { codeSetsOf } from '../search/code-sets.ts'
import { UNLIMITED } from '../search/limits.ts'
import { parse } from '../search/parse.ts'
import { ALL, type Filter } from '../search/query.ts'
import type { RecordChange } from './change.ts'
import type { SubscriptionNeeds } from './needs.ts'

/** `gone`: does the event also go, as an id, to agencies that lose sight of the record by the change? */
export type Trigger = { readonly gone: boolean; fires(change: RecordChange): boolean }

/**
 * The triggers of a topic that are about one type, as one.
 * @throws OutcomeError or Error naming what in the topic cannot be evaluated
 */
export function compileTriggers(needs: SubscriptionNeeds, triggers: readonly TopicTrigger[]): Trigger {
  const compiled = triggers.map((one) => compileTrigger(needs, one))
  return {
    gone: triggers.some(({ gone }) => gone),
    fires: (change) => compiled.some((fires) => fires(change)),
  }
}

function compileTrigger(needs: SubscriptionNeeds, trigger: TopicTrigger): (change: RecordChange) => boolean {
  const { resource, interactions, changed } = trigger
  const current = trigger.current === undefined ? ALL : compileCriteria(needs, resource, trigger.current)
  const previous = trigger.previous === undefined ? ALL : compileCriteria(needs, resource, trigger.previous)
  return ({ interaction, after, before }) =>
    interactions.includes(interaction) &&
    (!after || match(current, after.indexed)) &&
    (!before || match(previous, before.indexed)) &&
    (!after ||
      !before ||
      changed.length === 0 ||
      changed.some((path) => differs(path, before.resource, after.resource)))
}

/** A search expression or a filter (`Task?status=requested`) about a type. @throws OutcomeError naming what is wrong */
export function compileCriteria(needs: SubscriptionNeeds, type: string, text: string): Filter {
  const capability = needs.definitions.capability(type)
  const criteria = parseCriteria(text)
  if (!capability || !criteria)
    throw new Error(`The search expression \`${text}\` about \`${type}\` cannot be evaluated.`)
  const codeSets = codeSetsOf(needs.definitions.current())
  const context = { base: needs.base(), timeZone: needs.timeZone, now: needs.clock.now(), codeSets }
  // Entries are extracted from the changed resource itself, whatever the state of the index in the store.
  return parse({ ...capability, incomplete: [] }, criteria.params, {
    ...context,
    viewer: 'unrestricted',
    limits: UNLIMITED,
    handling: 'strict',
  }).query.where
}

function differs(path: string, before: Resource, after: Resource): boolean {
  const values = compilePath(path)
  return !sameJson(values(before), values(after))
}
