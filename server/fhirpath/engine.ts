/**
 * FHIRPath by HL7's engine, which knows all of the language and the types of R4's elements. The only file that imports
 * the package fhirpath. https://github.com/HL7/fhirpath.js
 */
import { createRequire } from 'node:module'
import { dayOf, momentOf } from './functions.ts'
import { matches, replaceMatches } from './pattern.ts'
import type { PathEnv, PathExpression } from './scope.ts'
import { NO_LIMIT, stepsOfText, TooManySteps, type Steps } from './steps.ts'

/** Compiles as compilePath of expression.ts does, whose parameters it has. */
export function enginePath(expression: string, base?: string): PathExpression {
  const compileFrom = (from?: string): Run => {
    const { fhirpath, model } = engine()
    return named(expression, () => fhirpath.compile(from ? { base: from, expression } : expression, model, OPTIONS))
  }
  const typed = compileFrom(base)
  // The engine cannot take a number together with a base; the type of a number shows without one.
  let bare: Run | undefined
  return (node, env = {}) => {
    const resource = env.resource ?? node
    const variables = {
      ...env.variables,
      resource,
      rootResource: env.rootResource ?? resource,
      [RESOLVER]: env.resolve,
      [CLOCK]: env.clock,
      [STEPS]: env.steps,
    }
    const run = base && typeof node === 'number' ? (bare ??= compileFrom()) : typed
    try {
      return plain(run(node, variables))
    } catch (error) {
      if (error instanceof TooManySteps) error.expression ??= expression
      throw error
    }
  }
}

type Run = (node: unknown, variables: Record<string, unknown>) => unknown[]
type Engine = { compile(path: string | { base: string; expression: string }, model: unknown, options: object): Run }
type MakeDate = new (context: unknown, text: string) => unknown
type NodeTypes = {
  ResourceNode: { makeResNode(context: unknown, data: unknown): unknown }
  FP_Date: MakeDate
  FP_DateTime: MakeDate
}
type ResourceNode = { data?: unknown; toJSON?: () => unknown }

const RESOLVER = 'hubResolver'
const CLOCK = 'hubClock'
const STEPS = 'hubSteps'

// `internalStructures` lets resolve() hand back nodes as they are; the resolver and the clock travel as variables.
const OPTIONS = {
  resolveInternalTypes: false,
  traceFn: () => undefined,
  debugger: countStep,
  userInvocationTable: {
    resolve: { fn: resolveAll, internalStructures: true },
    matches: { fn: matchesPart, arity: { 1: ['String'] }, internalStructures: true },
    matchesFull: { fn: matchesFull, arity: { 1: ['String'] }, internalStructures: true },
    replaceMatches: { fn: replaceEvery, arity: { 2: ['String', 'String'] }, internalStructures: true },
    repeat: { fn: repeat, arity: { 1: ['Expr'] }, internalStructures: true },
    today: { fn: today, arity: { 0: [] }, internalStructures: true },
    now: { fn: now, arity: { 0: [] }, internalStructures: true },
  },
}

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
function named<T>(expression: string, compile: () => T): T {
  try {
    return compile()
  } catch (cause) {
    throw new Error(`The FHIRPath expression \`${expression}\` cannot be parsed.`, { cause })
  }
}

// The answer must be a node of the engine again, or `resolve() is Patient` would not see a resource in it.
function resolveAll(this: Scoped, nodes: readonly unknown[]): unknown[] {
  const resolver = this.vars[RESOLVER] as PathEnv['resolve']
  if (!resolver) return []
  return plain(nodes).flatMap((value) => {
    const reference = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
    const found = typeof reference === 'string' ? resolver(reference) : undefined
    return found === undefined ? [] : [engine().types.ResourceNode.makeResNode(this, found)]
  })
}

type Scoped = { vars: Record<string, unknown> }

// The engine's own go by the machine's clock and zone.
function today(this: Scoped): unknown {
  return new (engine().types.FP_Date)(this, dayOf(this.vars[CLOCK] as PathEnv['clock']))
}

function now(this: Scoped): unknown {
  return new (engine().types.FP_DateTime)(this, momentOf(this.vars[CLOCK] as PathEnv['clock']))
}

// The engine marks objects that it hands out; taking its inner nodes and unwrapping them here leaves no mark.
function plain(values: readonly unknown[]): unknown[] {
  const out: unknown[] = []
  for (const value of values) {
    const inner = isNode(value) ? value.data : value
    const bare = hasJson(inner) ? inner.toJSON() : inner
    if (bare !== undefined && bare !== null) out.push(bare)
  }
  return out
}

// The engine's own refuse some patterns of R4's rules, and take exponential time for others.
function matchesPart(this: Scoped, inputs: readonly unknown[], pattern: unknown): boolean | readonly [] {
  if (inputs.length === 0 || typeof pattern !== 'string') return []
  return matches(String(plain(inputs)[0]), pattern, stepsOf(this))
}

function matchesFull(this: Scoped, inputs: readonly unknown[], pattern: unknown): boolean | readonly [] {
  return typeof pattern === 'string' ? matchesPart.call(this, inputs, `^(?:${pattern})$`) : []
}

function replaceEvery(this: Scoped, inputs: readonly unknown[], pattern: unknown, replacement: unknown) {
  if (inputs.length === 0 || typeof pattern !== 'string' || typeof replacement !== 'string') return []
  return [replaceMatches(String(plain(inputs)[0]), { pattern, replacement }, stepsOf(this))]
}

const stepsOf = ({ vars }: Scoped): Steps => (vars[STEPS] as Steps | undefined) ?? NO_LIMIT

type Nodes = readonly unknown[]

/** The engine's own compares each value with each that was found before. */
function repeat(this: Scoped, inputs: Nodes, project: (node: unknown) => Nodes): Nodes {
  const found: unknown[] = []
  const seen = new Set<string>()
  let level = inputs
  while (level.length > 0) {
    const next: unknown[] = []
    for (const node of level.flatMap((one) => project(one))) {
      const key = JSON.stringify(plain([node]))
      stepsOf(this).spend(stepsOfText(key))
      if (seen.has(key)) continue
      seen.add(key)
      next.push(node)
      found.push(node)
    }
    level = next
  }
  return found
}

/** A step of the engine takes as long as so many of ours. */
const WEIGHT = 10

/** Called by the engine for each part of the expression that it has evaluated. */
function countStep(context: Scoped, input: unknown, result: unknown, { text = '' }: { readonly text?: string }): void {
  const [first] = Array.isArray(result) ? (result as readonly unknown[]) : [result]
  const values = lengthOf(result)
  const compared = COMPARING.test(text) ? Math.max(lengthOf(input), values) ** 2 : 0
  const characters = typeof first === 'string' ? stepsOfText(first) : 0
  stepsOf(context).spend(WEIGHT * (1 + values) + compared + characters)
}

const lengthOf = (values: unknown): number => (Array.isArray(values) ? values.length : 1)

/** The functions in which the engine may compare each value with each. */
const COMPARING = /^(?:distinct|isDistinct|union|intersect|exclude|subsetOf|supersetOf)\(|\|/

const isNode = (value: unknown): value is ResourceNode =>
  typeof value === 'object' && value !== null && 'data' in value && 'parentResNode' in value

const hasJson = (value: unknown): value is { toJSON: () => unknown } =>
  typeof value === 'object' && value !== null && typeof (value as ResourceNode).toJSON === 'function'
