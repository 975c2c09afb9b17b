/** A subscription at whose address an operation was called: its owner's (and the board's) alone. */
import type { Caller } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound, viewerOf } from '../interactions/target.ts'
import { deleted } from '../interactions/read.ts'
import type { Store, Version } from '../store/store.ts'

export const owns = (caller: Caller, version: Version): boolean =>
  caller.role === 'board' || version.owner === caller.agency

/** Its current version. @throws OutcomeError `not-found`, `deleted` */
export async function ownSubscription(store: Store, call: Call): Promise<Version> {
  const key = keyOf(call)
  const version = await store.read(key, viewerOf(call))
  if (!version || !owns(call.caller, version)) throw notFound(key)
  if (version.text === '') throw deleted(version)
  return version
}
