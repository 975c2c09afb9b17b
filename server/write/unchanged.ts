/**
 * An update that changes nothing makes no version and no event: a system that sends its records again every night does
 * not fill the history. What the hub itself sets does not count; a number counts with its digits. The update is still
 * validated, and refused for what any update is refused for.
 * https://hl7.org/fhir/R4/http.html#update
 */
import { POSTED_TYPES } from '../definitions/posted.ts'
import { sameAsWritten } from '../fhir/decimals.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import { resourceOf } from '../records/resource.ts'
import type { PreparedChange } from './change.ts'
import { ssnHashOf } from './index-entries.ts'
import type { WriteNeeds } from './needs.ts'

type UnchangedNeeds = Pick<WriteNeeds, 'store' | 'rules' | 'definitions' | 'posted'>

/** The changes, those marked whose resource is the stored one already. */
export const withUnchanged = (
  needs: UnchangedNeeds,
  changes: readonly PreparedChange[],
): Promise<readonly PreparedChange[]> =>
  Promise.all(changes.map(async (one) => ((await isUnchanged(needs, one)) ? { ...one, unchanged: true } : one)))

async function isUnchanged(needs: UnchangedNeeds, one: PreparedChange): Promise<boolean> {
  const { before, after, stored } = one
  if (!before || !after || !stored || isLeftOut(needs, after)) return false
  const client = (resource: Resource): JsonObject => ofClient(resource, needs.rules === 'hub')
  return sameAsWritten(client(after), client(resourceOf(stored))) && (await keepsSsn(needs, one))
}

/** A posted definition that could not be used at the last start: to send it again puts it into force. */
const isLeftOut = ({ definitions, posted }: UnchangedNeeds, { resourceType, url }: Resource): boolean =>
  posted !== undefined && POSTED_TYPES.includes(resourceType) && !definitions.isPosted(String(url))

/** The number itself is not stored: two that end alike are told from each other by their hashes. */
const keepsSsn = async (needs: UnchangedNeeds, one: PreparedChange): Promise<boolean> =>
  one.ssn === undefined || one.ssn === (await ssnHashOf(needs, { ...one, ssn: undefined }))

/** What the client says of a resource. `timed`: the hub sets when a Task was last modified. */
function ofClient({ meta, ...resource }: Resource, timed: boolean): JsonObject {
  const { versionId: _, lastUpdated: __, source: ___, ...others } = meta ?? {}
  const isTimed = timed && resource.resourceType === 'Task'
  return { ...resource, ...(isTimed ? { lastModified: undefined } : {}), meta: others }
}
