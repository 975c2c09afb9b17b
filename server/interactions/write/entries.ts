/** The searchable facts of a record: what its search parameters say, and what the hub adds for its own questions. */
import type { Resource } from '../../fhir/types.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { RESTRICTED_CLASS } from '../../domain/visibility/circle.ts'
import { valuesAt } from '../../domain/visibility/element.ts'
import { PARTICIPANT, type IndexEntry } from '../../search/query.ts'
import type { Changed } from './change.ts'
import type { WriteNeeds } from './needs.ts'

/** Internal entry of a participant: the keyed hash of the social security number. It is kept nowhere else. */
export const SSN_HASH = '_ssn'
/** Internal entry of a Consent: a restricted class that it opens. */
export const CONSENT_CLASS = '_class'

export async function entriesOf(needs: WriteNeeds, one: Changed, after: Resource): Promise<readonly IndexEntry[]> {
  return [
    ...needs.extract(after),
    ...aboutEntries(needs, after),
    ...consentEntries(after),
    ...(await ssnEntries(needs, one)),
  ]
}

/** The participant: what even a deleted record still says. */
export function aboutEntries(needs: WriteNeeds, resource: Resource): readonly IndexEntry[] {
  const id = participantOf(needs.visibility, resource)
  return id === undefined ? [] : [{ kind: 'reference', param: PARTICIPANT, type: 'Patient', id }]
}

function consentEntries(resource: Resource): readonly IndexEntry[] {
  if (resource.resourceType !== 'Consent') return []
  const codings = valuesAt(resource, 'provision.class') as readonly { system?: string; code?: string }[]
  return codings.flatMap(({ system, code }) =>
    system === RESTRICTED_CLASS && code ? [{ kind: 'token' as const, param: CONSENT_CLASS, code }] : [],
  )
}

/** A new number replaces the old hash; without one the old hash stays. */
async function ssnEntries(needs: WriteNeeds, one: Changed): Promise<readonly IndexEntry[]> {
  if (one.key.type !== 'Patient') return []
  if (one.ssn) return [{ kind: 'token', param: SSN_HASH, code: one.ssn }]
  const indexed = one.before ? await needs.store.indexed(one.key) : undefined
  return indexed?.entries.filter((entry) => entry.param === SSN_HASH) ?? []
}
