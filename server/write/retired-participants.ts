/**
 * A retired participant takes nothing new: no record of any type, none that is brought back, and none that begins. What
 * was begun before is brought to its end.
 */
import { isRetired, replacementOf } from '../domain/participant/retirement.ts'
import { isDenial } from '../domain/referral/consent.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { mergedIntoOf } from '../domain/visibility/merged-into.ts'
import { grantsOf } from '../domain/visibility/circle.ts'
import type { Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import type { PreparedChange } from './change.ts'
import type { PendingState } from './pending-state.ts'
import type { RuleTables } from './rule-tables.ts'

type RetirementTables = Pick<RuleTables, 'visibility' | 'range'>

/** Statuses by which work begins. */
const BEGINNING = ['active', 'requested', 'in-progress', 'planned', 'proposed']
/** How many replacements are followed to find the one in use: links have no circles. */
const HOPS = 10

/**
 * The issues of records that are new for a retired participant. That the participant is not retired meanwhile, the commit
 * holds by the version of the circle, which retirement moves (circle.ts).
 */
export async function checkRetired(tables: RetirementTables, state: PendingState): Promise<readonly Issue[]> {
  const issues = await Promise.all(state.changes.map((one) => checkChange(tables, one, state)))
  return issues.flat()
}

async function checkChange(
  tables: RetirementTables,
  one: PreparedChange,
  state: PendingState,
): Promise<readonly Issue[]> {
  const { key, change, after, at } = one
  const element = tables.visibility.participant[key.type]
  if (!after || element === undefined || element === 'self' || !beginsWork(tables, one)) return []
  if (change.kind === 'put' && change.derived) return []
  const id = participantOf(tables.visibility, after)
  const patient = id === undefined ? undefined : await state.read({ type: 'Patient', id })
  if (id === undefined || !patient || !isRetired(patient)) return []
  // A denial is no work. That of a merged participant is recorded for the survivor, whose the records are.
  if (isDenial(after) && mergedIntoOf(patient) === undefined) return []
  const other = await inUse(patient, state)
  const way =
    other === undefined
      ? 'Ask its agency of entry which record replaces it.'
      : `\`Patient/${other}\` replaces it: use that record.`
  return [
    {
      severity: 'error',
      detail: 'participant-retired',
      text: `\`Patient/${id}\` is retired and takes nothing new. ${way}`,
      expression: `${at}.${element}`,
    },
  ]
}

/** A creation, a restoration, or a change by which the work begins or an agency comes to know of the participant. */
export function beginsWork(
  { visibility, range }: RetirementTables,
  { before, after, stored }: Pick<PreparedChange, 'before' | 'after' | 'stored'>,
): boolean {
  if (!before || !after) return true
  const lets = (resource: Resource): boolean =>
    grantsOf(visibility, { resource, owner: stored?.owner ?? '' }, range).some(({ effect }) => effect === undefined)
  if (lets(after) && !lets(before)) return true
  const [from, to] = [String(before.status), String(after.status)]
  return BEGINNING.includes(to) && !BEGINNING.includes(from) && !['on-hold', 'onhold', 'accepted'].includes(from)
}

/** The record at the end of the links, as far as the caller may know of the records on the way. */
async function inUse(patient: Resource, state: PendingState): Promise<string | undefined> {
  let latest: string | undefined
  let next = replacementOf(patient)
  for (let hops = 0; next !== undefined && hops < HOPS; hops += 1) {
    const other: Resource | undefined = await state.read({ type: 'Patient', id: next })
    if (!other) return latest
    latest = next
    next = isRetired(other) ? replacementOf(other) : undefined
  }
  return latest
}
