/** What a write opens: who comes to be a member, or to know a restricted class, by what a record grants after it. */
import type { SourceGrant } from './circle.ts'
import { sameJson } from '../../fhir/element.ts'
import { joined, without, type Membership } from './membership.ts'

/** `class` is absent for the participant itself. */
export type Gain = { readonly agency: string; readonly class?: string }

/**
 * In: what one source record granted and what it grants now. Out: each agency that gains a membership or a class for
 * any time at all, a membership also where a denial of it ends. Whether another record grants the same does not count:
 * it may end sooner. A consent that another person gives gains whatever it gives: it may hold when the first does not.
 */
export function gains(earlier: readonly SourceGrant[], after: readonly SourceGrant[]): readonly Gain[] {
  const before = earlier.filter((one) => !permits(one) || after.every((other) => keepsGiver(one, other)))
  const classes = [...new Set(after.filter(permits).flatMap((one) => one.classes))].sort()
  return [
    ...agenciesOf(without(members(after.filter(permits)), members(before.filter(permits)))),
    ...agenciesOf(without(members(before.filter(denies)), members(after.filter(denies)))),
    ...classes.flatMap((name) => {
      const open = (grants: readonly SourceGrant[]) =>
        members(grants.filter((one) => permits(one) && one.classes.includes(name)))
      return agenciesOf(without(open(after), open(before))).map((one) => ({ ...one, class: name }))
    }),
  ]
}

const keepsGiver = (before: SourceGrant, after: SourceGrant): boolean =>
  !permits(after) || before.givenBy === undefined || sameJson(before.givenBy, after.givenBy)
const permits = ({ effect }: SourceGrant): boolean => effect === undefined
const denies = ({ effect }: SourceGrant): boolean => effect === 'deny'
const members = (grants: readonly SourceGrant[]): readonly Membership[] => joined(grants.flatMap((one) => one.members))

const agenciesOf = (memberships: readonly Membership[]): readonly Gain[] =>
  [...new Set(memberships.map(({ agency }) => agency))].map((agency) => ({ agency }))
