/** No search by social security number: no index holds one, and it must not come back in a link or in an error. */
import { namesSsn } from '../domain/participant/ssn.ts'
import { refuse } from '../fhir/outcome.ts'

/** @throws OutcomeError `invalid-parameter` for a value (of name and value) that names the number or its system */
export function refuseSsnCriteria(params: readonly (readonly [string, string])[]): void {
  if (!params.some(([, value]) => namesSsn(value))) return
  throw refuse(
    'invalid-parameter',
    'The hub has no search by social security number. Create the participant: the answer names the record if you may know of it already.',
  )
}
