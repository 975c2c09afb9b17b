/**
 * The stored circle of a participant, in internal records:
 * - `Circle/<participant>`        the members, to whom classes are open, and the digest of the rule that says so. Its
 *                                 version is the lock of the participant: every commit about the participant guards it,
 *                                 every commit that changes a grant writes the next one. While few source records grant
 *                                 anything, what each of them grants now is in it, too.
 * - `CircleGrants/<participant>`  what each source record grants, where they are many; written together with the other.
 *                                 Only a commit that changes a grant reads it, so an ordinary write costs the same
 *                                 however many sources there are.
 */
import { OutcomeError } from '../fhir/outcome.ts'
import type { Caller, JsonObject, Key, Resource } from '../fhir/types.ts'
import { keyFrom, keyText } from '../fhir/types.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import {
  agreedUpon,
  circleOfGrants,
  consentedIn,
  deniedIn,
  grantsOf,
  type Circle,
  type Grants,
  type Releases,
  type SourceGrant,
} from '../domain/visibility/circle.ts'
import { visibilityDigest } from '../domain/visibility/digest.ts'
import { gains } from '../domain/visibility/gains.ts'
import { isMember, type Membership } from '../domain/visibility/membership.ts'
import { currentResource, isDeleted, resourceOf } from '../records/resource.ts'
import { unrestricted, type View } from '../records/view.ts'
import type { Expect, Guard, Version, Write } from '../store/store.ts'
import { aboutParticipant } from '../search/query.ts'
import { agreementsAfter, changesAgreements, keysOf, type Agreements, type CircleNeeds } from './agreements.ts'
import { isOfHub, writerOf, type PreparedChange } from './change.ts'
import { sameRecords } from './circle-guards.ts'
import { isNewParticipant, unknownParticipant } from './references.ts'
import { HUB } from './reserved-agencies.ts'
import type { RuleTables } from './rule-tables.ts'

export const CIRCLE = 'Circle'
export const CIRCLE_GRANTS = 'CircleGrants'

/** So many source records are few: most participants never have more, and a create writes one internal record, not two. */
export const FEW_SOURCES = 8

/** A participant's circle as a commit leaves it. */
export type CircleAfter = {
  readonly circle: Circle
  /** The records that get a new audience, because memberships move; deleted ones included, not those of the commit. */
  readonly records: readonly Version[]
  readonly writes: readonly Write[]
  readonly guards: readonly Guard[]
}

export type CircleContext = {
  readonly needs: CircleNeeds
  readonly caller: Caller
  /** The instant of the write (ms). */
  readonly now: number
  readonly changes: readonly PreparedChange[]
  readonly agreements: Agreements
}

export const circleKey = (participant: string): Key => ({ type: CIRCLE, id: participant })

/** The stored circle of a participant; undefined where there is none, or it was computed by another rule. */
export const readCircle = async (
  view: View,
  tables: Pick<RuleTables, 'visibility' | 'range'>,
  participant: string,
): Promise<Circle | undefined> => storedCircle(tables, await view.read(circleKey(participant)))

/**
 * `stored`: the current version of the participant's circle; undefined where there is none yet.
 * @throws OutcomeError `reference-not-found` where the caller opens what it may not know of itself
 */
export async function circleAfter(
  context: CircleContext,
  participant: string,
  stored: Version | undefined,
): Promise<CircleAfter> {
  const { needs, changes } = context
  const key = circleKey(participant)
  const expect: Expect = stored ? { version: [stored.version] } : 'absent'
  const before = storedCircle(needs, stored)
  const replaced = grantChanges(context, participant)
  if (before) refuseSelfHelp(context, participant, before, replaced)
  if (before && replaced.length === 0 && !changesAgreements(needs, changes))
    return { circle: before, records: [], writes: [], guards: [{ key, expect }] }

  const isNew = stored === undefined && isCreated(participant, changes)
  const kept = isNew ? {} : before && (await readGrants(needs, participant, stored))
  const records = kept ? undefined : await recordsOf(needs, participant)
  const grants = kept ?? grantsFrom(needs, records ?? [])
  const after = withGrants(grants, replaced)
  const circle = await resolve(context, after, before && kept ? { circle: before, grants: kept } : undefined)
  const moves = !isNew && (before === undefined || JSON.stringify(circle) !== JSON.stringify(before))
  if (before && replaced.length === 0 && !moves) return { circle, records: [], writes: [], guards: [{ key, expect }] }
  const writes = circleWrites(needs, participant, { circle, grants: after, expect })
  if (!moves) return { circle, records: [], writes, guards: [] }

  const all = records ?? (await recordsOf(needs, participant))
  const changed = new Set(changes.map(({ key: one }) => keyText(one)))
  const others = all.filter((one) => !changed.has(keyText(one)))
  return { circle, records: others, writes, guards: sameRecords(needs, participant, others, keysOf(changes)) }
}

