/** Units and bounds of a quantity. https://hl7.org/fhir/R4/questionnaire-profiles.html, https://hl7.org/fhir/uv/sdc/behavior.html */
import type { Fault } from '../../run.ts'
import { list, mismatch, type Rule, warning } from '../asked.ts'
import { order } from '../compare.ts'
import { extensionValues, type Bag } from '../shapes.ts'

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-'

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null

const isQuantity = (key: string, value: unknown): value is Bag => key === 'valueQuantity' && isBag(value)

/** The extensions minQuantity and maxQuantity of SDC, both inclusive, in whatever commensurable unit. */
export const quantityRangeRule: Rule = (value, { key, question }) => {
  if (!isQuantity(key, value) || value.value === undefined) return []
  const faults: Fault[] = []
  for (const [name, sign, which] of BOUNDS) {
    const [bound] = extensionValues(question, SDC + name)
    if (!isBag(bound)) continue
    const difference = order(value, bound)
    const rule = `the ${which} that the question \`${question.linkId}\` takes is ${amount(bound)}`
    if (difference === undefined)
      faults.push(incomparable(key, `{at} is ${amount(value)}, which cannot be compared: ${rule}.`, value, bound))
    else if (difference * sign > 0) faults.push(mismatch(`/${key}`, `{at} is ${amount(value)}; ${rule}.`))
  }
  return faults
}

const BOUNDS = [
  ['minQuantity', -1, 'least'],
  ['maxQuantity', 1, 'most'],
] as const

// Where both units are coded and yet measure different things, the answer is to another question.
function incomparable(key: string, text: string, value: Bag, bound: Bag): Fault {
  const isCoded = (one: Bag): boolean => one.code !== undefined && one.system !== undefined
  return (isCoded(value) && isCoded(bound) ? mismatch : warning)(`/${key}`, text)
}

const amount = (quantity: Bag): string =>
  `\`${String(quantity.value)} ${String(quantity.code ?? quantity.unit ?? '1')}\``

/** The extensions unitOption and unitValueSet: the units to choose from. */
export const unitRule: Rule = (value, { key, question }, { run }) => {
  if (!isQuantity(key, value)) return []
  const { system, code } = value as { system?: string; code?: string }
  const options = extensionValues(question, 'questionnaire-unitOption') as readonly Bag[]
  const [valueSet] = extensionValues(question, 'questionnaire-unitValueSet')
  if (options.some((one) => one.code === code && one.system === system)) return []
  const shown = `{at} has the unit ${amount(value).replace(/^`\S+ /, '`')}`
  if (typeof valueSet === 'string') {
    const verdict =
      code === undefined || system === undefined ? 'out' : run.engine.terminology.check(valueSet, system, code)
    if (verdict === 'in') return []
    if (verdict === 'unknown')
      return [warning(`/${key}`, `${shown}, which could not be checked against the units \`${valueSet}\`.`)]
    return [mismatch(`/${key}`, `${shown}, which is not among the units \`${valueSet}\` of \`${question.linkId}\`.`)]
  }
  if (options.length === 0) return []
  const units = list(options.map((one) => String(one.code)))
  return [mismatch(`/${key}`, `${shown}; the question \`${question.linkId}\` takes ${units}.`)]
}
