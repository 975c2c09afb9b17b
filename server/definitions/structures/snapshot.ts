/** A tree as the list of elements that a snapshot is. https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.snapshot */
import type { ElementDefinition, ElementNode } from './element.ts'

/** All elements, each slice after its sliced element, with ids (`Patient.identifier:hubId.system`, reslices by `/`). */
export function snapshotOf(root: ElementNode): readonly ElementDefinition[] {
  const elements: ElementDefinition[] = []
  const visit = (node: ElementNode, id: string, path: string, inSlice = false): void => {
    elements.push({ ...node.element, id, path })
    for (const child of node.children.values()) visit(child, `${id}.${child.name}`, `${path}.${child.name}`)
    for (const [name, slice] of node.slices) visit(slice, `${id}${inSlice ? '/' : ':'}${name}`, path, true)
  }
  visit(root, root.path, root.path)
  return elements
}
