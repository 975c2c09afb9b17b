/**
 * What a record is found by: nothing that is kept from somebody who may know the record. No search parameter, whatever its
 * expression, selects a confidential contact detail, a secret of a subscription, or digits of a social security number.
 */
import { SSN_LAST4 } from '../domain/participant/ssn.ts'
import { withMaskedHeaders } from '../domain/subscription/secret-header.ts'
import { withoutConfidential } from '../domain/visibility/confidential.ts'
import { carry } from '../fhir/decimals.ts'
import { items } from '../fhir/element.ts'
import type { Resource } from '../fhir/types.ts'

/** The same object where there is nothing to leave out. */
export function searchable<T extends Resource>(resource: T): T {
  const shown = withoutConfidential(resource)
  if (shown.resourceType === 'Patient') return withoutLastFour(shown)
  return shown.resourceType === 'Subscription' ? withMaskedHeaders(shown) : shown
}

function withoutLastFour<T extends Resource>(patient: T): T {
  const all = items(patient.extension)
  const kept = all.filter(({ url }) => url !== SSN_LAST4)
  return kept.length === all.length ? patient : carry(patient, { ...patient, extension: kept })
}