/**
 * The circle of a participant from its source records: what the stored one must equal at any time. `guards` hold in a
 * commit that these are the records and agreements still.
 */
export async function circleFromRecords(
  needs: CircleNeeds,
  participant: string,
): Promise<{
  readonly circle: Circle
  readonly grants: Grants
  readonly records: readonly Version[]
  readonly writes: readonly Write[]
  readonly guards: readonly Guard[]
}> {
  const stored = await unrestricted(needs.store).read(circleKey(participant))
  const records = await recordsOf(needs, participant)
  const grants = grantsFrom(needs, records)
  const agreements = agreementsAfter(needs, [])
  const circle = await resolve({ needs, changes: [], agreements }, grants)
  const expect: Expect = stored ? { version: [stored.version] } : 'absent'
  return {
    circle,
    grants,
    records,
    writes: circleWrites(needs, participant, { circle, grants, expect }),
    guards: [...sameRecords(needs, participant, records, []), ...agreements.guards()],
  }
}

/** The circle of a version; undefined when it was computed by another rule, or is none. */
function storedCircle(
  { visibility, range }: Pick<RuleTables, 'visibility' | 'range'>,
  stored: Version | undefined,
): Circle | undefined {
  const record = currentResource(stored) as (Resource & { rule?: unknown; circle?: unknown }) | undefined
  return record?.rule === visibilityDigest(visibility, range) ? (record.circle as Circle) : undefined
}

/**
 * The records that grant anything to a participant's circle, where it says so itself; undefined where it does not.
 * `stored`: the current version of the circle.
 */
export function sourcesOf(
  tables: Pick<RuleTables, 'visibility' | 'range'>,
  stored: Version | undefined,
): readonly Key[] | undefined {
  const grants = storedCircle(tables, stored) === undefined ? undefined : currentResource(stored)?.grants
  return grants === undefined ? undefined : Object.keys(grants as JsonObject).map(keyFrom)
}

/** What each source record grants, for the stored circle of a participant. */
export async function readGrants(
  { store }: Pick<CircleNeeds, 'store'>,
  participant: string,
  circle: Version | undefined,
): Promise<Grants | undefined> {
  const own = currentResource(circle)?.grants
  const holder =
    own === undefined ? await unrestricted(store).resource({ type: CIRCLE_GRANTS, id: participant }) : { grants: own }
  return holder?.grants as Grants | undefined
}

/** All records of a participant, deleted ones included. */
async function recordsOf({ store }: CircleNeeds, participant: string): Promise<readonly Version[]> {
  const found: Version[] = []
  for await (const version of unrestricted(store).all({
    type: '*',
    where: aboutParticipant(participant),
    deleted: true,
  }))
    found.push(version)
  return found
}

const grantsFrom = ({ visibility, range }: CircleNeeds, records: readonly Version[]): Grants =>
  withGrants(
    {},
    records
      .filter((one) => !isDeleted(one))
      .map((one) => {
        const source = { resource: resourceOf(one), owner: one.owner }
        return { key: keyText(one), before: [], after: grantsOf(visibility, source, range) }
      }),
  )

/** What one source record granted before the commit and grants after it. */
type GrantChange = {
  readonly key: string
  readonly before: readonly SourceGrant[]
  readonly after: readonly SourceGrant[]
  readonly change?: PreparedChange
}

/**
 * What the changed records grant to the participant's circle after the commit, where it is not what they granted before.
 * The deletion and the retirement of the participant itself count, too: they move the lock, which those who refer to the
 * participant guard.
 */
