/**
 * The first step of a write: what is there now, and the resource as it shall be stored, with everything that the hub
 * owns (meta, labels that cannot be lowered, the participant's hub id, no social security number in clear).
 */
import { keyText, type Caller, type Coding, type Json, type Key, type Resource } from '../fhir/types.ts'
import { items } from '../fhir/element.ts'
import { formatInstant } from '../fhir/dates.ts'
import { carry } from '../fhir/json.ts'
import { sealSsn, ssnIn, strayNumber } from '../domain/participant/ssn.ts'
import { withHubId } from '../domain/participant/hub-id.ts'
import { RESTRICTED_CLASS } from '../domain/visibility/circle.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Version } from '../store/store.ts'
import type { Change, PreparedChange, WriteContext } from './change.ts'
import type { WriteNeeds } from './needs.ts'

export const keyOf = (change: Change): Key =>
  change.kind === 'remove' ? change.key : { type: change.resource.resourceType, id: change.resource.id }

/** Errors: `bundle-invalid` when a record is changed twice, and what sealing a social security number refuses. */
export async function load(
  needs: WriteNeeds,
  writer: WriteContext,
  changes: readonly Change[],
): Promise<readonly PreparedChange[]> {
  const keys = changes.map(keyOf)
  refuseDoubles(keys, changes)
  const stored = await needs.store.readMany(keys, writer.viewer)
  return Promise.all(changes.map((change, index) => loadOne(needs, writer, change, stored[index])))
}

async function loadOne(
  needs: WriteNeeds,
  writer: WriteContext,
  change: Change,
  stored: Version | undefined,
): Promise<PreparedChange> {
  const before = stored && stored.text !== '' ? (JSON.parse(stored.text) as Resource) : undefined
  const last = before ?? (await deletedState(needs, writer.viewer, stored))
  const base = { change, key: keyOf(change), at: change.at, stored, before, last }
  if (change.kind === 'remove') return base
  const toValidate = withKeptLabels(change.sent ?? change.resource, last, writer.caller)
  return { ...base, toValidate, ...completed(needs, writer, change.resource, { last, at: change.at }) }
}

async function deletedState(
  needs: WriteNeeds,
  viewer: WriteContext['viewer'],
  stored: Version | undefined,
): Promise<Resource | undefined> {
  const state = stored && (await needs.store.vread(stored, stored.version - 1, viewer))
  return state && state.text !== '' ? (JSON.parse(state.text) as Resource) : undefined
}

/**
 * The resource as it will be stored: the hub's own meta, a participant's hub id, no number in clear, the time of a
 * Task's change. `last` is the state before it, a deleted one included.
 */
function completed<T extends Resource>(
  needs: WriteNeeds,
  { caller, now }: Pick<WriteContext, 'caller' | 'now'>,
  resource: T,
  { last, at }: { last?: Resource; at?: string } = {},
): { after: T; ssn?: string } {
  const owned = ownMeta(resource, last, caller)
  if (needs.rules === 'open') return { after: owned }
  if (owned.resourceType === 'Task') return { after: withoutSsn(timed(owned, now), at) }
  if (owned.resourceType !== 'Patient') return { after: withoutSsn(owned, at) }
  const { patient, hash } = sealSsn(owned, needs.ssnKey, at, last)
  return { after: withHubId(withoutSsn(patient, at), last, needs.newHubId), ...(hash ? { ssn: hash } : {}) }
}

/** https://hl7.org/fhir/R4/task-definitions.html#Task.lastModified: never before authoredOn (inv-1), whose clock is the client's. */
function timed<T extends Resource>(task: T, now: number): T {
  const authored = Date.parse(String(task.authoredOn))
  const lastModified = authored > now ? task.authoredOn : formatInstant(now)
  return carry(task, { ...task, lastModified })
}

function withoutSsn<T extends Resource>(resource: T, at: string = resource.resourceType): T {
  const expression = ssnIn(resource, at)
  if (expression === undefined) return resource
  throw strayNumber(expression)
}

/** Elements of meta that are the hub's to say. */
const OWNED = ['versionId', 'lastUpdated', 'source'].flatMap((name) => [name, `_${name}`])

/**
 * meta as the hub keeps it: the client's profile, labels and tags; the hub's source. Labels of restriction only grow.
 * What has not the shape of a meta stays as it is, for the validator to refuse.
 */
function ownMeta<T extends Resource>(resource: T, before: Resource | undefined, caller: Caller): T {
  const sent: unknown = resource.meta ?? {}
  const [given] = Array.isArray(sent) ? [] : items(sent)
  if (!given) return resource
  const { security, ...others } = Object.fromEntries(Object.entries(given).filter(([name]) => !OWNED.includes(name)))
  const labels = labelsOf(security, before, caller)
  const meta = {
    source: `Organization/${caller.agency}`,
    ...others,
    ...(labels === undefined ? {} : { security: labels }),
  }
  return carry(resource, { ...resource, meta } as unknown as T)
}

/** The resource as it was sent, but for labels of restriction that it had before and that cannot be lowered. */
export function withKeptLabels<T extends Resource>(resource: T, before: Resource | undefined, caller: Caller): T {
  const sent: unknown = resource.meta ?? {}
  const [given] = Array.isArray(sent) ? [] : items(sent)
  const security = given && labelsOf(given.security, before, caller)
  if (!given || security === given.security) return resource
  return carry(resource, { ...resource, meta: { ...given, security } } as unknown as T)
}

const labelsOf = (sent: Json | undefined, before: Resource | undefined, caller: Caller): Json | undefined =>
  caller.role === 'board' ? sent : raised(sent, before?.meta?.security)

/** The new labels and those old labels of restriction that are missing from them. */
function raised(now: Json | undefined, before: readonly Coding[] = []): Json | undefined {
  if (now !== undefined && !Array.isArray(now)) return now
  const sent = items(now)
  const missing = before.filter(
    (label) => restricts(label) && !sent.some((one) => one.system === label.system && one.code === label.code),
  )
  return missing.length === 0 ? now : ([...(now ?? []), ...missing] as Json)
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
