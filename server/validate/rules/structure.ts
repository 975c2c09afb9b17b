/** A profile fits the definition that it constrains, and its invariants, bindings and profiles can be used. https://hl7.org/fhir/R4/profiling.html */
import { differentialFault, headFault, lateElement } from '../../definitions/structures/check.ts'
import { elementsOf, isConstraint } from '../../definitions/structures/structure-definition.ts'
import { items } from '../../fhir/element.ts'
import { isFast, pathFault } from '../../fhirpath/path-fault.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

export const profileFitsBase: SpecificationRule = (data, { engine }) => {
  if (!isConstraint(data)) return []
  const { structures } = engine.definitions
  const reason = headFault(data, structures) ?? differentialFault(data, structures)
  if (reason !== undefined) return [{ detail: 'definition-invalid', text: `{at}: ${reason}` }]
  const late = lateElement(data, structures)
  if (late === undefined) return []
  const text = `{at}: \`${late}\` comes after what its base lists behind it. A differential keeps the order of its base.`
  return [{ detail: 'definition-invalid', severity: 'warning', text }]
}

/** HL7's engine parses an expression in milliseconds: this many are parsed here, all when the definition is posted. */
const MAX_SLOW = 20

/** https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint.expression */
export const constraintsParse: SpecificationRule = ({ differential }) => {
  const seen = new Set<string>()
  let slow = 0
  return items(elementsOf(differential)).flatMap((element, index) =>
    items(element.constraint).flatMap(({ expression }, childIndex): Violation[] => {
      if (typeof expression !== 'string' || seen.has(expression)) return []
      seen.add(expression)
      if (!isFast(expression) && ++slow > MAX_SLOW) return []
      const reason = pathFault(expression)
      if (reason === undefined) return []
      const below = `/differential/element/${index}/constraint/${childIndex}/expression`
      return [{ detail: 'definition-invalid', below, text: `{at} is \`${expression}\`; ${reason}` }]
    }),
  )
}

/**
 * The value sets of required and extensible bindings, and the profiles on types, are defined here; else they are not
 * checked, and the author is warned.
 * https://hl7.org/fhir/R4/terminologies.html#strength
 */
export const bindingsAndProfilesDefined: SpecificationRule = ({ differential }, { engine }) => {
  const missing = (canonical: unknown, below: string, what: string): readonly Violation[] => {
    if (typeof canonical !== 'string' || canonical.startsWith('#') || engine.definitions.find(canonical)) return []
    const text = `{at} names the ${what} \`${canonical}\`, which is not available: it is not checked.`
    return [{ detail: 'code-unchecked', severity: 'warning', below, text }]
  }
  return items(elementsOf(differential)).flatMap((element, index) => {
    const below = `/differential/element/${index}`
    const binding = items(element.binding)[0]
    const binds = binding?.strength === 'required' || binding?.strength === 'extensible'
    const types = items(element.type).flatMap((type, childIndex) =>
      (['profile', 'targetProfile'] as const).flatMap((name) =>
        (Array.isArray(type[name]) ? (type[name] as unknown[]) : []).flatMap((canonical, at) =>
          missing(canonical, `${below}/type/${childIndex}/${name}/${at}`, 'profile'),
        ),
      ),
    )
    return [...(binds ? missing(binding.valueSet, `${below}/binding/valueSet`, 'value set') : []), ...types]
  })
}
