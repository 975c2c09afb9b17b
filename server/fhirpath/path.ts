/**
 * FHIRPath: expressions compiled once and evaluated on plain JSON, without a trace left on it. What rules use most runs
 * as plain functions (fastpath/), the rest on HL7's engine. The only file that knows the fhirpath package. https://hl7.org/fhir/R4/fhirpath.html
 */
import { createRequire } from 'node:module'
import { compile } from './compile.ts'
import type { PathClock } from './evaluate.ts'
import { parse, Unsupported } from './parse.ts'
import { regularExpression } from './pattern.ts'
import { Bail } from './values.ts'

export type { PathClock } from './evaluate.ts'

/** What an expression may look at besides the node itself. */
export type PathEnv = {
  /** `%resource`: the resource that holds the node; default: the node, if it is a resource. */
  readonly resource?: unknown
  /** `%rootResource`: the container of a contained resource; default: `resource`. */
  readonly rootResource?: unknown
  /** What `resolve()` finds for a reference; undefined = nothing. Default: resolves nothing. */
  readonly resolve?: (reference: string) => unknown
  /** What `today()` and `now()` go by; default: the machine's clock and zone, by which HL7's engine goes always. */
  readonly clock?: PathClock
  /** Further variables, by name without the percent sign. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Evaluates on one node; answers plain JSON values (dates as strings). Throws what the engine throws. */
export type PathExpression = (node: unknown, env?: PathEnv) => unknown[]

/**
 * Compiles an expression, or finds it compiled.
 * `base` is the element that the node is an instance of (`Patient.contact`), needed where the node is not a resource
 * and the expression walks through a choice type. Throws an Error whose message names what cannot be parsed.
 */
export function compilePath(expression: string, base?: string): PathExpression {
  const key = base ? `${base} ${expression}` : expression
  const known = compiled.get(key)
  if (known) return known
  const fast = fastPath(expression)
  const slow = fast ? undefined : enginePath(expression, base)
  let fallback = slow
  const made: PathExpression = (node, env) => {
    if (!fast) return (slow as PathExpression)(node, env)
    try {
      return fast(node, env)
    } catch (fault) {
      if (!(fault instanceof Bail)) throw fault
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
    } catch (fault) {
      if (!(fault instanceof Bail)) throw fault
      return isTrue((fallback ??= enginePath(expression, base))(node, env))
    }
  }
}

const isTrue = (values: readonly unknown[]): boolean => values.length === 1 && values[0] === true

/** The expression as plain functions; undefined when it has something that only the engine knows. */
export function fastPath(expression: string): PathExpression | undefined {
  const run = readonlyPath(expression)
  return run && ((node, env) => [...run(node, env)])
}

type ReadonlyPath = (node: unknown, env?: PathEnv) => readonly unknown[]

const plainly = new Map<string, ReadonlyPath | undefined>()

function readonlyPath(expression: string): ReadonlyPath | undefined {
  if (plainly.has(expression)) return plainly.get(expression)
  if (plainly.size > MOST) plainly.clear()
  const made = makeReadonly(expression)
  plainly.set(expression, made)
  return made
}

function makeReadonly(expression: string): ReadonlyPath | undefined {
  try {
    const run = compile(parse(expression))
    return (node, env = NO_ENV) => {
      const { resource = node, variables = NO_VARIABLES } = env
      const { rootResource = resource } = env
      const input = [node]
      return run(input, { context: node, resource, rootResource, env, variables }, input)
    }
  } catch (fault) {
    if (fault instanceof Unsupported) return undefined
    throw fault
  }
}

/** The expression by HL7's engine. */
export function enginePath(expression: string, base?: string): PathExpression {
  const compileFrom = (from?: string): Run => {
    const { fhirpath, model } = engine()
    return read(() => fhirpath.compile(from ? { base: from, expression } : expression, model, OPTIONS), expression)
  }
  const typed = compileFrom(base)
  // The engine cannot take a number together with a base; a number tells its type by itself.
  let bare: Run | undefined
  return (node, env = {}) => {
    const resource = env.resource ?? node
    const variables = {
      ...env.variables,
      resource,
      rootResource: env.rootResource ?? resource,
      [RESOLVER]: env.resolve,
    }
    return plain(base && typeof node === 'number' ? (bare ??= compileFrom())(node, variables) : typed(node, variables))
  }
}

const NO_ENV: PathEnv = {}
const NO_VARIABLES = {}

/** The values of an expression on a node. */
export function evaluate(expression: string, node: unknown, env?: PathEnv): unknown[] {
  return compilePath(expression)(node, env)
}

/** Is a condition met? As invariants are read: `true` alone is met; an empty result is not. */
export function holds(expression: string, node: unknown, env?: PathEnv): boolean {
  return isTrue(evaluate(expression, node, env))
}

type Run = (node: unknown, variables: Record<string, unknown>) => unknown[]
type Engine = { compile(path: string | { base: string; expression: string }, model: unknown, options: object): Run }
type NodeTypes = { ResourceNode: { makeResNode(context: unknown, data: unknown): unknown } }
type Node = { data?: unknown; toJSON?: () => unknown }

const RESOLVER = 'hubResolver'

// `internalStructures` lets resolve() hand back nodes as they are; the resolver travels as a variable.
const OPTIONS = {
  resolveInternalTypes: false,
  traceFn: () => undefined,
  userInvocationTable: {
    resolve: { fn: resolveAll, internalStructures: true },
    matches: { fn: matches, arity: { 1: ['String'] } },
  },
}

// A cache of pure functions: what it holds never changes what an expression answers.
const compiled = new Map<string, PathExpression>()
const MOST = 5000
let loaded: { fhirpath: Engine; model: unknown; types: NodeTypes } | undefined

// Loaded on first use: the engine takes longer to load than the hub may take to start.
function engine() {
  const load = createRequire(import.meta.url)
  loaded ??= {
    fhirpath: load('fhirpath') as Engine,
    model: load('fhirpath/fhir-context/r4') as unknown,
    types: load('fhirpath/src/types') as NodeTypes,
  }
  return loaded
}

// The parser's own message may be about its inner state; ours names the expression.
function read<T>(compile: () => T, expression: string): T {
  try {
    return compile()
  } catch (cause) {
    throw new Error(`The FHIRPath expression \`${expression}\` cannot be parsed.`, { cause })
  }
}

// The answer must be a node of the engine again, or `resolve() is Patient` would not see a resource in it.
function resolveAll(this: { vars: Record<string, unknown> }, nodes: readonly unknown[]): unknown[] {
  const resolver = this.vars[RESOLVER] as PathEnv['resolve']
  if (!resolver) return []
  return plain(nodes).flatMap((value) => {
    const reference = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
    const found = typeof reference === 'string' ? resolver(reference) : undefined
    return found === undefined ? [] : [engine().types.ResourceNode.makeResNode(this, found)]
  })
}

// The engine marks objects that it hands out; asking for its inner nodes and unwrapping them here leaves no mark.
function plain(values: readonly unknown[]): unknown[] {
  const out: unknown[] = []
  for (const value of values) {
    const inner = isNode(value) ? value.data : value
    const bare = hasJson(inner) ? inner.toJSON() : inner
    if (bare !== undefined && bare !== null) out.push(bare)
  }
  return out
}

// The engine's own matches() refuses some patterns of R4's rules.
function matches(inputs: readonly unknown[], pattern: unknown): boolean | readonly [] {
  if (inputs.length === 0 || typeof pattern !== 'string') return []
  return regularExpression(pattern).test(String(inputs[0]))
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'data' in value && 'parentResNode' in value

const hasJson = (value: unknown): value is { toJSON: () => unknown } =>
  typeof value === 'object' && value !== null && typeof (value as Node).toJSON === 'function'
