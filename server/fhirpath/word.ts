/** `system = 'urn:x'`, `status in ('a' | 'b')`: what rules ask most, without a collection where there is one text. */
import type { Evaluate } from './evaluate.ts'
import { stepOf } from './navigate.ts'
import type { Tree } from './parse.ts'
import { FALSE, TRUE } from './values.ts'

type Bag = Readonly<Record<string, unknown>>

/** The same as `otherwise`, which is asked for all that is not one text below one object. */
export function wordTest({ op, left, right }: Extract<Tree, { kind: 'binary' }>, otherwise: Evaluate): Evaluate {
  const words = op === '=' && right.kind === 'literal' ? wordsOf(right) : op === 'in' ? wordsOf(right) : undefined
  if (!words || left.kind !== 'member' || left.of !== undefined || /^[A-Z]/.test(left.name)) return otherwise
  const { name, beside } = stepOf(left.name)
  return (input, scope, self) => {
    const holder = input.length === 1 ? (input[0] as Bag | null | undefined) : undefined
    if (typeof holder === 'object' && holder !== null && holder[beside] === undefined) {
      const value = holder[name]
      if (typeof value === 'string') return words.includes(value) ? TRUE : FALSE
    }
    return otherwise(input, scope, self)
  }
}

/** A text, or several; undefined for others. Dates may be the same in other words, so they are not compared here. */
export function wordsOf(tree: Tree): readonly string[] | undefined {
  if (tree.kind === 'literal')
    return typeof tree.value === 'string' && !/^\d/.test(tree.value) ? [tree.value] : undefined
  if (tree.kind !== 'binary' || tree.op !== '|') return undefined
  const [one, other] = [wordsOf(tree.left), wordsOf(tree.right)]
  return one && other && [...one, ...other]
}
