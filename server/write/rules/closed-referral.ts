/**
 * A closed referral of a participant who has withdrawn: neither of its parties writes on it any more, nor reads what the
 * other would write; the board corrects its outcome. What the caller may know decides which of them are out.
 */
import { isReferral, ownerOf, requesterOf, statusOf } from '../../domain/referral/task.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { circleOf, circleTypes } from '../../domain/visibility/circle.ts'
import { isMember } from '../../domain/visibility/membership.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import { aboutParticipant } from '../../search/query.ts'
import type { Rule, RuleResult } from './rule.ts'

type ClosedTables = Pick<RuleTables, 'visibility' | 'range' | 'lifecycle'>

export const closedReferralRules = (tables: ClosedTables): readonly Rule[] => [
  { types: ['Task'], check: (change, state) => bothMayKnow(tables, change, state) },
]

async function bothMayKnow(
  { visibility, range, lifecycle }: ClosedTables,
  { before, after, at }: PreparedChange,
  { caller, view, now }: PendingState,
): Promise<RuleResult> {
  if (!before || !after || caller.role !== 'agency') return {}
  if (!isReferral(before) || !lifecycle.terminal.includes(statusOf(before))) return {}
  // That it was an error from the start, about somebody else for example, either party still says.
  if (after.status === 'entered-in-error' && before.status !== after.status) return {}
  const parties = [requesterOf(before), ownerOf(before)].flatMap((one) => one ?? [])
  const participant = participantOf(visibility, before)
  if (participant === undefined || !parties.includes(caller.agency)) return {}
  const sources = await view.listEach(circleTypes(visibility), aboutParticipant(participant))
  const records = sources.flat().map((resource) => ({ resource, owner: '' }))
  const { members } = circleOf(visibility, { records, agreements: [], wageAgencies: [] }, range)
  if (parties.every((agency) => isMember(members, agency, now))) return {}
  return {
    issues: [
      {
        severity: 'error',
        detail: 'referral-rule',
        text:
          'This referral is closed, and the participant no longer lets both of its parties know, so neither of them ' +
          'changes it; the board corrects its outcome.',
        expression: at,
      },
    ],
  }
}
