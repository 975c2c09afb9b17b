/** The code of a UCUM unit is a valid UCUM expression. https://hl7.org/fhir/R4/datatypes-definitions.html#Quantity.code */
import { UCUM } from '../../terminology/ucum.ts'
import type { SpecificationRule } from './specification-rule.ts'

export const unitIsValidUcum: SpecificationRule = ({ system, code }, { engine }) => {
  if (system !== UCUM || typeof code !== 'string' || engine.terminology.checkSystem(UCUM, code) !== 'out') return []
  const text = `{at} is \`${code}\`, which is not a UCUM unit (case matters: \`mg\`, \`Cel\`, \`mm[Hg]\`).`
  return [{ detail: 'code-invalid', below: '/code', text }]
}
