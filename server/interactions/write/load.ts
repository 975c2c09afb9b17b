/**
 * The first step of a write: what is there now, and the resource as it shall be stored, with everything that the hub
 * owns (meta, labels that cannot be lowered, the participant's hub id, no social security number in clear).
 */
import { keyText, type Caller, type Coding, type Key, type Resource } from '../../fhir/types.ts'
import { carry } from '../../fhir/json.ts'
import { sealSsn, ssnIn } from '../../domain/participant/ssn.ts'
import { pathwayNow } from './pathway.ts'
import { withPathway } from '../../domain/participant/pathway.ts'
import { withHubId } from '../../domain/participant/hub-id.ts'
import { RESTRICTED_CLASS } from '../../domain/visibility/circle.ts'
import { refuse } from '../../fhir/outcome.ts'
import type { Version } from '../../store/store.ts'
import type { Change, Changed, Writer } from './change.ts'
import type { WriteNeeds } from './needs.ts'

export const keyOf = (change: Change): Key =>
  change.kind === 'remove' ? change.key : { type: change.resource.resourceType, id: change.resource.id }

/** Errors: `bundle-invalid` when a record is changed twice, and what sealing a social security number refuses. */
export async function load(needs: WriteNeeds, writer: Writer, changes: readonly Change[]): Promise<readonly Changed[]> {
  const keys = changes.map(keyOf)
  refuseDoubles(keys, changes)
  const stored = await needs.store.readMany(keys, writer.sight)
  return Promise.all(changes.map((change, index) => loaded(needs, writer, change, stored[index])))
}

async function loaded(
  needs: WriteNeeds,
  { caller, sight }: Writer,
  change: Change,
  stored: Version | undefined,
): Promise<Changed> {
  const before = stored && stored.text !== '' ? (JSON.parse(stored.text) as Resource) : undefined
  const last = before ?? (await deletedState(needs, sight, stored))
  const base = { change, key: keyOf(change), at: change.at, stored, before, last }
  if (change.kind === 'remove') return base
  const { after, ssn } = completed(needs, caller, change.resource, { before, last, at: change.at })
  if (!before || after.resourceType !== 'Patient' || needs.rules === 'open') return { ...base, after, ssn }
  return { ...base, after: withPathway(after, await pathwayNow(needs, sight, after)), ssn }
}

async function deletedState(
  needs: WriteNeeds,
  sight: Writer['sight'],
  stored: Version | undefined,
): Promise<Resource | undefined> {
  const state = stored && (await needs.store.vread(stored, stored.version - 1, sight))
  return state && state.text !== '' ? (JSON.parse(state.text) as Resource) : undefined
}

/** The resource as it will be stored: the hub's own meta, a participant's hub id, no number in clear. */
export function completed<T extends Resource>(
  needs: WriteNeeds,
  caller: Caller,
  resource: T,
  { before, last = before, at }: { before?: Resource; last?: Resource; at?: string } = {},
): { after: T; ssn?: string } {
  const owned = ownMeta(resource, last, caller)
  if (needs.rules === 'open') return { after: owned }
  if (owned.resourceType !== 'Patient') return { after: withoutSsn(owned, at) }
  const { patient, hash } = sealSsn(owned, needs.ssnKey, at, last)
  return { after: withHubId(withoutSsn(patient, at), last, needs.newHubId), ...(hash ? { ssn: hash } : {}) }
}

function withoutSsn<T extends Resource>(resource: T, at: string = resource.resourceType): T {
  const expression = ssnIn(resource, at)
  if (expression === undefined) return resource
  const text =
    'A social security number is taken only as one `identifier` of a participant, from where it is not kept; leave it out here.'
  throw refuse('value-format', text, { expression })
}

/** meta as the hub keeps it: the client's profile, labels and tags; the hub's source. Labels of restriction only grow. */
function ownMeta<T extends Resource>(resource: T, before: Resource | undefined, caller: Caller): T {
  const { profile, security, tag, extension } = resource.meta ?? {}
  const labels = caller.role === 'board' ? security : raised(security, before?.meta?.security)
  const meta = {
    source: `Organization/${caller.agency}`,
    ...(extension ? { extension } : {}),
    ...(profile ? { profile } : {}),
    ...(labels ? { security: labels } : {}),
    ...(tag ? { tag } : {}),
  }
  return carry(resource, { ...resource, meta })
}

/** The new labels and those old labels of restriction that are missing from them. */
function raised(
  now: readonly Coding[] | undefined,
  before: readonly Coding[] | undefined,
): readonly Coding[] | undefined {
  if (!Array.isArray(now ?? []) || !before) return now
  const missing = before.filter(
    (label) => restricts(label) && !now?.some((one) => one.system === label.system && one.code === label.code),
  )
  return missing.length === 0 ? now : [...(now ?? []), ...missing]
}

const restricts = (label: Coding): boolean =>
  label.system === RESTRICTED_CLASS ||
  (label.system === 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality' && 'RV'.includes(label.code ?? '-'))

function refuseDoubles(keys: readonly Key[], changes: readonly Change[]): void {
  const seen = new Set<string>()
  keys.forEach((key, index) => {
    const text = keyText(key)
    if (seen.has(text)) {
      throw refuse('bundle-invalid', `\`${text}\` is changed twice in one transaction; send each resource once.`, {
        expression: changes[index]?.at,
      })
    }
    seen.add(text)
  })
}
