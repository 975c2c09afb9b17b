/** How large a search may be. Each is a setting: docs/settings.md. */
export type SearchLimits = {
  readonly parameters: number
  /** Alternatives (`a,b`) of all parameters together. */
  readonly values: number
  /** References that one parameter leads over: `subject.organization.name` leads over two. */
  readonly chain: number
  /** Records that one step of a chain may find. What finds more would hold up everybody else. */
  readonly onTheWay: number
  /** Matches, or versions, of a page. */
  readonly count: number
  /** Records that are included with a page. */
  readonly included: number
  /** Steps that `:iterate` follows from a match. */
  readonly iterate: number
}

/** Where nobody set others. */
export const DEFAULT_LIMITS: SearchLimits = {
  parameters: 50,
  values: 200,
  chain: 3,
  onTheWay: 5_000,
  count: 200,
  included: 1_000,
  iterate: 20,
}

/** For a search that was checked when it was stored: a limit that was lowered since does not break it. */
export const UNLIMITED: SearchLimits = { ...DEFAULT_LIMITS, parameters: Infinity, values: Infinity, chain: Infinity }
