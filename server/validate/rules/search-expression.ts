/**
 * The expression of a search parameter starts at types that the parameter is for, and names elements that they have.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression
 */
import { isChoice, type ElementNode } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structures.ts'
import { parse } from '../../fhirpath/parse.ts'
import { isTypeName, unionParts, Unsupported, type Tree } from '../../fhirpath/tree.ts'
import type { SpecificationRule } from './specification-rule.ts'

/** Types that all, or nearly all, resources are of. */
const ABSTRACT = new Set<unknown>(['Resource', 'DomainResource'])

export const expressionOfBase: SpecificationRule = ({ expression, base }, { engine }) => {
  if (typeof expression !== 'string' || expression.length > LONGEST || !Array.isArray(base)) return []
  const told = (text: string) => [{ detail: 'definition-invalid' as const, below: '/expression', text: `{at} ${text}` }]
  for (const { type, steps } of pathsIn(expression)) {
    if (!engine.definitions.isResourceType(type)) continue
    if (!base.includes(type) && !base.some((one) => ABSTRACT.has(one)))
      return told(
        `starts at \`${type}\`, but the parameter is for ${base.map((one) => `\`${String(one)}\``).join(', ')}.`,
      )
    const lost = firstLost(type, steps, engine.definitions.structures)
    if (lost) return told(`names \`${lost}\`, which is no element of ${type}.`)
  }
  return []
}

const LONGEST = 10_000

type Path = { readonly type: string; readonly steps: readonly string[] }

/** The plain beginnings of the parts of a union: `Patient.name.given` of `Patient.name.given.first() | ...`. */
function pathsIn(expression: string): readonly Path[] {
  try {
    return unionParts(parse(expression)).flatMap((part) => beginning(part)?.path ?? [])
  } catch (error) {
    // That it cannot be parsed is another rule's issue.
    if (error instanceof Unsupported) return []
    throw error
  }
}

/** Does the path go on in plain names, or has a function, an index or an operator ended that? */
type Beginning = { readonly path: Path; readonly isPlain: boolean }

function beginning(tree: Tree): Beginning | undefined {
  if (tree.kind === 'member' && !tree.of)
    return isTypeName(tree.name) ? { path: { type: tree.name, steps: [] }, isPlain: true } : undefined
  const before = tree.kind === 'binary' ? tree.left : 'of' in tree ? tree.of : undefined
  const begun = before && beginning(before)
  if (tree.kind !== 'member' || !begun?.isPlain) return begun && { ...begun, isPlain: false }
  return { path: { ...begun.path, steps: [...begun.path.steps, tree.name] }, isPlain: true }
}

/** Where a choice of types or a content reference begins, nobody can tell by the name alone. */
function firstLost(type: string, steps: readonly string[], structures: Structures): string | undefined {
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
