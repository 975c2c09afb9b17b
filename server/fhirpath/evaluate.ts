/** The form of a compiled expression. */

/** What `today()` and `now()` go by: ms since 1970, and the zone whose day it is (default: the machine's). */
export type PathClock = { now(): number; readonly timeZone?: string }

/** What an expression may look at besides its input. */
export type Scope = {
  readonly context: unknown
  readonly resource: unknown
  readonly rootResource: unknown
  /** It resolves; asked only where something is to be resolved. */
  readonly env: { readonly resolve?: (reference: string) => unknown; readonly clock?: PathClock }
  readonly variables: Readonly<Record<string, unknown>>
}

/** Evaluates for one input collection; `$this` is what the innermost where(), all(), ... looks at. */
export type Evaluate = (input: readonly unknown[], scope: Scope, self: readonly unknown[]) => readonly unknown[]
