/**
 * What a commit changes in who may know of a participant: the circle before it and after it, at the instant of the
 * commit (docs/decisions/0042). A membership that begins or ends by its period is no commit and no change here.
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
  const [before, after] = [membersAt(previous, at), membersAt(version, at)]
  return {
    participant: version.id,
    gained: after.filter((agency) => !before.includes(agency)),
    lost: before.filter((agency) => !after.includes(agency)),
  }
}

function membersAt(version: Version | undefined, at: number): readonly string[] {
  const record = currentResource(version) as { readonly circle?: Circle } | undefined
  const members: readonly Membership[] = record?.circle?.members ?? []
  const agencies = [...new Set(members.map(({ agency }) => agency))]
  return agencies.filter((agency) => visible(members, { agency, at }))
}
