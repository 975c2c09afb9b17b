/**
 * Topics: what makes an event, read from capability/topics. FHIR R4 has no SubscriptionTopic, so each is a Basic with
 * the extension ext-topic, whose parts are those of https://hl7.org/fhir/R5/subscriptiontopic.html
 */
import type { Definitions } from '../../definitions/definitions.ts'
import { profileUrl } from '../../fhir/canonical.ts'
import { extensionOf, items } from '../../fhir/element.ts'
import type { JsonObject } from '../../fhir/types.ts'

export type Interaction = 'create' | 'update' | 'delete'

export type Topic = {
  readonly url: string
  readonly title: string
  readonly description: string
  /** The type of resource whose changes it is about. */
  readonly resource: string
  readonly interactions: readonly string[]
  /** Search expression that the new state must meet (for a deletion there is none, so it is not looked at). */
  readonly current?: string
  /** Search expression that the previous state must meet. Not looked at on create, where there is none. */
  readonly previous?: string
  /** FHIRPath of elements of which at least one must differ from the previous state. Looked at on update only. */
  readonly changed: readonly string[]
  /** Search parameters that a subscription may filter by. */
  readonly filters: readonly string[]
}

/** Every topic that the hub publishes, in the order of their files. */
export const topicsOf = (definitions: Definitions): readonly Topic[] =>
  definitions.published('Basic').flatMap((basic) => {
    const extension = extensionOf(basic, profileUrl('ext-topic'))
    return extension ? [readTopic(extension)] : []
  })

function readTopic(extension: JsonObject): Topic {
  const parts = items(extension.extension)
  const all = (name: string): readonly string[] =>
    parts.flatMap((part) => (part.url === name ? [String(part.valueUri ?? part.valueCode ?? part.valueString)] : []))
  const [current] = all('current')
  const [previous] = all('previous')
  return {
    url: all('url')[0] ?? '',
    title: all('title')[0] ?? '',
    description: all('description')[0] ?? '',
    resource: all('resource')[0] ?? '',
    interactions: all('interaction'),
    changed: all('changed'),
    filters: all('filter'),
    ...(current === undefined ? {} : { current }),
    ...(previous === undefined ? {} : { previous }),
  }
}
