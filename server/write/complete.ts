/**
 * What the hub fills in: the one place, for a write, `$validate`, the command line and the library. A resource is
 * validated as it will be stored, except where the client itself sent an element that the hub fills: that value is not
 * kept, but it must be well-formed, so it is validated as it was sent. Only a write has the hub id
 * and the time of a Task's change; the others validate placeholders of the right form.
 */
import { hubIdOf, HUB_ID, withHubId } from '../domain/participant/hub-id.ts'
import { openedSsn, sealSsn, ssnIn, strayNumber } from '../domain/participant/ssn.ts'
import { withNoteWriters } from '../domain/referral/notes.ts'
import { withMaskedHeaders } from '../domain/subscription/secret-header.ts'
import { seesAll, withHidden } from '../domain/visibility/confidential.ts'
import { RESTRICTED_CLASS } from '../domain/visibility/labels.ts'
import { formatInstant } from '../fhir/dates.ts'
import { carry } from '../fhir/decimals.ts'
import { items } from '../fhir/element.ts'
import { OutcomeError, type Issue } from '../fhir/outcome.ts'
import type { Caller, Coding, Json, Resource } from '../fhir/types.ts'
import type { Validator } from '../validate/validator.ts'

/** What a write knows of the resource; the command line and the library know none of it. */
export type Completion = {
  /** Where the resource is in the request: `Bundle.entry[2].resource`; default: its type. */
  readonly at?: string
  /** The state before, a deleted one included. */
  readonly last?: Resource
  readonly caller?: Caller
  /** Who created the record. */
  readonly owner?: string | undefined
  /** The instant of the change (ms). */
  readonly now?: number
  /** The labels are those that were given, whoever the caller is. */
  readonly relabels?: true
}

export type Completed<T extends Resource = Resource> = {
  readonly stored: T
  readonly toValidate: T
  /** Keyed hash of the social security number that came with a participant. */
  readonly ssn?: string
}

/** How the hub makes the values that it fills in. */
export type HubValues = {
  /** A new hub id for a participant. */
  newHubId(): string
  /** Secret of the keyed hash by which social security numbers are compared. */
  readonly ssnKey: string | Buffer
}

const PLACEHOLDERS: HubValues = { newHubId: () => 'MS0000000000', ssnKey: '' }
/** Later than the `authoredOn` of any Task. */
const LATEST = Date.parse('9999-12-31T00:00:00Z')

/**
 * The resource as it is stored: the hub's own meta, a participant's hub id, no social security number and no header of a
 * subscription in clear, the time of a Task's change; and as it is validated.
 * @throws OutcomeError for a social security number that cannot be taken
 */
export function complete<T extends Resource>(
  resource: T,
  { at = resource.resourceType, last, caller, owner, now = LATEST, relabels }: Completion = {},
  values: HubValues = PLACEHOLDERS,
): Completed<T> {
  const sent = caller && !relabels ? withKeptLabels(resource, last, caller) : resource
  const owned = caller ? withOwnMeta(withKeptDetails(sent, { last, caller, owner }), caller) : sent
  const { stored, toValidate, ssn } = completeType({ sent, owned }, { at, last, now, caller }, values)
  // No issue may repeat the number, so nothing else is looked at where there is one.
  const stray = ssnIn(stored, at) ?? ssnIn(toValidate, at, stored)
  if (stray !== undefined) throw strayNumber(stray)
  return { stored, toValidate, ...(ssn === undefined ? {} : { ssn }) }
}

/** In open mode the hub owns its meta and nothing else. */
export function completeMeta<T extends Resource>(
  resource: T,
  { last, caller, owner, relabels }: Completion = {},
): Completed<T> {
  const sent = caller && !relabels ? withKeptLabels(resource, last, caller) : resource
  const stored = caller ? withOwnMeta(withKeptDetails(sent, { last, caller, owner }), caller) : sent
  return { stored, toValidate: sent }
}

/** With the confidential contact details that the caller does not see. */
const withKeptDetails = <T extends Resource>(
  sent: T,
  {
    last,
    caller,
    owner,
  }: { readonly last?: Resource | undefined; readonly caller: Caller; readonly owner: string | undefined },
): T => (seesAll(caller) ? sent : withHidden(sent, last, { agency: caller.agency, owner }))

type Forms<T> = { readonly sent: T; readonly owned: T }

function completeType<T extends Resource>(
  { sent, owned }: Forms<T>,
  { at, last, now, caller }: Completion & { readonly at: string; readonly now: number },
  { newHubId, ssnKey }: HubValues,
): Completed<T> {
  if (sent.resourceType === 'Task')
    return {
      stored: timed(caller ? withNoteWriters(owned, last, caller) : owned, now),
      toValidate: isTimed(sent) ? sent : timed(sent, now),
    }
  if (sent.resourceType === 'Subscription') return { stored: withMaskedHeaders(owned), toValidate: sent }
  if (sent.resourceType !== 'Patient') return { stored: owned, toValidate: sent }
  const { patient, hash } = sealSsn(owned, ssnKey, at, last)
  const stored = withHubId(patient, last, newHubId)
  const toValidate = withAnyHubId(openedSsn(sent, at).patient, hubIdOf(stored))
  return { stored, toValidate, ...(hash === undefined ? {} : { ssn: hash }) }
}

