/** Requests to find a person: the Parameters of $match, and a consent to be looked up. */
import type { JsonObject } from '../../server/fhir/types.ts'
import type { Body } from './coding.ts'
import { consent } from './consent.ts'

type Match = { readonly consent?: Body; readonly onlyCertainMatches?: boolean; readonly count?: number }

/** Parameters for Patient/$match. */
export const matchParameters = (resource: JsonObject, { consent, onlyCertainMatches, count }: Match = {}): Body => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'resource', resource },
    ...(consent ? [{ name: 'consent', resource: consent }] : []),
    ...(onlyCertainMatches === undefined ? [] : [{ name: 'onlyCertainMatches', valueBoolean: onlyCertainMatches }]),
    ...(count === undefined ? [] : [{ name: 'count', valueInteger: count }]),
  ],
})

/** The signed consent of a person, whom the agency does not know yet, that the agency looks the person up. */
export function lookUpConsent(agency: string, more: JsonObject = {}): Body {
  const { patient: _, performer: __, ...body } = consent('Patient/unknown', agency, agency, { more })
  return body as Body
}

/** The token in an answer of $match; undefined where the person is not known elsewhere. */
export function tokenIn(bundle: { readonly entry?: readonly { readonly resource: Body }[] }): string | undefined {
  const outcome = bundle.entry?.find(({ resource }) => resource.resourceType === 'OperationOutcome')?.resource
  const [issue] = (outcome?.issue ?? []) as readonly { extension?: readonly { valueString: string }[] }[]
  return issue?.extension?.[0]?.valueString
}
