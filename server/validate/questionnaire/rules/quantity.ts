/** Units and bounds of a quantity. https://hl7.org/fhir/R4/questionnaire-profiles.html, https://hl7.org/fhir/uv/sdc/behavior.html */
import type { JsonObject } from '../../../fhir/types.ts'
import type { Violation } from '../../violation.ts'
import { list, mismatch, NO_VIOLATIONS, warning, type QuestionRule } from '../question-rule.ts'
import { compareValues } from '../compare.ts'
import { extensionValues } from '../questionnaire-types.ts'

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-'

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null

const isQuantity = (key: string, value: unknown): value is JsonObject => key === 'valueQuantity' && isObject(value)

/** The extensions minQuantity and maxQuantity of SDC, both inclusive, in any commensurable unit. */
export const quantityRangeRule: QuestionRule = (question) => {
  const bounds = BOUNDS.flatMap(([name, sign, which]) => {
    const [bound] = extensionValues(question, SDC + name)
    const rule = `the ${which} that the question \`${question.linkId}\` takes is`
    return isObject(bound) ? [{ bound, sign, rule: `${rule} ${amount(bound)}` }] : []
  })
  if (bounds.length === 0) return undefined
  return (value, { key }) => {
    if (!isQuantity(key, value) || value.value === undefined) return NO_VIOLATIONS
    return bounds.flatMap(({ bound, sign, rule }) => {
      const difference = compareValues(value, bound)
      if (difference === undefined)
        return [incomparable(key, `{at} is ${amount(value)}, which cannot be compared: ${rule}.`, value, bound)]
      return difference * sign > 0 ? [mismatch(`/${key}`, `{at} is ${amount(value)}; ${rule}.`)] : NO_VIOLATIONS
    })
  }
}

const BOUNDS = [
  ['minQuantity', -1, 'minimum'],
  ['maxQuantity', 1, 'maximum'],
] as const

// Two coded units that cannot be converted measure different things: an error. Otherwise a warning.
function incomparable(key: string, text: string, value: JsonObject, bound: JsonObject): Violation {
  const isCoded = (one: JsonObject): boolean => one.code !== undefined && one.system !== undefined
  return (isCoded(value) && isCoded(bound) ? mismatch : warning)(`/${key}`, text)
}

const amount = (quantity: JsonObject): string =>
  `\`${String(quantity.value)} ${String(quantity.code ?? quantity.unit ?? '1')}\``

const unitOf = (quantity: JsonObject): string => `{at} has the unit \`${String(quantity.code ?? quantity.unit ?? '')}\``

/** The extensions unitOption and unitValueSet: the allowed units. */
export const unitRule: QuestionRule = (question) => {
  const options = extensionValues(question, 'questionnaire-unitOption').filter(isObject)
  const [valueSet] = extensionValues(question, 'questionnaire-unitValueSet')
  if (options.length === 0 && typeof valueSet !== 'string') return undefined
  const units = list(options.map((one) => String(one.code)))
  return (value, { key }, { context }) => {
    if (!isQuantity(key, value)) return NO_VIOLATIONS
    const { system, code } = value
    if (options.some((one) => one.code === code && one.system === system)) return NO_VIOLATIONS
    const shown = unitOf(value)
    if (typeof valueSet !== 'string')
      return [mismatch(`/${key}`, `${shown}; the question \`${question.linkId}\` takes ${units}.`)]
    const { terminology } = context.engine
    const isCoded = typeof code === 'string' && typeof system === 'string'
    const membership = isCoded ? terminology.check(valueSet, system, code) : 'out'
    if (membership === 'in') return NO_VIOLATIONS
    if (membership === 'unknown')
      return [warning(`/${key}`, `${shown}, which could not be checked against the units \`${valueSet}\`.`)]
    return [mismatch(`/${key}`, `${shown}, which is not among the units \`${valueSet}\` of \`${question.linkId}\`.`)]
  }
}
