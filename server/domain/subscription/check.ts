/**
 * Does the hub offer what a Subscription requests? What it cannot do exactly so is refused.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/components.html and https://hl7.org/fhir/R4/subscription.html
 */
import type { Issue } from '../../fhir/outcome.ts'
import { endpointFault } from './endpoint.ts'
import { bareName, parseCriteria } from './filter.ts'
import { headerFault } from './header.ts'
import { filtersOf, resourcesOf, type Topic } from './topic.ts'
import type { SubscriptionSpec } from './spec.ts'

export type SubscriptionOffer = {
  readonly topics: readonly Topic[]
  /** Are loopback endpoints open (and plain http to them)? */
  readonly loopback: boolean
}

type SubscriptionFault = { readonly element: string; readonly text: string }
type Check = (spec: SubscriptionSpec, offered: SubscriptionOffer, now: number) => readonly SubscriptionFault[]

/** Seconds; a shorter heartbeat period is refused. */
const LEAST_HEARTBEAT = 10
const MOST_HEADERS = 20

const PAYLOAD = /^application\/fhir\+json(\s*;\s*fhirVersion=4\.0)?$/

/** Each checks one thing; all issues are answered at once. */
const CHECKS: readonly Check[] = [status, topic, filters, channel, endpoint, headers, payload, periods, end]

/**
 * Checks a Subscription that an agency writes, at the instant `now` (ms). `at` is its location in the request.
 * Answers an issue `subscription-rule` for everything that the hub does not offer. Whether the values of filters can be
 * read, search says.
 */
export function checkSubscription(
  spec: SubscriptionSpec,
  offered: SubscriptionOffer,
  now: number,
  at: string,
): readonly Issue[] {
  return CHECKS.flatMap((check) => check(spec, offered, now)).map(({ element, text }) => ({
    severity: 'error',
    detail: 'subscription-rule',
    text,
    expression: `${at}.${element}`,
  }))
}

/** "A client can only submit subscription resources in the requested or off state." */
function status({ status }: SubscriptionSpec): readonly SubscriptionFault[] {
  if (status === 'requested' || status === 'off') return []
  return [
    fault(
      'status',
      `\`Subscription.status\` is \`${status}\`; send \`requested\` to turn it on or \`off\` to turn it off. Only the hub sets \`active\` and \`error\`.`,
    ),
  ]
}

function topic({ topic }: SubscriptionSpec, { topics }: SubscriptionOffer): readonly SubscriptionFault[] {
  if (topics.some((one) => one.url === topic)) return []
  return [
    fault('criteria', `\`${topic}\` is no topic of the hub. Its topics are ${list(topics.map((one) => one.url))}.`),
  ]
}

function filters(spec: SubscriptionSpec, { topics }: SubscriptionOffer): readonly SubscriptionFault[] {
  const offered = topics.find((one) => one.url === spec.topic)
  return offered ? spec.filters.flatMap((text, index) => filter(text, index, offered)) : []
}

function filter(text: string, index: number, topic: Topic): readonly SubscriptionFault[] {
  const element = `criteria.extension[${index}]`
  const criteria = parseCriteria(text)
  if (!criteria)
    return [
      fault(
        element,
        `The filter \`${text}\` cannot be read; write \`${resourcesOf(topic)[0] ?? ''}?name=value\` or \`name=value\`.`,
      ),
    ]
  const { type } = criteria
  if (type !== undefined && !resourcesOf(topic).includes(type)) {
    return [fault(element, `The filter \`${text}\` is about \`${type}\`, the topic about ${list(resourcesOf(topic))}.`)]
  }
  const offered = filtersOf(topic, type)
  const names = criteria.params.map(([name]) => bareName(name)).filter((name) => !offered.includes(name))
  return names.map((name) =>
    fault(element, `The topic cannot be filtered by \`${name}\`; it takes ${list(offered) || 'no filters'}.`),
  )
}

function channel({ channel }: SubscriptionSpec): readonly SubscriptionFault[] {
  return channel === 'rest-hook'
    ? []
    : [fault('channel.type', `The channel \`${channel}\` is not offered; use \`rest-hook\`.`)]
}

function endpoint({ endpoint }: SubscriptionSpec, { loopback }: SubscriptionOffer): readonly SubscriptionFault[] {
  const wrong = endpointFault(endpoint, loopback)
  return wrong === undefined ? [] : [fault('channel.endpoint', `\`Subscription.channel.endpoint\` ${wrong}.`)]
}

function headers({ headers }: SubscriptionSpec): readonly SubscriptionFault[] {
  const faults = headers.flatMap((header, index) => {
    const text = headerFault(header)
    return text === undefined ? [] : [fault(`channel.header[${index}]`, text)]
  })
  if (headers.length <= MOST_HEADERS) return faults
  return [
    ...faults,
    fault('channel.header', `There are \`${headers.length}\` headers; at most \`${MOST_HEADERS}\` are sent.`),
  ]
}

function payload({ payload }: SubscriptionSpec): readonly SubscriptionFault[] {
  if (PAYLOAD.test(payload)) return []
  return [
    fault(
      'channel.payload',
      `The payload \`${payload}\` is not offered; use \`application/fhir+json\`, with \`;fhirVersion=4.0\` if you name a version.`,
    ),
  ]
}

function periods({ heartbeat, timeout }: SubscriptionSpec): readonly SubscriptionFault[] {
  const short = heartbeat !== undefined && heartbeat < LEAST_HEARTBEAT
  return [
    ...(short
      ? [fault('channel', `The heartbeat period is \`${heartbeat}\` seconds; the least is \`${LEAST_HEARTBEAT}\`.`)]
      : []),
    ...(timeout === 0
      ? [fault('channel', 'The timeout is `0` seconds, in which nobody can answer; give 1 or more.')]
      : []),
  ]
}

function end({ end, status }: SubscriptionSpec, _: SubscriptionOffer, now: number): readonly SubscriptionFault[] {
  if (end === undefined || end > now || status === 'off') return []
  return [
    fault(
      'end',
      `\`Subscription.end\` is \`${new Date(end).toISOString()}\`, which has passed; give a time to come or leave it out.`,
    ),
  ]
}

const fault = (element: string, text: string): SubscriptionFault => ({ element, text })
const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')
