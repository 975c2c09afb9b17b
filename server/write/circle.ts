/**
 * The stored circle of a participant, in two internal records that are always written together:
 * - `Circle/<participant>`        the members, to whom classes are open, and the digest of the rule that says so. Its
 *                                 version is the lock of the participant: every commit about the participant guards it,
 *                                 every commit that changes a grant writes the next one.
 * - `CircleGrants/<participant>`  what each source record grants now. Only a commit that changes a grant reads it, so an
 *                                 ordinary write costs the same however many sources there are.
 */
import type { JsonObject, Key, Resource } from '../fhir/types.ts'
import { keyText } from '../fhir/types.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import {
  agreedUpon,
  circleOfGrants,
  consentedIn,
  grantsOf,
  type Circle,
  type SourceGrant,
  type Grants,
} from '../domain/visibility/circle.ts'
import { visibilityDigest } from '../domain/visibility/digest.ts'
import type { Membership } from '../domain/visibility/membership.ts'
import { currentResource, isDeleted, resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Expect, Guard, Version, Write } from '../store/store.ts'
import { agreementsAfter, changesAgreements, keysOf, type Agreements, type CircleNeeds } from './agreements.ts'
import type { PreparedChange } from './change.ts'
import { aboutParticipant, sameRecords } from './circle-guards.ts'
import { HUB } from './reserved-agencies.ts'

export const CIRCLE = 'Circle'
export const CIRCLE_GRANTS = 'CircleGrants'

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
  readonly changes: readonly PreparedChange[]
  readonly agreements: Agreements
}

export const circleKey = (participant: string): Key => ({ type: CIRCLE, id: participant })

/** `stored`: the current version of the participant's circle; undefined where there is none yet. */
export async function circleAfter(
  context: CircleContext,
  participant: string,
  stored: Version | undefined,
): Promise<CircleAfter> {
  const { needs, changes } = context
  const key = circleKey(participant)
  const expect: Expect = stored ? { version: [stored.version] } : 'absent'
  const before = storedCircle(needs, stored)
  const replaced = grantChanges(needs, participant, changes)
  if (before && replaced.length === 0 && !changesAgreements(needs, changes))
    return { circle: before, records: [], writes: [], guards: [{ key, expect }] }

  const isNew = stored === undefined && isCreated(participant, changes)
  const kept = isNew ? {} : before && (await readGrants(needs, participant))
  const records = kept ? undefined : await recordsOf(needs, participant)
  const grants = kept ?? grantsFrom(needs, records ?? [])
  const after = withGrants(grants, replaced)
  const circle = await resolve(context, after, before && kept ? { circle: before, grants: kept } : undefined)
  const moves = !isNew && (before === undefined || JSON.stringify(circle) !== JSON.stringify(before))
  if (before && replaced.length === 0 && !moves) return { circle, records: [], writes: [], guards: [{ key, expect }] }
  const writes = circleWrites(needs, participant, { circle, grants: after, expect })
  if (!moves) return { circle, records: [], writes, guards: [] }

  const all = records ?? (await recordsOf(needs, participant))
  const others = all.filter((one) => !changes.some((change) => keyText(change.key) === keyText(one)))
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
  const circle = await resolve({ needs, changes: [], agreements }, withGrants(grants, []))
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
function storedCircle({ visibility, range }: CircleNeeds, stored: Version | undefined): Circle | undefined {
  const record = currentResource(stored) as (Resource & { rule?: unknown; circle?: unknown }) | undefined
  return record?.rule === visibilityDigest(visibility, range) ? (record.circle as Circle) : undefined
}

async function readGrants({ store }: CircleNeeds, participant: string): Promise<Grants | undefined> {
  const record = await unrestricted(store).resource({ type: CIRCLE_GRANTS, id: participant })
  return record?.grants as Grants | undefined
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
      .map((one) => [keyText(one), grantsOf(visibility, resourceOf(one), range)] as const),
  )

type SourceGrants = readonly [source: string, grants: readonly SourceGrant[]]

/**
 * What the changed records grant to the participant's circle after the commit, where it is not what they granted before.
 * The deletion and the retirement of the participant itself count, too: they move the lock, which those who refer to the
 * participant guard.
 */
function grantChanges(
  { visibility, range }: CircleNeeds,
  participant: string,
  changes: readonly PreparedChange[],
): readonly SourceGrants[] {
  const granted = (state: Resource | undefined): readonly SourceGrant[] =>
    state && participantOf(visibility, state) === participant ? grantsOf(visibility, state, range) : []
  return changes.flatMap(({ key, before, after }): readonly SourceGrants[] => {
    const [old, now] = [granted(before), granted(after)]
    const isItself = key.type === 'Patient' && key.id === participant && before !== undefined
    const movesLock = isItself && (after === undefined || before.active !== after.active)
    return movesLock || JSON.stringify(old) !== JSON.stringify(now) ? [[keyText(key), now]] : []
  })
}

/** Sorted by source, so that equal grants are equal text. */
function withGrants(grants: Grants, replaced: readonly SourceGrants[]): Grants {
  const all = new Map([...Object.entries(grants), ...replaced])
  return Object.fromEntries([...all].filter(([, one]) => one.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Was the participant made in this commit, under an id that the hub made? Then there is nothing about it yet. */
export const isCreated = (participant: string, changes: readonly PreparedChange[]): boolean =>
  changes.some(
    ({ key, change }) => key.type === 'Patient' && key.id === participant && change.kind === 'put' && change.create,
  )

/** Reads agreements only for a class that needs them, whose consents or agreements are not what they were `before`. */
async function resolve(
  { needs, changes, agreements }: CircleContext,
  grants: Grants,
  before?: { readonly circle: Circle; readonly grants: Grants },
): Promise<Circle> {
  const { visibility, range } = needs
  const agreed = new Map<string, readonly Membership[]>()
  const kept = new Map<string, readonly Membership[]>()
  for (const [name, { agreement }] of Object.entries(visibility.classes)) {
    const consented = consentedIn(grants, name)
    if (!agreement || consented.length === 0) continue
    const isSame = before && JSON.stringify(consented) === JSON.stringify(consentedIn(before.grants, name))
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
  return [
    { ...internal(CIRCLE, participant, { rule, circle } as unknown as JsonObject), expect },
    internal(CIRCLE_GRANTS, participant, { grants } as unknown as JsonObject),
  ]
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