function grantChanges(
  { needs: { visibility, range }, changes, caller }: CircleContext,
  participant: string,
): readonly GrantChange[] {
  return changes.flatMap((change): readonly GrantChange[] => {
    const { key, before: old, after: now, stored } = change
    const owner = stored?.owner ?? writerOf(change, caller)
    const granted = (resource: Resource | undefined): readonly SourceGrant[] =>
      resource && participantOf(visibility, resource) === participant
        ? grantsOf(visibility, { resource, owner }, range)
        : []
    const [before, after] = [granted(old), granted(now)]
    const isItself = key.type === 'Patient' && key.id === participant && old !== undefined
    const movesLock = isItself && (now === undefined || old.active !== now.active)
    return movesLock || !grantSame(before, after) ? [{ key: keyText(key), before, after, change }] : []
  })
}

/** Most records grant nothing, before and after. */
const grantSame = (before: readonly SourceGrant[], after: readonly SourceGrant[]): boolean =>
  before.length === after.length && (before.length === 0 || JSON.stringify(before) === JSON.stringify(after))

/** The rule `access`, decided by the circle that the commit guards: the writer may have left it meanwhile. */
function refuseSelfHelp(
  { caller, changes, now }: CircleContext,
  participant: string,
  circle: Circle,
  replaced: readonly GrantChange[],
): void {
  if (caller.role !== 'agency' || isMember(circle.members, caller.agency, now)) return
  if (isNewParticipant(participant, changes)) return
  const opened = replaced.find(
    ({ before, after, change }) => change && !isOfHub(change) && !isGranted(change) && gains(before, after).length > 0,
  )?.change
  if (opened) throw new OutcomeError([unknownParticipant(opened, participant)])
}

const isGranted = ({ change }: PreparedChange): boolean => change.kind === 'put' && change.granted === true

/** Sorted by source, so that equal grants are equal text. */
function withGrants(grants: Grants, replaced: readonly GrantChange[]): Grants {
  const all = new Map(Object.entries(grants))
  for (const { key, after } of replaced) all.set(key, after)
  const given = [...all].filter(([, after]) => after.length > 0)
  return Object.fromEntries(given.sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Was the participant made in this commit, under an id that the hub made? Then there is nothing about it yet. */
export const isCreated = (participant: string, changes: readonly PreparedChange[]): boolean =>
  changes.some(
    ({ key, change }) => key.type === 'Patient' && key.id === participant && change.kind === 'put' && change.create,
  )

/** Reads agreements only for a class that needs them, whose consents or agreements are not what they were `before`. */
async function resolve(
  { needs, changes, agreements }: Pick<CircleContext, 'needs' | 'changes' | 'agreements'>,
  grants: Grants,
  before?: { readonly circle: Circle; readonly grants: Grants },
): Promise<Circle> {
  const { visibility, range } = needs
  const agreed = new Map<string, readonly Membership[]>()
  const kept = new Map<string, Releases>()
  const isSameDenial = before && JSON.stringify(deniedIn(grants)) === JSON.stringify(before.circle.denied)
  for (const [name, { agreement }] of Object.entries(visibility.classes)) {
    if (!agreement) continue
    const consented = consentedIn(grants, name)
    if (Object.keys(consented).length === 0) continue
    const isSame = isSameDenial && JSON.stringify(consented) === JSON.stringify(consentedIn(before.grants, name))
    const stored = before?.circle.classes[name]
    if (isSame && stored && !changesAgreements(needs, changes)) kept.set(name, stored)
    else {
      const sources = { agreements: await agreements.list(), wageAgencies: await agreements.wageAgencies() }
      agreed.set(name, agreedUpon(visibility, sources, name, range))
    }
  }
  const circle = circleOfGrants(visibility, grants, (name) => agreed.get(name) ?? [])
  return { ...circle, classes: { ...circle.classes, ...Object.fromEntries(kept) } }
}

function circleWrites(
  { visibility, range }: CircleNeeds,
  participant: string,
  { circle, grants, expect }: { circle: Circle; grants: Grants; expect: Expect },
): readonly Write[] {
  const rule = visibilityDigest(visibility, range)
  const few = Object.keys(grants).length <= FEW_SOURCES
  const elements = { rule, circle, ...(few ? { grants } : {}) } as unknown as JsonObject
  const written = { ...internal(CIRCLE, participant, elements), expect }
  return few ? [written] : [written, internal(CIRCLE_GRANTS, participant, { grants } as unknown as JsonObject)]
}

/** An internal record: nobody may know of it, and no search finds it. */
const internal = (type: string, id: string, elements: JsonObject): Extract<Write, { kind: 'put' }> => ({
  kind: 'put',
  method: 'PUT',
  resource: { ...elements, resourceType: type, id },
  entries: [],
  audience: [],
  author: HUB,
})
