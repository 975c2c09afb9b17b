/**
 * Where the values of a subscription's headers are kept: an internal record `SubscriptionSecret/<id>`, which nobody may
 * know of and no search finds, written in the same commit as the Subscription (docs/decisions/0043).
 */
import { headersOf, isMasked } from '../domain/subscription/secret-header.ts'
import type { JsonObject, Key } from '../fhir/types.ts'
import { currentResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import type { Version, Write } from '../store/store.ts'
import { HUB } from './reserved-agencies.ts'

const SUBSCRIPTION_SECRET = 'SubscriptionSecret'

/** A subscription as the hub itself has it: with the headers that it sends. `stored`: they are in the record of their own. */
export type SubscriptionWithHeaders = {
  readonly version: Version
  readonly headers: readonly string[]
  readonly stored: boolean
}

/**
 * The current Subscription with its headers; undefined where there is none. A subscription that an earlier hub wrote has
 * its headers in the resource itself until it is written again.
 * In: a view of all records, never one of a caller.
 */
export async function readWithHeaders(unrestricted: View, id: string): Promise<SubscriptionWithHeaders | undefined> {
  const [version, secret] = await unrestricted.readMany([{ type: 'Subscription', id }, keyOf(id)])
  if (!version) return undefined
  const header = (currentResource(secret) as { readonly header?: readonly string[] } | undefined)?.header
  const inClear = headersOf(currentResource(version)).filter((one) => !isMasked(one))
  return { version, headers: header ?? inClear, stored: header !== undefined }
}

/** Keeps these headers as the ones of a subscription. */
export const secretWrite = (id: string, header: readonly string[]): Write => ({
  kind: 'put',
  method: 'PUT',
  resource: { resourceType: SUBSCRIPTION_SECRET, id, header } as JsonObject & { resourceType: string; id: string },
  entries: [],
  audience: [],
  author: HUB,
})

const keyOf = (id: string): Key => ({ type: SUBSCRIPTION_SECRET, id })
