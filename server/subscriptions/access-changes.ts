/**
 * What a commit changes in who may know of a participant: the circle as it was at the instant of its former version, and
 * as it is at the instant of the commit (docs/decisions/0042). So a membership that began or ended by its period in
 * between is a change, too: membership-period.ts makes a commit when one does.
 */
import type { Circle } from '../domain/visibility/circle.ts'
import type { Membership } from '../domain/visibility/membership.ts'
import { mergedIntoOf } from '../domain/visibility/merged-into.ts'
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { visible } from '../search/match.ts'
import type { Commit, Version } from '../store/store.ts'
import { CIRCLE } from '../write/circle.ts'
import type { SubscriptionNeeds } from './needs.ts'

/** The agencies that come to know a participant by a commit, and those that may know of it no longer. */
export type CircleChange = {
  readonly participant: string
  readonly gained: readonly string[]
  readonly lost: readonly string[]
}

/** The members of a participant's circle at the instant of a commit, before it and after it. */
type Members = { readonly before: readonly string[]; readonly after: readonly string[] }

/** By participant whose circle is part of the commit. */
export type CircleMembers = ReadonlyMap<string, Members>

/** A change for each participant whose circle has other members after the commit. */
function circleChanges(circles: CircleMembers): readonly CircleChange[] {
  return [...circles]
    .map(([participant, { before, after }]) => changeBetween(participant, before, after))
    .filter(isChange)
}

/**
 * Who comes to know the record of a participant itself, and who may know of it no longer. It is its circle that changes;
 * but a merge, and its undo, put the record of the source into another circle, whose members know it by that.
 */
export async function participantChangesOf(
  needs: Pick<SubscriptionNeeds, 'store'>,
  commit: Pick<Commit, 'versions' | 'at'>,
  around: CircleMembers,
): Promise<readonly CircleChange[]> {
  // A merge moves the members of both circles.
  if (around.size < 2) return circleChanges(around)
  const moved = (await Promise.all(commit.versions.map((one) => movedParticipant(needs, one)))).filter((one) => !!one)
  const others = circleChanges(around).filter(({ participant }) => !moved.some(({ id }) => id === participant))
  return [
    ...others,
    ...moved
      .map(({ id, from, to }) => changeBetween(id, around.get(from)?.before ?? [], around.get(to)?.after ?? []))
      .filter(isChange),
  ]
}

/** A participant whose record is one of another participant after the commit. */
async function movedParticipant({ store }: Pick<SubscriptionNeeds, 'store'>, version: Version) {
  if (version.type !== 'Patient' || version.version === 1) return undefined
  const previous = await unrestricted(store).vread(version, version.version - 1)
  const [from, to] = [previous, version].map((one) => mergedIntoOf(currentResource(one)) ?? version.id)
  return from === undefined || to === undefined || from === to ? undefined : { id: version.id, from, to }
}

/** Could the agency know records of `from` before the commit, as a member, and may know none of `to` after it? */
export function isOut(around: CircleMembers, agency: string, from: string, to: string): boolean {
  const [before, after] = [around.get(from)?.before ?? [], around.get(to)?.after]
  return before.includes(agency) && after !== undefined && !after.includes(agency)
}

/** In: one commit. */
export async function membersAround(
  { store }: Pick<SubscriptionNeeds, 'store'>,
  { versions, at }: Pick<Commit, 'versions' | 'at'>,
): Promise<CircleMembers> {
  const circles = versions.filter(({ type }) => type === CIRCLE)
  const members = await Promise.all(
    circles.map(async (version) => {
      const previous = version.version > 1 ? await unrestricted(store).vread(version, version.version - 1) : undefined
      return [
        version.id,
        { before: previous ? membersAt(previous, previous.at) : [], after: membersAt(version, at) },
      ] as const
    }),
  )
  return new Map(members)
}

const changeBetween = (participant: string, before: readonly string[], after: readonly string[]): CircleChange => ({
  participant,
  gained: after.filter((agency) => !before.includes(agency)),
  lost: before.filter((agency) => !after.includes(agency)),
})

const isChange = ({ gained, lost }: CircleChange): boolean => gained.length + lost.length > 0

/** The agencies that are in the circle of this version at an instant (ms). */
export function membersAt(circle: Version, at: number): readonly string[] {
  const members = membersIn(circle)
  const agencies = [...new Set(members.map(({ agency }) => agency))]
  return agencies.filter((agency) => visible(members, { agency, at }))
}

/** When a membership of this version begins or ends by its period, next after an instant (ms). */
export function nextPeriodBound(circle: Version, after: number): number | undefined {
  // Nearly no circle has one, and every commit that changes a grant writes one.
  if (!circle.text.includes('"from":') && !circle.text.includes('"until":')) return undefined
  const bounds = membersIn(circle).flatMap(({ from, until }) => [from ?? -Infinity, until ?? -Infinity])
  const next = Math.min(...bounds.filter((at) => at > after))
  return Number.isFinite(next) ? next : undefined
}

function membersIn(circle: Version): readonly Membership[] {
  const record = currentResource(circle) as { readonly circle?: Circle } | undefined
  return record?.circle?.members ?? []
}
