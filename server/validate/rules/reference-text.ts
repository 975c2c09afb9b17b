/** Reference.reference is a URI, hence without white space. https://hl7.org/fhir/R4/references.html#literal */
import type { SpecificationRule } from './specification-rule.ts'

export const referenceHasNoWhitespace: SpecificationRule = ({ reference }) => {
  if (typeof reference !== 'string' || !/\s/.test(reference)) return []
  const text = `{at} refers to \`${reference.slice(0, 200)}\`, which is not a reference: it contains white space.`
  return [{ detail: 'reference-format', text }]
}
