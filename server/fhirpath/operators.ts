/** The operators of FHIRPath that rules use most. https://hl7.org/fhirpath/N1/#operations */
import type { Evaluate } from './scope.ts'
import { BAIL, compare, condition, distinct, FALSE, NONE, same, TRUE, truth } from './values.ts'

type Operator = (left: readonly unknown[], right: readonly unknown[]) => readonly unknown[]

/** A condition; undefined where it is unknown. */
type Ternary = boolean | undefined

/** The second operand is not evaluated where the first decides. https://hl7.org/fhirpath/N1/#boolean-logic */
export const LOGIC: Readonly<Record<string, (one: Evaluate, other: Evaluate) => Evaluate>> = {
  and: (one, other) => (input, scope, self) => {
    const first = condition(one(input, scope, self))
    if (first === false) return FALSE
    const second = condition(other(input, scope, self))
    return second === false ? FALSE : truth(first && second)
  },
  or: (one, other) => (input, scope, self) => {
    const first = condition(one(input, scope, self))
    return first === true ? TRUE : either(first, condition(other(input, scope, self)))
  },
  xor: (one, other) => (input, scope, self) => {
    const [first, second] = [condition(one(input, scope, self)), condition(other(input, scope, self))]
    return truth(first === undefined || second === undefined ? undefined : first !== second)
  },
  implies: (one, other) => (input, scope, self) => {
    const first = condition(one(input, scope, self))
    return first === false ? TRUE : either(first === true ? false : first, condition(other(input, scope, self)))
  },
}

/** Of operands of which the first is not true. */
const either = (first: Ternary, second: Ternary): readonly unknown[] =>
  truth(second === true ? true : first === undefined || second === undefined ? undefined : false)

export const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': (left, right) => truth(equal(left, right)),
  '!=': (left, right) => {
    const isEqual = equal(left, right)
    return truth(isEqual === undefined ? undefined : !isEqual)
  },
  '<': ordered((order) => order < 0),
  '>': ordered((order) => order > 0),
  '<=': ordered((order) => order <= 0),
  '>=': ordered((order) => order >= 0),
  '&': (left, right) => [text(left) + text(right)],
  '+': (left, right) => (left.length === 0 || right.length === 0 ? NONE : [sum(left, right)]),
  '|': (left, right) => distinct([...left, ...right]),
  in: (left, right) => {
    if (left.length === 0) return NONE
    if (left.length > 1) throw BAIL
    return truth(isAmong(left[0], right))
  },
  contains: (left, right) => {
    if (right.length === 0) return NONE
    if (right.length > 1) throw BAIL
    return truth(isAmong(right[0], left))
  },
}

function ordered(test: (order: number) => boolean): Operator {
  return (left, right) => {
    if (left.length === 0 || right.length === 0) return NONE
    if (left.length > 1 || right.length > 1) throw BAIL
    const order = compare(left[0], right[0])
    return order === undefined ? NONE : truth(test(order))
  }
}

function equal(left: readonly unknown[], right: readonly unknown[]): Ternary {
  if (left.length === 0 || right.length === 0) return undefined
  if (left.length !== right.length) return false
  return left.length === 1 ? same(left[0], right[0]) : left.every((value, index) => same(value, right[index]))
}

/** Of whole numbers: decimals are added as they are written, which HL7's engine does. */
function sum([one, ...more]: readonly unknown[], [other, ...others]: readonly unknown[]): number {
  if (more.length + others.length > 0 || !Number.isInteger(one) || !Number.isInteger(other)) throw BAIL
  return (one as number) + (other as number)
}

function isAmong(expected: unknown, values: readonly unknown[]): boolean {
  for (const value of values) if (same(value, expected)) return true
  return false
}

// To `&` an empty collection is an empty text.
function text(values: readonly unknown[]): string {
  if (values.length === 0) return ''
  if (values.length > 1 || typeof values[0] !== 'string') throw BAIL
  return values[0]
}
