/** The form of a compiled expression. */

/** What an expression may look at besides its input. */
export type Scope = {
  readonly context: unknown
  readonly resource: unknown
  readonly rootResource: unknown
  /** It resolves; asked only where something is to be resolved. */
  readonly env: { readonly resolve?: (reference: string) => unknown }
  readonly variables: Readonly<Record<string, unknown>>
}

/** Evaluates for one input collection; `$this` is what the innermost where(), all(), ... looks at. */
export type Evaluate = (input: readonly unknown[], scope: Scope, self: readonly unknown[]) => readonly unknown[]
