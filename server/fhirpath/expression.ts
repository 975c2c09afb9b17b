/**
 * FHIRPath expressions, compiled once and evaluated on plain JSON without a trace left on it. What rules use most runs in
 * our own evaluator (evaluate.ts), the rest in HL7's engine (engine.ts). https://hl7.org/fhir/R4/fhirpath.html
 */
import { enginePath } from './engine.ts'
import { evaluator } from './evaluate.ts'
import { parse } from './parse.ts'
import type { PathEnv, PathExpression } from './scope.ts'
import { NO_LIMIT, TooManySteps } from './steps.ts'
import { Unsupported } from './tree.ts'
import { Bail } from './values.ts'

/**
 * Compiles an expression, or finds it compiled.
 * `base` is the element that the node is an instance of (`Patient.contact`), needed where the node is not a resource
 * and the expression walks through a choice type. Throws an Error whose message names what cannot be parsed.
 */
export function compilePath(expression: string, base?: string): PathExpression {
  const key = base ? `${base} ${expression}` : expression
  const cached = compiled.get(key)
  if (cached) return cached
  const fast = fastPath(expression)
  const slow = fast ? undefined : enginePath(expression, base)
  let fallback = slow
  const made: PathExpression = (node, env) => {
    if (!fast) return (slow as PathExpression)(node, env)
    try {
      return fast(node, env)
    } catch (error) {
      if (!(error instanceof Bail)) throw named(error, expression)
      return (fallback ??= enginePath(expression, base))(node, env)
    }
  }
  if (compiled.size > MOST) compiled.clear()
  compiled.set(key, made)
  return made
}

/**
 * Compiles a condition: is it met? As invariants are read: `true` alone is met; an empty result is not.
 * Throws as compilePath does.
 */
export function compileTest(expression: string, base?: string): (node: unknown, env?: PathEnv) => boolean {
  const fast = readonlyPath(expression)
  const values = fast ? undefined : compilePath(expression, base)
  let fallback: PathExpression | undefined
  return (node, env) => {
    if (!fast) return isTrue((values as PathExpression)(node, env))
    try {
      return isTrue(fast(node, env))
    } catch (error) {
      if (!(error instanceof Bail)) throw named(error, expression)
      return isTrue((fallback ??= enginePath(expression, base))(node, env))
    }
  }
}

/** With the expression in which the steps ended. */
function named(error: unknown, expression: string): unknown {
  if (error instanceof TooManySteps) error.expression ??= expression
  return error
}

const isTrue = (values: readonly unknown[]): boolean => values.length === 1 && values[0] === true

/** The values of an expression on a node. */
export function evaluate(expression: string, node: unknown, env?: PathEnv): unknown[] {
  return compilePath(expression)(node, env)
}

/** Is a condition met? As invariants are read: `true` alone is met; an empty result is not. */
export function holds(expression: string, node: unknown, env?: PathEnv): boolean {
  return isTrue(evaluate(expression, node, env))
}

/** The expression in our own evaluator; undefined when it has something that only HL7's engine evaluates. */
export function fastPath(expression: string): PathExpression | undefined {
  const run = readonlyPath(expression)
  return run && ((node, env) => [...run(node, env)])
}

type ReadonlyPath = (node: unknown, env?: PathEnv) => readonly unknown[]

function readonlyPath(expression: string): ReadonlyPath | undefined {
  if (fastPaths.has(expression)) return fastPaths.get(expression)
  if (fastPaths.size > MOST) fastPaths.clear()
  const made = makeReadonly(expression)
  fastPaths.set(expression, made)
  return made
}

function makeReadonly(expression: string): ReadonlyPath | undefined {
  try {
    const run = evaluator(parse(expression))
    return (node, env = NO_ENV) => {
      const { resource = node, variables = NO_VARIABLES, steps = NO_LIMIT } = env
      const { rootResource = resource } = env
      const input = [node]
      return run(input, { context: node, resource, rootResource, env, steps, variables }, input)
    }
  } catch (error) {
    if (error instanceof Unsupported) return undefined
    throw error
  }
}

const NO_ENV: PathEnv = {}
const NO_VARIABLES = {}

// Caches of pure functions: what they hold never changes what an expression answers.
const compiled = new Map<string, PathExpression>()
const fastPaths = new Map<string, ReadonlyPath | undefined>()
const MOST = 5000
