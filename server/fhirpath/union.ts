/**
 * A search parameter for several types has a union as its expression, with parts for each of them.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression
 */
import { parse } from './parse.ts'
import { tokensOf } from './tokens.ts'
import { ABSTRACT_TYPES, isTypeName, Unsupported, type Tree } from './tree.ts'

/**
 * Of `A.x | (B.y as Z) | Resource.z` the parts about one type, as they are written; empty where there is none. What cannot
 * be parsed is left whole: compileSelector refuses it and names what is wrong.
 */
export function partsFor(type: string, expression: string): string {
  try {
    return unionTexts(expression)
      .filter((part) => concerns(parse(part), type))
      .join(' | ')
  } catch (error) {
    if (error instanceof Unsupported) return expression
    throw error
  }
}

/** May a path select something from a resource of this type? A path that names no type at its start is for all. */
function concerns(tree: Tree, type: string): boolean {
  if (tree.kind === 'binary') return concerns(tree.left, type) || (tree.op === '|' && concerns(tree.right, type))
  if ('of' in tree && tree.of) return concerns(tree.of, type)
  return tree.kind !== 'member' || !isTypeName(tree.name) || tree.name === type || ABSTRACT_TYPES.has(tree.name)
}

/** The texts between the `|` that are in no parentheses: of `A.x | (B.y as Z)` two. Throws as tokensOf does. */
export function unionTexts(text: string): readonly string[] {
  const parts: string[] = []
  let [depth, from] = [0, 0]
  for (const token of tokensOf(text)) {
    if ('([{'.includes(token.text)) depth++
    else if (')]}'.includes(token.text)) depth--
    else if (token.text === '|' && depth === 0) {
      parts.push(text.slice(from, token.at).trim())
      from = token.at + 1
    }
  }
  return [...parts, text.slice(from).trim()]
}
