/** A service enrollment carries the category that the catalogue gives its service (hub-e-4). */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, items } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'

/** `catalogue` is the CodeSystem of services. A service that it does not hold is the binding's matter. */
export function checkCategory(enrollment: Resource, catalogue: JsonObject): readonly Issue[] {
  const [service] = codesOf(enrollment.code, codeSystem('service-catalogue'))
  const [given] = codesOf(enrollment.category, codeSystem('service-category'))
  const concept = items(catalogue.concept).find((one) => one.code === service)
  const category = items(concept?.property).find((one) => one.code === 'category')?.valueCode
  if (given === undefined || category === undefined || given === category) return []
  const text = `\`Procedure.category\` is \`${given}\`, but the catalogue has \`${String(service)}\` in the category \`${String(category)}\` (hub-e-4).`
  return [{ severity: 'error', detail: 'catalogue-rule', text, expression: 'Procedure.category' }]
}
