/** `fhirReference`: a Reference points at one of the types allowed. https://hl7.org/fhir/R4/references.html#literal */
import { withArticle } from '../../fhir/article.ts'
import { resolveReference, referencedType } from '../resolve-reference.ts'
import { keyword } from './keyword.ts'

type Reference = { readonly reference?: unknown; readonly type?: unknown }

export const fhirReference = keyword<readonly string[]>('fhirReference', ['object'], (targets) => {
  const allowed = new Set(targets)
  return (context, data: Reference) => {
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

/** On the shape Reference: what it says can be read, and what it says of the resource itself is there. */
export function referenceFault(data: Reference, context: Parameters<typeof resolveReference>[1]) {
  const { reference } = data
  if (typeof reference !== 'string' || !reference.startsWith('#') || reference === '#') return undefined
  return resolveReference(reference, context) ? undefined : reference
}

const orList = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : withArticle(names[0] ?? '')
