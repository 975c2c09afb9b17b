/**
 * Who may say who a participant is: the agency of entry and the board. An identifier is its assigner's. Others propose
 * (docs/decisions/0020).
 */
import { assignerOf, identifierChanges } from '../../domain/participant/identifiers.ts'
import { idOf, items, sameJson } from '../../fhir/element.ts'
import { refuse, type Issue } from '../../fhir/outcome.ts'
import { keyText, type Caller, type Resource } from '../../fhir/types.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type IdentityTables = Pick<RuleTables, 'writing'>

export const identityRules = (tables: IdentityTables): readonly Rule[] => [
  { types: Object.keys(tables.writing.identifying), check: (change, state) => keepsIdentity(tables, change, state) },
]

/** The agency of entry, the board and the hub itself. */
export const mayIdentify = (patient: Resource, { agency, role }: Caller): boolean =>
  role !== 'agency' || idOf(patient.managingOrganization, 'Organization') === agency

/** Is the change refused for who may say it? Then nothing of it is compared with other participants, or counted. */
export const refusesIdentity = (tables: IdentityTables, changed: PreparedChange, caller: Caller): boolean =>
  isReservedNumber(changed, caller) || identityIssues(tables, changed, caller).length > 0

function keepsIdentity(tables: IdentityTables, changed: PreparedChange, { caller }: PendingState): RuleResult {
  // Whatever the number is: an answer that depended on it would confirm a guess. Nothing else is looked at.
  if (isReservedNumber(changed, caller)) throw refuseNumber(changed)
  return { issues: identityIssues(tables, changed, caller) }
}

const isReservedNumber = ({ last, after, ssn }: PreparedChange, caller: Caller): boolean =>
  ssn !== undefined && last !== undefined && after !== undefined && !mayIdentify(last, caller)

function identityIssues({ writing }: IdentityTables, changed: PreparedChange, caller: Caller): readonly Issue[] {
  const { key, last: before, after, at } = changed
  if (!before || !after || caller.role !== 'agency') return []
  if (mayIdentify(before, caller)) return foreignIdentifiers(changed, caller, false)
  const elements = (writing.identifying[key.type] ?? []).filter(
    (name) => !sameJson(before[name], after[name]) || !sameJson(before[`_${name}`], after[`_${name}`]),
  )
  const text = (name: string): string =>
    `\`${key.type}.${name}\` says who the participant is: the agency of entry, or the board, changes it. ` +
    `Propose the change by POST ${keyText(key)}/$propose-change.`
  return [...elements.map((name) => issue(text(name), `${at}.${name}`)), ...foreignIdentifiers(changed, caller, true)]
}

/** `others`: identifiers of nobody in particular count as the agency of entry's. */
function foreignIdentifiers({ last, after, at }: PreparedChange, caller: Caller, others: boolean): readonly Issue[] {
  if (!last || !after) return []
  const isForeign = (assigner: string | undefined, ofNobody: boolean): boolean =>
    assigner === undefined ? ofNobody : assigner !== caller.agency
  const { removed, added } = identifierChanges(last, after)
  const issues = removed.flatMap((identifier) => {
    const assigner = assignerOf(identifier)
    if (!isForeign(assigner, others)) return []
    const whose = assigner === undefined ? 'the agency of entry' : `\`${assigner}\``
    const text = `The identifier of system \`${String(identifier.system)}\` belongs to ${whose}, which alone (or the board) changes or removes it; send it as it was.`
    return [issue(text, `${at}.identifier`)]
  })
  const own = items(after.identifier)
  const given = added.flatMap((index) => {
    const assigner = assignerOf(own[index] ?? {})
    if (!isForeign(assigner, false)) return []
    return [
      issue(
        `An identifier of \`${String(assigner)}\` is given by that agency alone, or by the board.`,
        `${at}.identifier[${index}]`,
      ),
    ]
  })
  // A changed identifier is one that was removed and one that was added: one fault.
  return issues.length > 0 ? issues : given
}

const refuseNumber = ({ key, at }: PreparedChange) =>
  refuse(
    'identity-reserved',
    `The social security number of \`${keyText(key)}\` is sent by the agency of entry, or the board, alone; leave it out.`,
    { expression: `${at}.identifier` },
  )

const issue = (text: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'identity-reserved',
  text,
  expression,
})
