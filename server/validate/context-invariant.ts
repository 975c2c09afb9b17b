/**
 * Context invariants: conditions on the element that holds an extension, in addition to the extension context.
 * https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.contextInvariant
 */
import { compilePath } from '../fhirpath/expression.ts'
import { TooManySteps } from '../fhirpath/steps.ts'
import type { CheckContext } from './check-context.ts'

/**
 * R4 publishes the opposite of what is meant: the extension is for items of type `display`.
 * https://hl7.org/fhir/extensions/StructureDefinition-questionnaire-displayCategory.html
 */
const CORRECTED: Readonly<Record<string, readonly string[]>> = {
  'http://hl7.org/fhir/StructureDefinition/questionnaire-displayCategory': ["type = 'display'"],
}

export const contextInvariantsOf = (url: string, declared: readonly string[] = []): readonly string[] =>
  CORRECTED[url] ?? declared

/** The element that holds the extension: its type or path, and its value. */
type ExtensionHolder = { readonly name: string; readonly value: unknown }

/** The first context invariant that is false; one that cannot be evaluated is ignored. */
export function brokenContextInvariant(
  invariants: readonly string[],
  extension: unknown,
  { name, value }: ExtensionHolder,
  { resource, rootResource, resolve, steps }: CheckContext,
): string | undefined {
  const env = { resource, rootResource, resolve, steps, variables: { extension: withPlainValue(extension) } }
  return invariants.find((invariant) => {
    try {
      const values = compilePath(invariant, name)(value, env)
      return values.length !== 1 || values[0] !== true
    } catch (error) {
      if (error instanceof TooManySteps) throw error
      return false
    }
  })
}

/** The value of `%extension`, under both its names: R4's own invariants use that of JSON (`valueInteger`), others `value`. */
function withPlainValue(extension: unknown): unknown {
  const key = Object.keys(extension as object).find((name) => /^value[A-Z]/.test(name))
  return key === undefined
    ? extension
    : { ...(extension as object), value: (extension as Record<string, unknown>)[key] }
}
