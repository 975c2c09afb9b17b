/** A subscription at whose address an operation was called: only its owner and the board may call it. */
import type { Caller } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { deleted } from '../interactions/read.ts'
import { isDeleted } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import type { Version } from '../store/store.ts'

export const owns = (caller: Caller, version: Version): boolean =>
  caller.role === 'board' || version.owner === caller.agency

/** Its current version. @throws OutcomeError `not-found`, `deleted` */
export async function ownSubscription(view: View, call: Call): Promise<Version> {
  const key = keyOf(call)
  const version = await view.read(key)
  if (!version || !owns(call.caller, version)) throw notFound(key)
  if (isDeleted(version)) throw deleted(version)
  return version
}
