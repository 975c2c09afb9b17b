/** A FHIRPath expression as a tree. https://hl7.org/fhirpath/N1/#expressions */

export type Tree =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'empty' }
  | { readonly kind: 'this' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'member'; readonly of?: Tree; readonly name: string }
  | Call
  | { readonly kind: 'index'; readonly of: Tree; readonly at: Tree }
  | Binary

export type Call = { readonly kind: 'call'; readonly of?: Tree; readonly name: string; readonly args: readonly Tree[] }
export type Binary = { readonly kind: 'binary'; readonly op: string; readonly left: Tree; readonly right: Tree }

/** The expression has something that is not read or evaluated here. The message is a clause that names the part. */
export class Unsupported extends Error {}

/** A path may start at a type: `Patient.name`, unlike `name`. */
export const isTypeName = (name: string): boolean => /^[A-Z]/.test(name)

/** A type as `is`, `as` and ofType() name it: `Quantity` or `FHIR.Quantity`; undefined for anything else. */
export function typeNamed(tree: Tree | undefined): string | undefined {
  if (tree?.kind !== 'member') return undefined
  const isQualified = tree.of?.kind === 'member' && tree.of.name === 'FHIR'
  return !tree.of || isQualified ? tree.name : undefined
}
