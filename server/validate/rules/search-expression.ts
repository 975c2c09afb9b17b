/**
 * The expression of a search parameter starts at its base types and names elements that they have.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression
 */
import { isChoice, type ElementNode } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structure-definition.ts'
import { parse } from '../../fhirpath/parse.ts'
import { isTypeName, unionParts, Unsupported, type Tree } from '../../fhirpath/tree.ts'
import type { SpecificationRule } from './specification-rule.ts'

/** Abstract types: the base of parameters of all, or nearly all, resources. */
const ABSTRACT = new Set<unknown>(['Resource', 'DomainResource'])

export const searchExpressionFitsBase: SpecificationRule = ({ expression, base }, { engine }) => {
  if (typeof expression !== 'string' || expression.length > MAX_LENGTH || !Array.isArray(base)) return []
  const invalid = (text: string) => [
    { detail: 'definition-invalid' as const, below: '/expression', text: `{at} ${text}` },
  ]
  for (const { type, steps } of pathsIn(expression)) {
    if (!engine.definitions.isResourceType(type)) continue
    if (!base.includes(type) && !base.some((one) => ABSTRACT.has(one)))
      return invalid(
        `starts at \`${type}\`, but the parameter is for ${base.map((one) => `\`${String(one)}\``).join(', ')}.`,
      )
    const undefinedPath = firstUndefined(type, steps, engine.definitions.structures)
    if (undefinedPath) return invalid(`names \`${undefinedPath}\`, which is not an element of ${type}.`)
  }
  return []
}

const MAX_LENGTH = 10_000

type ElementPath = { readonly type: string; readonly steps: readonly string[] }

/** The leading path of each part of a union: `Patient.name.given` of `Patient.name.given.first() | ...`. */
function pathsIn(expression: string): readonly ElementPath[] {
  try {
    return unionParts(parse(expression)).flatMap((part) => leadingPath(part)?.path ?? [])
  } catch (error) {
    // An expression that cannot be parsed is an issue of another rule.
    if (error instanceof Unsupported) return []
    throw error
  }
}

/** `isOpen`: only element names so far; a function, an index or an operator ends the path. */
type LeadingPath = { readonly path: ElementPath; readonly isOpen: boolean }

function leadingPath(tree: Tree): LeadingPath | undefined {
  if (tree.kind === 'member' && !tree.of)
    return isTypeName(tree.name) ? { path: { type: tree.name, steps: [] }, isOpen: true } : undefined
  const before = tree.kind === 'binary' ? tree.left : 'of' in tree ? tree.of : undefined
  const leading = before && leadingPath(before)
  if (tree.kind !== 'member' || !leading?.isOpen) return leading && { ...leading, isOpen: false }
  return { path: { ...leading.path, steps: [...leading.path.steps, tree.name] }, isOpen: true }
}

/** The first path that is not defined; undefined also after a choice of types or a content reference, which are not followed. */
function firstUndefined(type: string, steps: readonly string[], structures: Structures): string | undefined {
  let node: ElementNode | undefined = structures.tree(type)
  for (const [index, step] of steps.entries()) {
    const children = childrenOf(node, structures)
    if (!children) return undefined
    node = children.get(step)
    if (!node) return children.has(`${step}[x]`) ? undefined : [type, ...steps.slice(0, index + 1)].join('.')
  }
  return undefined
}

function childrenOf(node: ElementNode, structures: Structures): ElementNode['children'] | undefined {
  if (node.children.size > 0) return node.children
  const [only, ...more] = node.element.type ?? []
  if (!only || more.length > 0 || isChoice(node) || only.code === 'Resource') return undefined
  return structures.find(only.code) ? structures.tree(only.code).children : undefined
}