const isTimed = (task: Resource): boolean => 'lastModified' in task || '_lastModified' in task

/** https://hl7.org/fhir/R4/task-definitions.html#Task.lastModified: never before authoredOn (inv-1), whose clock is the client's. */
function timed<T extends Resource>(task: T, now: number): T {
  const authored = Date.parse(String(task.authoredOn))
  const lastModified = authored > now ? task.authoredOn : formatInstant(now)
  return carry(task, { ...task, lastModified })
}

/** With the hub id behind the identifiers that were sent, where none of them is one. */
function withAnyHubId<T extends Resource>(patient: T, value: string | undefined): T {
  const { identifier = [] } = patient
  const isWhole = Array.isArray(identifier) && (identifier.length > 0 || patient.identifier === undefined)
  if (!isWhole || value === undefined || items(identifier).some(({ system }) => system === HUB_ID)) return patient
  return carry(patient, { ...patient, identifier: [...identifier, { system: HUB_ID, value }] })
}

/** Elements of meta that only the hub sets. */
const OWNED = ['versionId', 'lastUpdated', 'source'].flatMap((name) => [name, `_${name}`])

/** meta as the hub keeps it. What has not the shape of a meta stays as it is, for the validator to refuse. */
function withOwnMeta<T extends Resource>(resource: T, caller: Caller): T {
  const given = metaOf(resource)
  if (!given) return resource
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => !OWNED.includes(name)))
  const meta = carry(given, { source: `Organization/${caller.agency}`, ...others })
  return carry(resource, { ...resource, meta } as unknown as T)
}

/** The resource with the labels of restriction that it had before: labels only grow, but for the board. */
function withKeptLabels<T extends Resource>(resource: T, before: Resource | undefined, caller: Caller): T {
  const given = metaOf(resource)
  if (!given || caller.role === 'board') return resource
  const security = raised(given.security, before?.meta?.security)
  if (security === given.security) return resource
  return carry(resource, { ...resource, meta: carry(given, { ...given, security }) } as unknown as T)
}

function metaOf(resource: Resource) {
  const sent: unknown = resource.meta ?? {}
  return Array.isArray(sent) ? undefined : items(sent)[0]
}

/** The new labels and those old labels of restriction that are missing from them. */
function raised(now: Json | undefined, before: readonly Coding[] = []): Json | undefined {
  if (now !== undefined && !Array.isArray(now)) return now
  const sent = items(now)
  const missing = before.filter(
    (label) => restricts(label) && !sent.some((one) => one.system === label.system && one.code === label.code),
  )
  return missing.length === 0 ? now : ([...(now ?? []), ...missing] as Json)
}

/** The labels of restriction that a resource had before; none for the board, which may take them off. */
export function labelsTakenOff(before: Resource, after: Resource, { role }: Caller): readonly Coding[] {
  if (role === 'board') return []
  const left = items(after.meta?.security)
  return (before.meta?.security ?? []).filter(
    (label) => restricts(label) && !left.some((one) => one.system === label.system && one.code === label.code),
  )
}

const restricts = (label: Coding): boolean =>
  label.system === RESTRICTED_CLASS ||
  (label.system === 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality' && 'RV'.includes(label.code ?? '-'))

/** A validator that completes a resource by the hub's rules before it validates it. */
export const completing = (validator: Validator): Validator => validatorOf(validator, complete)

type Complete = (resource: Resource, completion?: Completion) => Completed

/** The same with the completion of a policy. */
export const validatorOf = (validator: Validator, completion: Complete): Validator => ({
  async check(resource, options = {}) {
    if (!isResource(resource)) return validator.check(resource, options)
    const { at = resource.resourceType } = options
    const validated = completedOrRefused(resource, at, completion)
    if (validated instanceof OutcomeError) return validated.issues
    return issuesAsSent(await validator.check(validated, options), { sent: resource, validated, at })
  },
})

function completedOrRefused(resource: Resource, at: string, completion: Complete): Resource | OutcomeError {
  try {
    return completion(resource, { at }).toValidate
  } catch (error) {
    if (error instanceof OutcomeError) return error
    throw error
  }
}

const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && typeof (value as Resource).resourceType === 'string'

/** The issues with the identifiers at their positions in what was sent: without its number, those behind it move up. */
export function issuesAsSent(
  issues: readonly Issue[],
  { sent, validated, at }: { readonly sent: Resource; readonly validated: Resource; readonly at: string },
): readonly Issue[] {
  const [before, after] = [sent.identifier, validated.identifier]
  if (before === after || !Array.isArray(before) || !Array.isArray(after)) return issues
  const list = `${at}.identifier[`
  return issues.map((issue) => {
    if (!issue.expression?.startsWith(list)) return issue
    const index = parseInt(issue.expression.slice(list.length))
    const position = before.indexOf(after[index])
    if (position < 0 || position === index) return issue
    const moved = (text: string): string => text.replaceAll(`${list}${index}]`, `${list}${position}]`)
    return { ...issue, expression: moved(issue.expression), text: moved(issue.text) }
  })
}
