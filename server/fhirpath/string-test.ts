/** `system = 'urn:x'`, `status in ('a' | 'b')`: the tests that rules have most, without a collection for one string. */
import type { JsonObject } from '../fhir/types.ts'
import { elementName } from './navigate.ts'
import type { Evaluate } from './scope.ts'
import { isTypeName, type Binary, type Tree } from './tree.ts'
import { FALSE, TRUE } from './values.ts'

/** Answers as `otherwise`, which runs for everything that is not one string below one object. */
export function stringTest({ op, left, right }: Binary, otherwise: Evaluate): Evaluate {
  const strings = op === '=' && right.kind === 'literal' ? stringsOf(right) : op === 'in' ? stringsOf(right) : undefined
  if (!strings || left.kind !== 'member' || left.of !== undefined || isTypeName(left.name)) return otherwise
  const { name, underscored } = elementName(left.name)
  return (input, scope, self) => {
    const holder = input.length === 1 ? (input[0] as JsonObject | null | undefined) : undefined
    if (typeof holder === 'object' && holder !== null && holder[underscored] === undefined) {
      const value = holder[name]
      if (typeof value === 'string') return strings.includes(value) ? TRUE : FALSE
    }
    return otherwise(input, scope, self)
  }
}

/** One string literal, or several in a union; undefined for others. Equal dates may be written differently, so none count. */
export function stringsOf(tree: Tree): readonly string[] | undefined {
  if (tree.kind === 'literal')
    return typeof tree.value === 'string' && !/^\d/.test(tree.value) ? [tree.value] : undefined
  if (tree.kind !== 'binary' || tree.op !== '|') return undefined
  const [one, other] = [stringsOf(tree.left), stringsOf(tree.right)]
  return one && other && [...one, ...other]
}
