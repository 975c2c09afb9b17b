/** The preconditions that a write carries in its headers, or in the request of its entry. https://hl7.org/fhir/R4/http.html#concurrency */
import { parseEtags, type Tags } from '../fhir/etag.ts'
import type { Call } from './call.ts'

/** @throws OutcomeError `invalid-header` */
export function preconditionsOf({ ifMatch, ifNoneMatch }: Pick<Call, 'ifMatch' | 'ifNoneMatch'>): {
  readonly ifMatch?: Tags
  readonly ifNoneMatch?: Tags
} {
  return {
    ...(ifMatch === undefined ? {} : { ifMatch: parseEtags(ifMatch, 'If-Match') }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: parseEtags(ifNoneMatch, 'If-None-Match') }),
  }
}
