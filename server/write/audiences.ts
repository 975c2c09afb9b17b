/**
 * Who may know of what a commit writes, and of what it does not write: when memberships of a participant's circle move,
 * every record of that participant gets its new audience in the same commit (docs/decisions/0006).
 */
import type { Resource } from '../fhir/types.ts'
import { audienceOf, participantOf, type WrittenRecord } from '../domain/visibility/audience.ts'
import { NOBODY, type Circle } from '../domain/visibility/circle.ts'
import { classesNamedIn, classesOf } from '../domain/visibility/labels.ts'
import type { Membership } from '../domain/visibility/membership.ts'
import { currentResource, isDeleted, resourceOf } from '../records/resource.ts'
import { unrestricted, type View } from '../records/view.ts'
import type { Guard, Version, Write } from '../store/store.ts'
import {
  agreementsAfter,
  changesAgreements,
  participantsUnderAgreement,
  type Agreements,
  type CircleNeeds,
} from './agreements.ts'
import { writerOf, type PreparedChange } from './change.ts'
import { circleAfter, circleFromRecords, circleKey, isCreated, type CircleAfter, type CircleContext } from './circle.ts'
import { WriteConflict } from './conflict.ts'
import type { WriteContext } from './context.ts'
import { inTurns } from '../fhir/turns.ts'
import { BOARD, HUB } from './reserved-agencies.ts'

export type Audiences = {
  /** The audience of each change, in order. */
  readonly of: readonly (readonly Membership[])[]
  /** Circles and audiences of other records that change along. */
  readonly writes: readonly Write[]
  readonly guards: readonly Guard[]
}

/**
 * The audience of every change of a commit, and of what else it moves.
 * Returns guards that make the commit fail (and the caller begin again) when a circle moved meanwhile.
 * @throws WriteConflict when a circle has moved since the view of the write was made: the rules may have decided by
 *   consents, denials and referrals that are no more
 */
export async function audiencesOf(
  needs: CircleNeeds,
  { caller, now, view, unrestricted: all }: WriteContext,
  changes: readonly PreparedChange[],
): Promise<Audiences> {
  const context: CircleContext = { needs, caller, now, changes, agreements: agreementsAfter(needs, changes) }
  const concerned = await participants(needs, changes)
  const circles = await circlesAfter(context, concerned.ids, { since: view.since, all })
  const audience = (written: WrittenRecord): Awaitable<readonly Membership[]> => {
    const participant = participantOf(needs.visibility, written.resource)
    const circle = (participant === undefined ? undefined : circles.get(participant)?.circle) ?? NOBODY
    return audienceIn(needs, context.agreements, circle, written)
  }
  const of = await inTurns(changes, (one) => {
    const resource = one.after ?? one.before
    const author = writerOf(one, caller)
    return resource ? audience({ resource, owner: one.stored?.owner ?? author, author }) : []
  })
  const moved = [...circles.values()]
  const records = moved.flatMap((one) => one.records)
  // A merge moves the records that its view found: one that came up, or changed, since must be among them.
  if (records.some(({ sequence }) => sequence > view.since)) await beginAgain(needs, view.since)
  const others = await inTurns(records, (one) => reaudience(needs, one, audience))
  return {
    of,
    writes: [...moved.flatMap((one) => one.writes), ...others],
    guards: [...concerned.guards, ...moved.flatMap((one) => one.guards), ...context.agreements.guards()],
  }
}

/**
 * Computes the circle of a participant and the audiences of all its records from the records alone, whatever is stored:
 * as the writes and guards of one commit. Its writes are the circle's and one of kind `audience` for each record.
 */
export async function reaudienceParticipant(
  needs: CircleNeeds,
  participant: string,
): Promise<{ readonly writes: readonly Write[]; readonly guards: readonly Guard[] }> {
  const { circle, records, writes, guards } = await circleFromRecords(needs, participant)
  const agreements = agreementsAfter(needs, [])
  const audience = (written: WrittenRecord) => audienceIn(needs, agreements, circle, written)
  const others = await Promise.all(records.map((one) => reaudience(needs, one, audience)))
  return { writes: [...writes, ...others], guards: [...guards, ...agreements.guards()] }
}

type Awaitable<T> = T | Promise<T>

/** Wage agencies are read only for a record of a class that is open to them. */
function audienceIn(
  { visibility }: CircleNeeds,
  agreements: Agreements,
  circle: Circle,
  written: WrittenRecord,
): Awaitable<readonly Membership[]> {
  const { resource } = written
  const withAgencies = (wageAgencies: readonly string[]): readonly Membership[] =>
    audienceOf(visibility, written, circle, { board: BOARD, hub: HUB, wageAgencies })
  const opensToWageAgencies = [...classesOf(resource), ...classesNamedIn(visibility, resource)].some((name) =>
    visibility.classes[name]?.always.some((role) => role !== BOARD),
  )
  return opensToWageAgencies ? agreements.wageAgencies().then(withAgencies) : withAgencies([])
}

/** Participants that the changes are about, and those whose circle follows an agreement that changes. */
async function participants(
  needs: CircleNeeds,
  changes: readonly PreparedChange[],
): Promise<{ readonly ids: readonly string[]; readonly guards: readonly Guard[] }> {
  const about = changes.flatMap(({ before, after }) =>
    [before, after].flatMap((one) => (one && participantOf(needs.visibility, one)) ?? []),
  )
  const under = changesAgreements(needs, changes)
    ? await participantsUnderAgreement(needs, changes)
    : { ids: [], guards: [] }
  return { ids: [...new Set([...about, ...under.ids])], guards: under.guards }
}

async function circlesAfter(
  context: CircleContext,
  participants: readonly string[],
  { since, all }: { readonly since: number; readonly all: View },
): Promise<ReadonlyMap<string, CircleAfter>> {
  const existing = participants.filter((id) => !isCreated(id, context.changes))
  const versions = await all.readMany(existing.map(circleKey))
  if (versions.some((one) => one !== undefined && one.sequence > since)) await beginAgain(context.needs, since)
  const stored = new Map(existing.map((id, index) => [id, versions[index]]))
  const circles = await Promise.all(
    participants.map(async (id) => [id, await circleAfter(context, id, stored.get(id))] as const),
  )
  return new Map(circles)
}

/** The next attempt needs a view that has seen the commit; this process may not have seen it yet. */
async function beginAgain({ store }: Pick<CircleNeeds, 'store'>, since: number): Promise<never> {
  await store.changed(since)
  throw new WriteConflict('A circle or a record of it has moved.')
}

async function reaudience(
  needs: CircleNeeds,
  version: Version,
  audience: (written: WrittenRecord) => Awaitable<readonly Membership[]>,
): Promise<Write> {
  const { type, id, owner, author } = version
  const resource = await lastState(needs, version)
  return { kind: 'audience', key: { type, id }, audience: await audience({ resource, owner, author }) }
}

/** The state of a record, or the one that was deleted. */
async function lastState({ store }: CircleNeeds, version: Version): Promise<Resource> {
  if (!isDeleted(version)) return resourceOf(version)
  const state = currentResource(await unrestricted(store).vread(version, version.version - 1))
  return state ?? { resourceType: version.type, id: version.id }
}
