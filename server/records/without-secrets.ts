/**
 * Versions without the secrets that an earlier hub kept in them: the headers of a Subscription. A version that is written
 * now has none (write/subscription-secret.ts).
 */
import { withMaskedHeaders } from '../domain/subscription/secret-header.ts'
import { serialize } from '../fhir/json.ts'
import type { Version } from '../store/store.ts'
import { isDeleted, resourceOf } from './resource.ts'

/** The same object where there is nothing to hide. */
export function withoutSecrets<T extends Version | undefined>(version: T): T {
  if (version?.type !== 'Subscription' || isDeleted(version)) return version
  const resource = resourceOf(version)
  const masked = withMaskedHeaders(resource)
  return masked === resource ? version : { ...version, text: serialize(masked) }
}
