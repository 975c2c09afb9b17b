/** Invariants in FHIRPath. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint */
import { isChoice, type Constraint, type ElementDefinition } from '../../definitions/structures/element.ts'
import type { ValueFacet } from '../compile/element-context.ts'
import type { Invariant } from '../compile/schema.ts'
import { choiceName } from '../../definitions/structures/element.ts'

const BEST_PRACTICE = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice'

export const invariant: ValueFacet = ({ node, element, inherited, structures }, property) => {
  // An element with children, and the type of the value, have the invariants in their own schema.
  if (!inherited && node.children.size > 0) return undefined
  const code = property.type?.code
  const typed = code && code !== 'Resource' && structures.find(code) ? structures.tree(code).element : undefined
  const path = isChoice(node) && code ? node.path.slice(0, -node.name.length) + choiceName(node.name, code) : node.path
  const base = property.primitive || node.children.size > 0 ? path : (code ?? path)
  const rules = invariantsOf(element, base, [inherited, typed])
  if (rules.length === 0) return undefined
  return { fhirInvariants: rules.map((rule) => (dependsOnType(rule) ? { ...rule, base: path } : rule)) }
}

/** `ofType(Quantity)` on the value itself: only its path tells the FHIRPath engine its type. */
const dependsOnType = ({ expression }: Invariant): boolean => /\b(ofType|is|as)\b/.test(expression)

/** The invariants of an element that none of `others` has. Best-practice invariants are not enforced. */
export function invariantsOf(
  element: ElementDefinition,
  base: string,
  others: readonly (ElementDefinition | undefined)[],
): readonly Invariant[] {
  const has = (rule: Constraint): boolean =>
    others.some((one) =>
      one?.constraint?.some((other) => other.key === rule.key && other.expression === rule.expression),
    )
  return (element.constraint ?? [])
    .filter(
      (rule) =>
        rule.expression &&
        rule.key !== 'ele-1' &&
        !rule.extension?.some((one) => one.url === BEST_PRACTICE) &&
        !has(rule),
    )
    .map(({ key, severity, human, expression = '' }) => ({ key, severity, human, expression, base }))
}
