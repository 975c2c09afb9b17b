/**
 * Topics: what makes an event, and for whom, read from capability/topics. FHIR R4 has no SubscriptionTopic, so each is a
 * Basic with one extension ext-topic for each trigger, whose parts are those of
 * https://hl7.org/fhir/R5/subscriptiontopic.html
 */
import type { Definitions } from '../../definitions/definitions.ts'
import { profileUrl } from '../../fhir/canonical.ts'
import { extensionOf, items } from '../../fhir/element.ts'
import type { JsonObject } from '../../fhir/types.ts'

export type Interaction = 'create' | 'update' | 'delete'

/** A trigger with this type is about every type of a participant's records. */
export const ANY_TYPE = 'DomainResource'

/** How what a subscriber may know changes: it comes to know a record, or may know of it no longer. */
export type AccessChange = 'gained' | 'lost'

/** One way in which a topic makes an event. A topic fires when one of its triggers does. */
export type TopicTrigger = {
  /** The type of resource whose changes it is about, or ANY_TYPE. */
  readonly resource: string
  readonly interactions: readonly string[]
  /** Not a change of the record makes the event, but one of what the subscriber may know. */
  readonly access?: AccessChange
  /** Search expression that the new state must meet (for a deletion there is none, so it is not looked at). */
  readonly current?: string
  /** Search expression that the previous state must meet. Not looked at on create, where there is none. */
  readonly previous?: string
  /** FHIRPath of elements of which at least one must differ from the previous state. Looked at on update only. */
  readonly changed: readonly string[]
  /** Does an agency that loses sight of the record by this very change get the event, with the id of the record only? */
  readonly gone: boolean
  /** Search parameters of the type that a subscription may filter by. */
  readonly filters: readonly string[]
}

export type Topic = {
  readonly url: string
  readonly title: string
  readonly description: string
  readonly triggers: readonly TopicTrigger[]
}

/** Every topic that the hub publishes, in the order of their files. */
export const topicsOf = (definitions: Definitions): readonly Topic[] =>
  definitions.published('Basic').flatMap((basic) => {
    const url = profileUrl('ext-topic')
    const extensions = items(basic.extension).filter((one) => one.url === url)
    return extensionOf(basic, url) ? [readTopic(extensions)] : []
  })

/** The types that a topic is about, each once. */
export const resourcesOf = ({ triggers }: Topic): readonly string[] => [
  ...new Set(triggers.map(({ resource }) => resource)),
]

/** The parameters by which events about a type may be filtered. Without a type: those of every type of the topic. */
export function filtersOf({ triggers }: Topic, type?: string): readonly string[] {
  const [first, ...others] = triggers.filter(({ resource }) => type === undefined || resource === type)
  return (first?.filters ?? []).filter((name) => others.every(({ filters }) => filters.includes(name)))
}

const readTopic = (extensions: readonly JsonObject[]): Topic => ({
  url: firstOf(extensions, 'url'),
  title: firstOf(extensions, 'title'),
  description: firstOf(extensions, 'description'),
  triggers: extensions.map(readTrigger),
})

function readTrigger(extension: JsonObject): TopicTrigger {
  const [access] = all(extension, 'access')
  const [current] = all(extension, 'current')
  const [previous] = all(extension, 'previous')
  return {
    resource: all(extension, 'resource')[0] ?? '',
    interactions: all(extension, 'interaction'),
    changed: all(extension, 'changed'),
    gone: all(extension, 'gone')[0] === 'true',
    filters: all(extension, 'filter'),
    ...(access === 'gained' || access === 'lost' ? { access } : {}),
    ...(current === undefined ? {} : { current }),
    ...(previous === undefined ? {} : { previous }),
  }
}

const firstOf = (extensions: readonly JsonObject[], name: string): string =>
  extensions.flatMap((one) => all(one, name))[0] ?? ''

const all = (extension: JsonObject, name: string): readonly string[] =>
  items(extension.extension).flatMap((part) =>
    part.url === name ? [String(part.valueUri ?? part.valueCode ?? part.valueBoolean ?? part.valueString)] : [],
  )
