/** The type that a Reference states. https://hl7.org/fhir/R4/references-definitions.html#Reference.type */
import { withArticle } from '../../fhir/article.ts'
import { referencedType } from '../resolve-reference.ts'
import type { SpecificationRule } from './specification-rule.ts'

const CORE = 'http://hl7.org/fhir/StructureDefinition/'

/** Names that the types of resources share; a target is of one of them, too. */
const ABSTRACT = new Set(['Resource', 'DomainResource'])

/**
 * It is the name of a type of resource ("absolute URLs are only allowed for logical models"), and the one that the
 * reference points at ("both SHALL be consistent").
 */
export const referenceType: SpecificationRule = ({ reference, type }, context) => {
  if (typeof type !== 'string' || type === '' || ABSTRACT.has(type)) return []
  const name = type.startsWith(CORE) ? type.slice(CORE.length) : undefined
  if (name !== undefined && context.engine.definitions.isResourceType(name)) {
    const text = `{at} is \`${type}\`. A type of resource is told by its name: \`${name}\`.`
    return [{ detail: 'reference-type', below: '/type', text }]
  }
  if (type.includes(':')) return []
  if (!context.engine.definitions.isResourceType(type)) {
    return [{ detail: 'reference-type', below: '/type', text: `{at} is \`${type}\`, which is no type of resource.` }]
  }
  const pointed = typeof reference === 'string' ? referencedType(reference, context) : undefined
  if (pointed === undefined || pointed === type) return []
  const text = `{at} says that it is to ${withArticle(type)}, but \`${String(reference)}\` points at ${withArticle(pointed)}.`
  return [{ detail: 'reference-type', text }]
}
