/** Records that must agree with a catalogue, and wage records that must not come twice. */
import { codeSystem } from '../../fhir/canonical.ts'
import { checkCategory } from '../../domain/catalogue/service.ts'
import { checkLevel } from '../../domain/catalogue/level.ts'
import type { JsonObject } from '../../fhir/types.ts'
import { WAGE_KEY, wageKey } from '../index-entries.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { Rule, RuleResult } from './rule.ts'

const NONE: JsonObject = {}

export const catalogueRules: readonly Rule[] = [
  {
    types: ['Procedure'],
    check: ({ after }, { definitions }) => ({
      issues: after ? checkCategory(after, definitions.find(codeSystem('service-catalogue')) ?? NONE) : [],
    }),
  },
  {
    types: ['Observation'],
    check: ({ after }, { definitions }) => ({
      issues: after ? checkLevel(after, definitions.find(codeSystem('efl')) ?? NONE) : [],
    }),
  },
  { types: ['Observation'], check: isOnlyWage },
]

/** One wage record per participant, quarter and employer (hub-w-3). Its one writer keeps them all, and knows of them all. */
async function isOnlyWage({ key, after, at }: PreparedChange, state: PendingState): Promise<RuleResult> {
  const wage = after && wageKey(after)
  if (wage === undefined) return {}
  const where = {
    op: 'and' as const,
    of: [
      { op: 'token' as const, param: WAGE_KEY, code: wage },
      { op: 'not' as const, of: { op: 'id' as const, ids: state.changes.map((one) => one.key.id) } },
    ],
  }
  const twin = state.changes.find((one) => one.key.id !== key.id && one.after && wageKey(one.after) === wage)
  const [existing] = twin ? [twin.key] : await state.find('Observation', where)
  if (!existing) return { guards: [{ none: state.view.query({ type: 'Observation', where, limit: 1 }) }] }
  const text = `\`Observation/${existing.id ?? ''}\` is already the wage record of this participant, quarter and employer (hub-w-3); update that one.`
  return { issues: [{ severity: 'error', detail: 'catalogue-rule', text, expression: at }] }
}
