/** Reference.type agrees with the target. https://hl7.org/fhir/R4/references-definitions.html#Reference.type */
import { withArticle } from '../../fhir/article.ts'
import { referencedType } from '../resolve-reference.ts'
import type { SpecificationRule } from './specification-rule.ts'

const STRUCTURE_DEFINITION = 'http://hl7.org/fhir/StructureDefinition/'

/** Abstract types, which fit every target. */
const ABSTRACT = new Set(['Resource', 'DomainResource'])

/**
 * The type is the name of a resource type ("absolute URLs are only allowed for logical models"), and that of the target
 * ("both SHALL be consistent").
 */
export const referenceTypeMatches: SpecificationRule = ({ reference, type }, context) => {
  if (typeof type !== 'string' || type === '' || ABSTRACT.has(type)) return []
  const name = type.startsWith(STRUCTURE_DEFINITION) ? type.slice(STRUCTURE_DEFINITION.length) : undefined
  if (name !== undefined && context.engine.definitions.isResourceType(name)) {
    const text = `{at} is \`${type}\`. Name the resource type without the url: \`${name}\`.`
    return [{ detail: 'reference-type', below: '/type', text }]
  }
  if (type.includes(':')) return []
  if (!context.engine.definitions.isResourceType(type)) {
    return [{ detail: 'reference-type', below: '/type', text: `{at} is \`${type}\`, which is not a resource type.` }]
  }
  const targetType = typeof reference === 'string' ? referencedType(reference, context) : undefined
  if (targetType === undefined || targetType === type) return []
  const text = `{at} is declared to refer to ${withArticle(type)}, but \`${String(reference)}\` points at ${withArticle(targetType)}.`
  return [{ detail: 'reference-type', text }]
}
