/**
 * The expression of a search parameter starts at types that the parameter is for, and names elements that they have.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression
 */
import { isChoice, type ElementNode } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structures.ts'
import type { Rule } from './index.ts'

/** Types that all, or nearly all, resources are of. */
const ABSTRACT = new Set<unknown>(['Resource', 'DomainResource'])

export const expressionOfBase: Rule = ({ expression, base }, { engine }) => {
  if (typeof expression !== 'string' || expression.length > LONGEST || !Array.isArray(base)) return []
  const told = (text: string) => [{ code: 'definition-invalid' as const, below: '/expression', text: `{at} ${text}` }]
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
const pathsIn = (expression: string): readonly Path[] =>
  // What stands in texts may hold anything.
  expression
    .replace(/'(?:[^'\\]|\\.)*'/g, "''")
    .split('|')
    .flatMap((part) => {
      const [, type = '', rest = ''] = /^\s*\(*\s*([A-Z][A-Za-z]+)((?:\.[a-z][A-Za-z]*\b(?!\s*\())*)/.exec(part) ?? []
      return type ? [{ type, steps: rest.split('.').slice(1) }] : []
    })

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
