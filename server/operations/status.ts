/**
 * $status: the status of the caller's subscriptions.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-status.html
 */
import { randomUUID } from 'node:crypto'
import { backportOperation } from '../domain/subscription/extensions.ts'
import { buildStatus } from '../domain/subscription/status.ts'
import { readSpec } from '../domain/subscription/spec.ts'
import { textOf } from '../fhir/element.ts'
import { readParameters, type Declared, type Values } from '../fhir/parameters.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { resourceOf } from '../records/resource.ts'
import { disclosing, insight, type View } from '../records/view.ts'
import { ALL, type Filter } from '../search/query.ts'
import type { Store, Version } from '../store/store.ts'
import type { Operation } from './operation.ts'
import { ownSubscription, owns } from './own-subscription.ts'

const DECLARED: readonly Declared[] = [
  { name: 'id', min: 0, max: '*', type: 'id' },
  { name: 'status', min: 0, max: '*', type: 'code' },
]

export const subscriptionStatus = ({ store }: { readonly store: Store }): Operation => ({
  name: 'status',
  definition: backportOperation('backport-subscription-status'),
  levels: ['type', 'instance'],
  types: ['Subscription'],
  affectsState: false,
  async run(call) {
    const parameters = readParameters(DECLARED, call)
    const view = insight(store, call.caller, call.now)
    const versions = call.id === undefined ? await listed(view, call, parameters) : [await ownSubscription(view, call)]
    const entries = await Promise.all(versions.map((version) => entryOf(store, call.base, version)))
    const answer = disclosing(store, call.caller, call.now)
    for (const version of versions) answer.disclose(version)
    return { status: 200, resource: searchset(call, entries), disclosed: answer.disclosed() }
  },
})

/** All that the caller owns (the board: all), narrowed by ids and by statuses; values of one parameter are alternatives. */
async function listed(view: View, call: Call, parameters: Values): Promise<readonly Version[]> {
  const [ids, statuses] = [valuesOf(parameters.id), valuesOf(parameters.status)]
  const where: Filter = ids.length > 0 ? { op: 'id', ids } : ALL
  const own: Version[] = []
  for await (const version of view.all({ type: 'Subscription', where })) {
    const isRequested = statuses.length === 0 || statuses.includes(String(resourceOf(version).status))
    if (owns(call.caller, version) && isRequested) own.push(version)
  }
  return own
}

/** In an address several values may also be written with commas. */
const valuesOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.flatMap((one) => String(one).split(',')) : []

async function entryOf(store: Store, base: string, version: Version): Promise<JsonObject> {
  const resource = resourceOf(version)
  const { id, topic, status } = readSpec(resource)
  const error = textOf(resource.error)
  const count = await store.eventCount(id)
  const parameters = buildStatus(randomUUID(), {
    base,
    subscription: id,
    topic,
    status,
    type: 'query-status',
    count,
    ...(error === undefined ? {} : { error }),
  })
  return { fullUrl: `urn:uuid:${parameters.id}`, resource: parameters as JsonObject, search: { mode: 'match' } }
}

function searchset({ base, id }: Call, entry: readonly JsonObject[]): Resource {
  const url = id === undefined ? `${base}/Subscription/$status` : `${base}/Subscription/${id}/$status`
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: entry.length,
    link: [{ relation: 'self', url }],
    ...(entry.length > 0 ? { entry } : {}),
  }
}
