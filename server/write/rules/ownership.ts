/** Who may write a record, and what in it never changes: capability/rules/writing.json. */
import { keyText, type Resource } from '../../fhir/types.ts'
import { refuse, type Issue } from '../../fhir/outcome.ts'
import { classesOf, holderOf, restrictionsOf, UNNAMED } from '../../domain/visibility/labels.ts'
import { sameJson } from '../../fhir/element.ts'
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import { isDerived, type PreparedChange } from '../change.ts'
import { changesOwnElements } from '../own-elements.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type OwnershipTables = Pick<RuleTables, 'writing' | 'visibility'>

export function ownershipRules(tables: OwnershipTables): readonly Rule[] {
  const rules = [mayWrite, namesCaller, namesParticipant, keepsImmutable, keepsParticipant, labelsOwn]
  return rules.map((rule) => ({ types: ['*'], check: (change, state) => rule(tables, change, state) }))
}

function mayWrite({ writing }: OwnershipTables, changed: PreparedChange, { caller }: PendingState): RuleResult {
  const { change, key, before, after, stored } = changed
  if (!stored || !(before ?? after) || caller.role === 'hub' || isDerived(change)) return {}
  // The board neither: a record that was deleted and brought back would begin its lifecycle again.
  if (!after && writing.kept.includes(key.type)) {
    throw refuse(
      'forbidden',
      `\`${keyText(key)}\` cannot be deleted: every referral stays traceable. Set its status to \`entered-in-error\` instead.`,
    )
  }
  if (caller.role === 'board' || changesOwnElements(writing, caller, changed)) return {}
  if (stored.owner === caller.agency || (before && after && writing.shared.includes(key.type))) return {}
  if (before && after && withdraws(writing, before, after)) return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` was written by another agency, which alone may ${after ? 'change' : 'delete'} it; \`${caller.agency}\` may ${may(writing, key)} it.`,
  )
}

/** What an agency of the circle may do with a record of another one, as a word. */
const may = ({ shared }: OwnershipTables['writing'], { type }: PreparedChange['key']): string =>
  shared.includes(type) ? 'update' : 'read'

/** Does the change only end the record, as any agency that may know of it may? */
function withdraws({ withdrawable }: OwnershipTables['writing'], before: Resource, after: Resource): boolean {
  const status = withdrawable[after.resourceType]
  if (status === undefined || after.status !== status || before.status === status) return false
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.every((name) => ['meta', 'status'].includes(name) || sameJson(before[name], after[name]))
}

function namesCaller(
  { writing }: OwnershipTables,
  { key, before, after, at }: PreparedChange,
  { caller }: PendingState,
): RuleResult {
  const element = writing.namesCaller[key.type]
  if (!element || before || !after || caller.role !== 'agency') return {}
  const named = valuesAt(after, `${element}.reference`)[0]
  if (named === undefined || idsAt(after, element, 'Organization')[0] === caller.agency) return {}
  const text = `\`${key.type}.${element}\` is \`${String(named)}\`; an agency creates it in its own name, so it must be \`Organization/${caller.agency}\`.`
  return { issues: [issue('agency-not-yours', text, `${at}.${element}`)] }
}

/** Who may know of a record is decided by its participant: it must be one of the hub's. */
function namesParticipant({ visibility }: OwnershipTables, { key, after, at }: PreparedChange): RuleResult {
  const element = visibility.participant[key.type]
  if (!after || element === undefined || element === 'self') return {}
  const named = valuesAt(after, element)
  if (named.length === 0 || idsAt(after, element, 'Patient').length === 1) return {}
  const text = `\`${key.type}.${element}\` must refer to a participant of this hub, as \`Patient/<id>\`; an address elsewhere names nobody here.`
  return { issues: [issue('reference-not-found', text, `${at}.${element}`)] }
}

function keepsImmutable(
  { writing }: OwnershipTables,
  { key, last: before, after, at }: PreparedChange,
  { caller }: PendingState,
): RuleResult {
  if (!before || !after || caller.role === 'board') return {}
  const changed = (writing.immutable[key.type] ?? []).filter(
    (element) => text(before, element) !== text(after, element),
  )
  return {
    issues: changed.map((element) =>
      issue('element-immutable', `\`${key.type}.${element}\` cannot change after creation.`, `${at}.${element}`),
    ),
  }
}

/** A record stays about the participant it was created for: otherwise its history would disclose one to the circle of the other. */
function keepsParticipant(
  { visibility }: OwnershipTables,
  { key, last: before, after, at }: PreparedChange,
): RuleResult {
  const element = visibility.participant[key.type]
  if (!before || !after || element === undefined || element === 'self') return {}
  if (idsAt(before, element, 'Patient')[0] === idsAt(after, element, 'Patient')[0]) return {}
  return {
    issues: [
      issue(
        'element-immutable',
        `\`${key.type}.${element}\` names the participant and cannot change; create a new record.`,
        `${at}.${element}`,
      ),
    ],
  }
}

/**
 * A label of restriction closes a record to all but its owner and a class: only the owner or the board sets one; of a
 * referral also the agency that works on it, whose class it then is, and which must name one. A participant takes none,
 * for it is what its circle has in common.
 */
function labelsOwn(
  { visibility }: OwnershipTables,
  { key, before, after, stored, at }: PreparedChange,
  { caller }: PendingState,
): RuleResult {
  if (!after || caller.role === 'hub') return {}
  const old = before ? restrictionsOf(before) : []
  const added = restrictionsOf(after).filter((label) => !old.includes(label))
  const expression = `${at}.meta.security`
  if (added.length > 0 && key.type === 'Patient')
    throw refuse(
      'forbidden',
      'A participant is shared by its whole circle and takes no restricted label; keep what is restricted in a record of its own.',
      { expression },
    )
  if (!before || !stored || caller.role === 'board') return {}
  // The class of a referral is that of the agency that works on it; of every other record that of its creator.
  const isHolder = holderOf(visibility, { resource: before, owner: stored.owner }) === caller.agency
  if (isHolder && (stored.owner === caller.agency || !classesOf(after).includes(UNNAMED))) return {}
  const now = restrictionsOf(after)
  if (old.some((label) => !now.includes(label)))
    throw refuse(
      'forbidden',
      `\`${keyText(key)}\` carries a label of another agency: it is taken off by that agency, or by the board.`,
      { expression },
    )
  if (added.length === 0 || stored.owner === caller.agency) return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` was written by another agency, which alone may label it as restricted: a label closes it to others.`,
    { expression },
  )
}

const text = (resource: Resource, element: string): string => JSON.stringify(valuesAt(resource, element))

const issue = (detail: Issue['detail'], text: string, expression: string): Issue => ({
  severity: 'error',
  detail,
  text,
  expression,
})
