/**
 * An update that changes nothing makes no version and no event: a system that sends its records again every night does
 * not fill the history. What the hub itself sets does not count; a number counts with its digits. The update is still
 * validated, and refused for what any update is refused for.
 * https://hl7.org/fhir/R4/http.html#update
 */
import { POSTED_TYPES } from '../definitions/posted.ts'
import { headersOf, isMasked, resolveHeaders } from '../domain/subscription/secret-header.ts'
import { sameAsWritten } from '../fhir/decimals.ts'
import { sameJson } from '../fhir/element.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import { resourceOf } from '../records/resource.ts'
import type { PreparedChange } from './change.ts'
import { ssnHashOf } from './index-entries.ts'
import type { WriteContext } from './context.ts'
import { inTurns } from '../fhir/turns.ts'
import type { WriteNeeds } from './needs.ts'
import { readWithHeaders } from './subscription-secret.ts'

type UnchangedNeeds = Pick<WriteNeeds, 'definitions' | 'policy'>

/** The changes, those marked whose resource is the stored one already. */
export const withUnchanged = (
  needs: UnchangedNeeds,
  context: WriteContext,
  changes: readonly PreparedChange[],
): Promise<readonly PreparedChange[]> => inTurns(changes, (one) => (one.before ? marked(needs, context, one) : one))

const marked = async (needs: UnchangedNeeds, context: WriteContext, one: PreparedChange): Promise<PreparedChange> =>
  (await isUnchanged(needs, context, one)) ? { ...one, unchanged: true } : one

async function isUnchanged(needs: UnchangedNeeds, context: WriteContext, one: PreparedChange): Promise<boolean> {
  const { before, after, stored } = one
  if (!before || !after || !stored || isLeftOut(needs, after)) return false
  const client = (resource: Resource): JsonObject => ofClient(resource, needs.policy.setElements)
  if (!sameAsWritten(client(after), client(resourceOf(stored)))) return false
  return (await keepsSsn(context, one)) && (await keepsHeaders(context, one))
}

/** A posted definition that could not be used at the last start: to send it again puts it into force. */
const isLeftOut = ({ definitions, policy }: UnchangedNeeds, { resourceType, url }: Resource): boolean =>
  policy.posted !== undefined && POSTED_TYPES.includes(resourceType) && !definitions.isPosted(String(url))

/** The number itself is not stored: numbers with the same last four digits differ by their hashes. */
const keepsSsn = async (context: WriteContext, one: PreparedChange): Promise<boolean> =>
  one.ssn === undefined || one.ssn === (await ssnHashOf(context, { ...one, ssn: undefined }))

/** The values of headers are kept apart from a subscription: an update may change them alone. */
async function keepsHeaders({ unrestricted }: WriteContext, { change, key }: PreparedChange): Promise<boolean> {
  if (key.type !== 'Subscription' || change.kind !== 'put') return true
  const sent = headersOf(change.resource)
  if (sent.every(isMasked)) return true
  const { headers = [], stored = false } = (await readWithHeaders(unrestricted, key.id)) ?? {}
  return stored && sameJson(resolveHeaders(sent, headers).headers, headers)
}

/** What of a resource is the client's: without the elements that the hub sets. */
function ofClient({ meta, ...resource }: Resource, setElements: WriteNeeds['policy']['setElements']): JsonObject {
  const { versionId: _, lastUpdated: __, source: ___, ...others } = meta ?? {}
  const set = Object.fromEntries((setElements[resource.resourceType] ?? []).map((name) => [name, undefined]))
  return { ...resource, ...set, meta: others }
}
