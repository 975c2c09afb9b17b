/** Search parameters whose index is being built: to search by one now would miss records, so it is refused. */
import type { ResourceCapability } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'

/** Seconds after which a client may try again. */
const RETRY_AFTER = 30

/**
 * Refuses parameters (name and value, decoded) that filter, sort or include by an incomplete search parameter.
 * @throws OutcomeError `index-incomplete` (503, Retry-After) naming the parameter and how far its index is
 */
export function requireComplete(
  { type, incomplete = [] }: ResourceCapability,
  params: readonly (readonly [string, string])[],
): void {
  if (incomplete.length === 0) return
  const codes = params.flatMap(([name, value]) => codesIn(name, value))
  const found = incomplete.find((one) => codes.includes(one.code))
  if (found === undefined) return
  const { code, done, total } = found
  const progress = total === undefined ? '' : `, ${done ?? 0} of ${total} records are done`
  throw refuse(
    'index-incomplete',
    `The index of the search parameter \`${code}\` of \`${type}\` is being built${progress}; until it is complete, a search by it would miss records. Send the request again later.`,
    { headers: { 'Retry-After': String(RETRY_AFTER) } },
  )
}

/** The codes of the search parameters that a parameter of a request uses. */
function codesIn(name: string, value: string): readonly string[] {
  if (name === '_contained' && value === 'false') return []
  if (name === '_sort') return value.split(',').map((key) => key.replace(/^-/, '').split(/[:.]/)[0] ?? '')
  return [name.split(/[:.]/)[0] ?? '']
}
