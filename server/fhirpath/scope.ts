/** What an expression is evaluated with, and the forms that it has once it is compiled. */

import type { Steps } from './steps.ts'

/** What `today()` and `now()` go by: ms since 1970, and the zone whose day it is (default: the machine's). */
export type PathClock = { now(): number; readonly timeZone?: string }

/** What a caller may give to an expression along with the node. */
export type PathEnv = {
  /** `%resource`: the resource that holds the node; default: the node, if it is a resource. */
  readonly resource?: unknown
  /** `%rootResource`: the container of a contained resource; default: `resource`. */
  readonly rootResource?: unknown
  /** What `resolve()` finds for a reference; undefined = nothing. Default: resolves nothing. */
  readonly resolve?: (reference: string) => unknown
  /** What `today()` and `now()` go by; default: the machine's clock and zone. */
  readonly clock?: PathClock
  /** What it may do; default: no limit. */
  readonly steps?: Steps
  /** Further variables, by name without the percent sign. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Evaluates on one node; answers plain JSON values (dates as strings). Throws what HL7's engine throws. */
export type PathExpression = (node: unknown, env?: PathEnv) => unknown[]

/** What our own evaluator reads while it runs, with the defaults of PathEnv filled in. */
export type Scope = {
  readonly context: unknown
  readonly resource: unknown
  readonly rootResource: unknown
  readonly env: Pick<PathEnv, 'resolve' | 'clock'>
  readonly steps: Steps
  readonly variables: Readonly<Record<string, unknown>>
}

/** Evaluates for one input collection; `self` is `$this`, the item of the innermost where(), all(), exists(). */
export type Evaluate = (input: readonly unknown[], scope: Scope, self: readonly unknown[]) => readonly unknown[]
