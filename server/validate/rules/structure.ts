/** A profile fits the definition that it constrains. https://hl7.org/fhir/R4/profiling.html */
import { isConstraint } from '../../definitions/structures/structures.ts'
import { differentialFault } from '../../definitions/structures/check.ts'
import type { Rule } from './index.ts'

export const structureFits: Rule = (data, { engine }) => {
  if (!isConstraint(data)) return []
  const fault = differentialFault(data, engine.definitions.structures)
  return fault === undefined ? [] : [{ code: 'definition-invalid', text: `{at}: ${fault}` }]
}
