/** Why an agency may know a record, as the rows of the rule that say so. */
import { classesOf, holderOf, labelledParties } from './labels.ts'
import { authorityGrants, explainedGrants, held, type OwnedRecord, type ReadDate } from './circle.ts'
import { isMember, type Membership } from './membership.ts'
import type { VisibilityRule } from './rule.ts'

export type Reason = {
  /** As in the rule: `consent`, `open referral`, `denial`. */
  readonly because: string
  /** The record that says so. */
  readonly source: OwnedRecord
  readonly membership: Membership
  /** The restricted classes of the record that it opens. */
  readonly classes: readonly string[]
}

export type Question = {
  readonly agency: string
  readonly now: number
  readonly board: string
  readonly range: ReadDate
}

/**
 * The source records by which the agency may know `record` now, or by which it is denied. A restricted record is opened
 * by releases of its classes alone, by the agency that wrote it or by the board.
 */
export function reasonsFor(
  rule: VisibilityRule,
  record: OwnedRecord,
  sources: readonly OwnedRecord[],
  { agency, now, board, range }: Question,
): readonly Reason[] {
  const labels = classesOf(record.resource)
  const holder = holderOf(rule, record)
  const isParty = labelledParties(rule, record.resource).includes(agency)
  const authorities = Object.fromEntries(
    sources.map(({ resource }) => [
      `${resource.resourceType}/${String(resource.id)}`,
      authorityGrants(rule, resource, range),
    ]),
  )
  return sources.flatMap((source) =>
    explainedGrants(rule, source, range).flatMap(({ because, grant: whole }): readonly Reason[] => {
      const grant = held(whole, authorities)
      const membership = grant.members.find((one) => isMember([one], agency, now))
      if (membership === undefined) return []
      const mayOpen = grant.by === holder || grant.by === board
      const classes = mayOpen ? labels.filter((name) => grant.classes.includes(name)) : []
      const isReason = grant.effect === 'deny' || labels.length === 0 || isParty || classes.length > 0
      return isReason ? [{ because, source, membership, classes }] : []
    }),
  )
}
