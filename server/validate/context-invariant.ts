/**
 * When an extension may be used: conditions on the element that holds it, besides the place.
 * https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.contextInvariant
 */
import { compilePath } from '../fhirpath/expression.ts'
import type { CheckContext } from './check-context.ts'

/**
 * R4 says of this one the opposite of what it means: it is for items that display.
 * https://hl7.org/fhir/extensions/StructureDefinition-questionnaire-displayCategory.html
 */
const CORRECTED: Readonly<Record<string, readonly string[]>> = {
  'http://hl7.org/fhir/StructureDefinition/questionnaire-displayCategory': ["type = 'display'"],
}

export const contextInvariantsOf = (url: string, declared: readonly string[] = []): readonly string[] =>
  CORRECTED[url] ?? declared

/** The element that holds the extension: what it is, as shapes are named, and its value. */
type ExtensionHolder = { readonly name: string; readonly value: unknown }

/** The first condition that is not met; one that cannot be evaluated says nothing. */
export function brokenContextInvariant(
  invariants: readonly string[],
  extension: unknown,
  { name, value }: ExtensionHolder,
  { resource, rootResource, resolve }: CheckContext,
): string | undefined {
  const env = { resource, rootResource, resolve, variables: { extension: withPlainValue(extension) } }
  return invariants.find((invariant) => {
    try {
      const values = compilePath(invariant, name)(value, env)
      return values.length !== 1 || values[0] !== true
    } catch {
      return false
    }
  })
}

/** `%extension`: R4's own conditions name its value as JSON does (`valueInteger`), others as FHIRPath does. */
function withPlainValue(extension: unknown): unknown {
  const key = Object.keys(extension as object).find((name) => /^value[A-Z]/.test(name))
  return key === undefined
    ? extension
    : { ...(extension as object), value: (extension as Record<string, unknown>)[key] }
}
