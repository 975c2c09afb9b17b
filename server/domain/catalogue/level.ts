/**
 * The educational functioning level of an assessment score is the one of the publisher's table (hub-as-3), and the
 * level of the test is one at which such a score is valid (hub-as-4). The tables are properties of CodeSystem efl:
 * NRS, and DRC "Scoring Levels: Best Practice Guidance" (2019) for TABE 11 and 12.
 */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, items } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'

/** `levels` is the CodeSystem efl. A test without a table is not checked. */
export function checkLevel(score: Resource, levels: JsonObject): readonly Issue[] {
  const [assessment] = codesOf(score.code, codeSystem('assessment-catalogue'))
  const level = component(score, 'efl', codeSystem('efl'))
  const concept = items(levels.concept).find((one) => one.code === level.code)
  const value = scaleScore(score)
  if (assessment === undefined || !concept) return []
  return [...checkTable(value, assessment, concept, level.at), ...checkTestLevel(score, assessment, concept)]
}

function checkTable(value: number | undefined, assessment: string, concept: JsonObject, at: string): readonly Issue[] {
  const [min, max] = ['min', 'max'].map((end) => numberOf(concept, `${assessment}-${end}`))
  if (value === undefined || (min === undefined && max === undefined)) return []
  if (value >= (min ?? -Infinity) && value <= (max ?? Infinity)) return []
  const text = `A score of \`${value}\` in \`${assessment}\` is not at the level \`${String(concept.code)}\`, which takes ${min ?? 'any'} to ${max ?? 'any'} (hub-as-3).`
  return [{ severity: 'error', detail: 'catalogue-rule', text, expression: at }]
}

/** Test levels are those of TABE 11 and 12. */
function checkTestLevel(score: Resource, assessment: string, concept: JsonObject): readonly Issue[] {
  const test = component(score, 'test-level', codeSystem('test-level'))
  const valid = items(concept.property).flatMap((one) => (one.code === 'testLevel' ? [String(one.valueCode)] : []))
  if (
    !assessment.startsWith('tabe-11-12') ||
    test.code === undefined ||
    valid.length === 0 ||
    valid.includes(test.code)
  )
    return []
  const text = `A test of level \`${test.code}\` does not measure \`${String(concept.code)}\`; that takes ${valid.map((one) => `\`${one}\``).join(', ')} (hub-as-4).`
  return [{ severity: 'error', detail: 'catalogue-rule', text, expression: test.at }]
}

function component(score: Resource, code: string, system: string): { readonly code?: string; readonly at: string } {
  const all = items(score.component)
  const index = all.findIndex((one) => codesOf(one.code, codeSystem('score-component')).includes(code))
  const at = `Observation.component[${Math.max(index, 0)}].value`
  return { code: codesOf(all[index]?.valueCodeableConcept, system)[0], at }
}

function scaleScore(score: Resource): number | undefined {
  const value = typeof score.valueInteger === 'number' ? score.valueInteger : items(score.valueQuantity)[0]?.value
  return typeof value === 'number' ? value : undefined
}

function numberOf(concept: JsonObject, property: string): number | undefined {
  const value = items(concept.property).find((one) => one.code === property)?.valueInteger
  return typeof value === 'number' ? value : undefined
}
