/**
 * What a Subscription resource requests, parsed once into plain values. check.ts decides whether the hub offers it.
 * https://hl7.org/fhir/R4/subscription.html with the extensions of the R5 backport
 */
import { extensionOf, items } from '../../fhir/element.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import type { Resource } from '../../fhir/types.ts'
import { CONTENT, FILTER, HEARTBEAT, MAX_COUNT, TIMEOUT } from './extensions.ts'

export const CONTENTS = ['empty', 'id-only', 'full-resource'] as const

/** How much a notification carries. */
export type Content = (typeof CONTENTS)[number]

export type SubscriptionSpec = {
  readonly id: string
  readonly status: string
  /** Canonical of the topic, without a version. */
  readonly topic: string
  /** As they were sent. */
  readonly filters: readonly string[]
  readonly channel: string
  readonly endpoint: string
  /** `Name: value` each. */
  readonly headers: readonly string[]
  /** The Content-Type of notifications. */
  readonly payload: string
  readonly content: Content
  /** Most events in one notification; one where the element is absent. */
  readonly maxCount: number
  /** Seconds. */
  readonly timeout?: number
  readonly heartbeat?: number
  /** From this instant (ms) on it is off. */
  readonly end?: number
}

/** Reads a Subscription without trusting its shape: what is not of the expected kind reads as empty or absent. */
export function readSpec(resource: Resource): SubscriptionSpec {
  const channel = items(resource.channel)[0] ?? {}
  const [timeout, heartbeat] = [
    numberOf(channel, TIMEOUT, 'valueUnsignedInt'),
    numberOf(channel, HEARTBEAT, 'valueUnsignedInt'),
  ]
  const end = Date.parse(text(resource.end))
  return {
    id: text(resource.id),
    status: text(resource.status),
    topic: parseCanonical(text(resource.criteria)).url,
    filters: filtersOf(resource),
    channel: text(channel.type),
    endpoint: text(channel.endpoint),
    headers: Array.isArray(channel.header) ? channel.header.map(text) : [],
    payload: text(channel.payload),
    content: contentOf(extensionOf(items(channel._payload)[0], CONTENT)?.valueCode) ?? 'empty',
    maxCount: numberOf(channel, MAX_COUNT, 'valuePositiveInt') ?? 1,
    ...(timeout === undefined ? {} : { timeout }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
    ...(Number.isNaN(end) ? {} : { end }),
  }
}

/** The content that a code names; undefined for a code that is none. */
export const contentOf = (code: unknown): Content | undefined => CONTENTS.find((one) => one === code)

function filtersOf(resource: Resource): readonly string[] {
  const extensions = items(items(resource._criteria)[0]?.extension)
  return extensions.filter((one) => one.url === FILTER).map((one) => text(one.valueString))
}

function numberOf(holder: object, url: string, name: string): number | undefined {
  const value = extensionOf(holder, url)?.[name]
  return typeof value === 'number' ? value : undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
