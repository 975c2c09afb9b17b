/**
 * Nobody widens access for himself: a write by which its writer, or an agency that it names, comes to know a participant
 * or a restricted class is refused where the writer itself may not know of them now. The answer is the one for a record
 * of a participant that does not exist. circle.ts decides again, inside the commit.
 */
import { participantOf } from '../../domain/visibility/audience.ts'
import { grantsOf, type SourceGrant } from '../../domain/visibility/circle.ts'
import { gains, type Gain } from '../../domain/visibility/gains.ts'
import { classesOf } from '../../domain/visibility/labels.ts'
import { isMember } from '../../domain/visibility/membership.ts'
import type { Issue } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/types.ts'
import { readCircle } from '../circle.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import { isNewParticipant, unknownParticipant } from '../references.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type AccessTables = Pick<RuleTables, 'visibility' | 'range'>

export const accessRules = (tables: AccessTables): readonly Rule[] => [
  { types: ['*'], check: (change, state) => widensNoAccess(tables, change, state) },
]

function widensNoAccess(
  tables: AccessTables,
  change: PreparedChange,
  state: PendingState,
): RuleResult | Promise<RuleResult> {
  const { before, after, stored } = change
  const subject = after ?? before
  const participant = subject && participantOf(tables.visibility, subject)
  if (participant === undefined || state.caller.role !== 'agency') return {}
  const owner = stored?.owner ?? state.caller.agency
  const granted = (resource: Resource | undefined): readonly SourceGrant[] =>
    resource ? grantsOf(tables.visibility, { resource, owner }, tables.range) : []
  const given = granted(after)
  const gained = before === undefined && given.length === 0 ? [] : gains(granted(before), given)
  return gained.length === 0 ? {} : mayGain(tables, change, { participant, gained }, state)
}

/** Does the writer know now what it opens? */
async function mayGain(
  tables: AccessTables,
  change: PreparedChange,
  { participant, gained }: { readonly participant: string; readonly gained: readonly Gain[] },
  state: PendingState,
): Promise<RuleResult> {
  const isNew = isNewParticipant(participant, state.changes)
  if (!isNew && !(await state.view.resource({ type: 'Patient', id: participant })))
    return { issues: [unknownParticipant(change, participant)] }
  const classes = [...new Set(gained.flatMap((one: Gain) => one.class ?? []))]
  const withheld = classes.length === 0 ? [] : await classesNotHeld(tables, classes, participant, state)
  return { issues: withheld.map((name) => classNotHeld(change, name, participant)) }
}

/** The classes of which no record of the caller about the participant is one, after the commit. */
async function classesNotHeld(
  { visibility, range }: AccessTables,
  classes: readonly string[],
  participant: string,
  { unrestricted, caller, changes, now }: PendingState,
): Promise<readonly string[]> {
  const circle = await readCircle(unrestricted, { visibility, range }, participant)
  const coming = changes.flatMap(({ after, stored }) =>
    after && participantOf(visibility, after) === participant && (stored?.owner ?? caller.agency) === caller.agency
      ? classesOf(after)
      : [],
  )
  return classes.filter((name) => !coming.includes(name) && !isMember(circle?.holders[name] ?? [], caller.agency, now))
}

/** Said of a class whether or not there is a record of it: the answer must not tell. */
const classNotHeld = ({ key, at }: PreparedChange, name: string, participant: string): Issue => ({
  severity: 'error',
  detail: 'reference-not-found',
  text:
    `You have written no record of \`Patient/${participant}\` that carries the restricted class \`${name}\`, so you cannot ` +
    'release it; the agency whose records carry it, or the board, records this consent.',
  expression: key.type === 'Consent' ? `${at}.provision.class` : at,
})
