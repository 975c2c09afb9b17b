/**
 * What a commit changes in who may know of a participant: the circle as it was at the instant of its former version, and
 * as it is at the instant of the commit (docs/decisions/0042). So a membership that began or ended by its period in
 * between is a change, too: membership-period.ts makes a commit when one does.
 */
import type { Circle } from '../domain/visibility/circle.ts'
import type { Membership } from '../domain/visibility/membership.ts'
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

/** In: one commit. Out: a change for each participant whose circle has other members after it. */
export async function circleChangesOf(
  needs: Pick<SubscriptionNeeds, 'store'>,
  { versions, at }: Pick<Commit, 'versions' | 'at'>,
): Promise<readonly CircleChange[]> {
  const circles = versions.filter(({ type }) => type === CIRCLE)
  const changes = await Promise.all(circles.map((version) => circleChangeOf(needs, version, at)))
  return changes.filter(({ gained, lost }) => gained.length + lost.length > 0)
}

async function circleChangeOf(
  { store }: Pick<SubscriptionNeeds, 'store'>,
  version: Version,
  at: number,
): Promise<CircleChange> {
  const previous = version.version > 1 ? await unrestricted(store).vread(version, version.version - 1) : undefined
  const [before, after] = [previous ? membersAt(previous, previous.at) : [], membersAt(version, at)]
  return {
    participant: version.id,
    gained: after.filter((agency) => !before.includes(agency)),
    lost: before.filter((agency) => !after.includes(agency)),
  }
}

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
