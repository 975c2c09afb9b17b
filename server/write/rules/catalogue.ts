/** Records that must agree with a catalogue, and wage records that must not come twice. */
import { codeSystem } from '../../fhir/canonical.ts'
import { checkCategory } from '../../domain/catalogue/service.ts'
import { checkLevel } from '../../domain/catalogue/level.ts'
import type { JsonObject } from '../../fhir/types.ts'
import type { PreparedChange, Rule, PendingState, RuleResult } from '../change.ts'
import { WAGE_KEY, wageKey } from '../index-entries.ts'

const NONE: JsonObject = {}

export const catalogueRules: readonly Rule[] = [
  {
    types: ['Procedure'],
    check: ({ after }, _, { definitions }) => ({
      issues: after ? checkCategory(after, definitions.find(codeSystem('service-catalogue')) ?? NONE) : [],
    }),
  },
  {
    types: ['Observation'],
    check: ({ after }, _, { definitions }) => ({
      issues: after ? checkLevel(after, definitions.find(codeSystem('efl')) ?? NONE) : [],
    }),
  },
  { types: ['Observation'], check: isOnlyWage },
]

/** One wage record per participant, quarter and employer (hub-w-3). Its one writer keeps them all, and sees them all. */
async function isOnlyWage({ key, after, at }: PreparedChange, scene: PendingState): Promise<RuleResult> {
  const wage = after && wageKey(after)
  if (wage === undefined) return {}
  const where = {
    op: 'and' as const,
    of: [
      { op: 'token' as const, param: WAGE_KEY, code: wage },
      { op: 'not' as const, of: { op: 'id' as const, ids: scene.changes.map((one) => one.key.id) } },
    ],
  }
  const twin = scene.changes.find((one) => one.key.id !== key.id && one.after && wageKey(one.after) === wage)
  const [known] = twin ? [twin.key] : await scene.find('Observation', where)
  if (!known) return { guards: [{ none: { type: 'Observation', where, viewer: scene.viewer, limit: 1 } }] }
  const text = `\`Observation/${known.id ?? ''}\` is already the wage record of this participant, quarter and employer (hub-w-3); update that one.`
  return { issues: [{ severity: 'error', detail: 'catalogue-rule', text, expression: at }] }
}
