/** `fhirReference`: the target of a Reference is of an allowed type. https://hl7.org/fhir/R4/references.html#literal */
import { withArticle } from '../../fhir/article.ts'
import { referencedType } from '../resolve-reference.ts'
import type { UncheckedReference } from '../unchecked.ts'
import { keyword } from './keyword.ts'

export const fhirReference = keyword<readonly string[]>('fhirReference', ['object'], (targets) => {
  const allowed = new Set(targets)
  return (context, data: UncheckedReference) => {
    const { reference } = data
    const type = (typeof reference === 'string' ? referencedType(reference, context) : undefined) ?? data.type
    if (typeof type !== 'string' || allowed.has(type) || !context.engine.definitions.isResourceType(type))
      return undefined
    const shown =
      typeof reference === 'string'
        ? `\`${reference}\` points at ${withArticle(type)}`
        : `it is to ${withArticle(type)}`
    return [{ detail: 'reference-type', text: `{at}: ${shown}; it must point at ${orList(targets)}.` }]
  }
})

const orList = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : withArticle(names[0] ?? '')
