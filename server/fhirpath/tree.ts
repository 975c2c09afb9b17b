/** A FHIRPath expression as a tree. https://hl7.org/fhirpath/N1/#expressions */

export type Tree =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'empty' }
  | { readonly kind: 'this' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'member'; readonly of?: Tree; readonly name: string }
  | FunctionCall
  | { readonly kind: 'index'; readonly of: Tree; readonly at: Tree }
  | Binary
  /** What only HL7's engine evaluates: a date, a time or a quantity as a literal, a sign before a term, `$index`, `$total`. */
  | { readonly kind: 'rare'; readonly text: string; readonly of?: Tree }

export type FunctionCall = {
  readonly kind: 'call'
  readonly of?: Tree
  readonly name: string
  readonly args: readonly Tree[]
}
export type Binary = { readonly kind: 'binary'; readonly op: string; readonly left: Tree; readonly right: Tree }

/** The expression has something that is not read or evaluated here. The message is a clause that names the part. */
export class Unsupported extends Error {}

/** A path may start at a type: `Patient.name`, unlike `name`. */
export const isTypeName = (name: string): boolean => /^[A-Z]/.test(name)

/** Types that every resource is of, or nearly every. https://hl7.org/fhir/R4/domainresource.html */
export const ABSTRACT_TYPES: ReadonlySet<string> = new Set(['Resource', 'DomainResource'])

/** A type as `is`, `as` and ofType() name it: `Quantity` or `FHIR.Quantity`; undefined for anything else. */
export function typeNamed(tree: Tree | undefined): string | undefined {
  if (tree?.kind !== 'member') return undefined
  const isQualified = tree.of?.kind === 'member' && tree.of.name === 'FHIR'
  return !tree.of || isQualified ? tree.name : undefined
}

/** The parts of a union: `A.x | (B.y as Z) | B.z` has three; anything else is one part. */
export const unionParts = (tree: Tree): readonly Tree[] =>
  tree.kind === 'binary' && tree.op === '|' ? [...unionParts(tree.left), ...unionParts(tree.right)] : [tree]

/** The tree and all trees in it, in the order of the text. */
export function* allTrees(tree: Tree): Iterable<Tree> {
  if ('of' in tree && tree.of) yield* allTrees(tree.of)
  yield tree
  for (const one of operands(tree)) yield* allTrees(one)
}

function operands(tree: Tree): readonly Tree[] {
  if (tree.kind === 'call') return tree.args
  if (tree.kind === 'index') return [tree.at]
  return tree.kind === 'binary' ? [tree.left, tree.right] : []
}
