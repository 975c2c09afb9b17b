/** Extension contexts: the elements on which an extension may be used. https://hl7.org/fhir/R4/defining-extensions.html#context */
import type { Structures } from '../definitions/structures/structure-definition.ts'
import { evaluate } from '../fhirpath/expression.ts'
import { TooManySteps } from '../fhirpath/steps.ts'
import { pointerSteps } from './locate.ts'
import type { ExtensionContext, DataPosition, CheckContext } from './check-context.ts'

type ExtensionSite = { readonly holder: string; readonly context: CheckContext; readonly list: DataPosition }

/**
 * R4 uses this extension on ElementDefinition.type in all its own definitions; later versions declare that context.
 * https://hl7.org/fhir/extensions/StructureDefinition-structuredefinition-fhir-type.html
 */
const CORRECTED: Readonly<Record<string, readonly ExtensionContext[]>> = {
  'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type': [
    { type: 'element', expression: 'ElementDefinition.type' },
  ],
}

/** The text of the violation when no context allows the extension here; undefined when one does. */
export function contextViolation(
  url: string,
  contexts: readonly ExtensionContext[],
  site: ExtensionSite,
): string | undefined {
  if (contexts.length === 0 || ELEMENT_DEFINITION_VALUE.test(site.list.instancePath)) return undefined
  for (const one of [...contexts, ...(CORRECTED[url] ?? [])]) if (matchesContext(one, site)) return undefined
  const allowed = contexts.map((one) => `\`${one.expression}\``).join(', ')
  return `{at}: the extension \`${url}\` is not allowed here. It belongs on ${allowed}.`
}

/** A fixed value, pattern, default or example of an ElementDefinition: its extensions belong to the defined element. */
const ELEMENT_DEFINITION_VALUE = /\/element\/\d+\/(_?(fixed|pattern|defaultValue)|example\/\d+\/_?value)[A-Z]/

function matchesContext({ type, expression }: ExtensionContext, site: ExtensionSite): boolean {
  if (type === 'extension') return (site.list.parentData as { url?: unknown } | null)?.url === expression
  if (type === 'fhirpath') return matchesFhirPath(expression, site)
  const { holder, context } = site
  return (
    isOrSpecializes(expression, holder, context.engine.definitions.structures) || elementPaths(site).has(expression)
  )
}

/** Is the holder, by its name alone, the element or a specialization of it? */
export const isOrSpecializes = (element: string, holder: string, structures: Structures): boolean =>
  element === holder || element === 'Element' || specializes(holder, element, structures)

/** Is the holder (a type, or an element with children) derived from the type? */
function specializes(holder: string, kind: string, structures: Structures): boolean {
  if (holder.includes('.')) return kind === 'BackboneElement'
  for (let base = structures.find(holder)?.baseDefinition; base; base = structures.find(base)?.baseDefinition) {
    if (structures.find(base)?.type === kind) return true
  }
  return false
}

/**
 * The paths to the element, from the resource and from each type on the way: `Patient.name.given`, `HumanName.given`,
 * and `string` for the extension of a given name. A choice has two names, `value[x]` and `value`.
 */
function elementPaths({ context, list }: ExtensionSite): ReadonlySet<string> {
  const { structures } = context.engine.definitions
  const pointer = list.instancePath.slice(0, list.instancePath.lastIndexOf('/'))
  let names = [String(context.root.resourceType)]
  for (const { at, siblings } of pointerSteps(context.root, pointer, structures)) {
    const { node, type } = at
    if (!siblings) {
      // A resource in a list is named by its own type.
      if (type !== undefined && node?.path === type) names = [type]
      continue
    }
    if (!node) return NO_PATHS
    const below = names.flatMap((name) => namesOf(node.name).map((last) => `${name}.${last}`))
    names = [...below, node.path, ...(type === undefined ? [] : [type])]
  }
  return new Set(names.flatMap((name) => [name, name.replace(/\[x\]$/, '')]))
}

const NO_PATHS: ReadonlySet<string> = new Set()
const namesOf = (name: string): readonly string[] => (name.endsWith('[x]') ? [name, name.slice(0, -3)] : [name])

function matchesFhirPath(expression: string, { context, list }: ExtensionSite): boolean {
  try {
    return evaluate(expression, context.resource, { steps: context.steps }).some(
      (one) => one === list.parentData || one === true,
    )
  } catch (error) {
    if (error instanceof TooManySteps) throw error
    return false
  }
}
