/**
 * What follows from a denial in the same commit: every consent for the agency that is denied ends, and the open
 * referrals to it are recalled. The hub makes these changes in its own name, also of records that the caller may not
 * know of, so that the answer is the same whatever they were.
 */
import { recalled } from '../domain/referral/follow.ts'
import { isDenial, isOver, recipientsOf, withoutRecipient } from '../domain/referral/consent.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import { isReferral, ownerOf, statusOf } from '../domain/referral/task.ts'
import { idOf } from '../fhir/element.ts'
import { keyText, type Resource } from '../fhir/types.ts'
import type { StoredResource } from '../records/resource.ts'
import { aboutParticipant } from '../search/query.ts'
import type { Change, PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'
import type { RuleTables } from './rule-tables.ts'

export async function denialEffects(
  tables: DenialTables,
  context: WriteContext,
  changes: readonly PreparedChange[],
): Promise<readonly Change[]> {
  const denials = changes.filter(({ change }) => change.kind === 'put' && isDenial(change.resource))
  if (denials.length === 0) return []
  const effects = await Promise.all(denials.map((one) => effectsOf(tables, context, one)))
  const named = new Set(changes.map(({ key }) => keyText(key)))
  const derived = new Map<string, Change>()
  for (const one of effects.flat()) if (one.kind === 'put' && !named.has(keyOfPut(one))) derived.set(keyOfPut(one), one)
  return [...derived.values()]
}

type DenialTables = Pick<RuleTables, 'lifecycle' | 'range'>
type Put = Extract<Change, { kind: 'put' }>

const keyOfPut = ({ resource }: Put): string => `${resource.resourceType}/${resource.id}`

async function effectsOf(
  { lifecycle, range }: DenialTables,
  { unrestricted, now }: WriteContext,
  { change, before }: PreparedChange,
): Promise<readonly Put[]> {
  // One that is over when it is recorded ends nothing of today.
  if (change.kind !== 'put' || isOver(change.resource, now, range)) return []
  const earlier = before && isDenial(before) ? recipientsOf(before) : []
  const denied = recipientsOf(change.resource).filter((agency) => !earlier.includes(agency))
  const participant = idOf(change.resource.patient, 'Patient')
  if (denied.length === 0 || participant === undefined) return []
  const about = aboutParticipant(participant)
  const [consents = [], tasks = []] = await unrestricted.listEach(['Consent', 'Task'], about)
  return endedByDenial({ consents, tasks }, denied, { lifecycle, now }).map((resource) => ({
    kind: 'put',
    create: false,
    resource,
    derived: 'hub',
    at: change.at,
  }))
}

/**
 * What a denial of agencies ends: the consents without them, and the open referrals to them recalled. In: consents and
 * Tasks of one participant; `now` is the instant of the denial (ms).
 */
export function endedByDenial(
  { consents, tasks }: { readonly consents: readonly StoredResource[]; readonly tasks: readonly StoredResource[] },
  denied: readonly string[],
  { lifecycle, now }: { readonly lifecycle: Pick<Lifecycle, 'terminal'>; readonly now: number },
): readonly StoredResource[] {
  const open = tasks.filter(
    (task) =>
      isReferral(task) &&
      ![...lifecycle.terminal, 'draft'].includes(statusOf(task)) &&
      denied.includes(ownerOf(task) ?? ''),
  )
  const ends = [...consents.flatMap((consent) => ended(consent, denied)), ...open.map((task) => recalled(task, now))]
  return ends as readonly StoredResource[]
}

/** The consent without the agencies that are denied; none where it permits none of them. */
function ended(consent: StoredResource, denied: readonly string[]): readonly Resource[] {
  if (consent.status !== 'active' || isDenial(consent)) return []
  const named = recipientsOf(consent).filter((agency) => denied.includes(agency))
  return named.length === 0 ? [] : [withoutRecipient(consent, named)]
}
