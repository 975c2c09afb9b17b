/** A list of extensions: the element that holds it, for the extension contexts. https://hl7.org/fhir/R4/extensibility.html */
import type { ListFacet } from '../compile/element-context.ts'

export const extension: ListFacet = ({ node, inherited }, property) =>
  inherited || property.type?.code !== 'Extension'
    ? undefined
    : { fhirExtensions: node.path.slice(0, node.path.lastIndexOf('.')) }
