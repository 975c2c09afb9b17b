/** How large a search may be. Each is a setting: docs/settings.md. */
export type SearchLimits = {
  readonly parameters: number
  /** Alternatives (`a,b`) of all parameters together. */
  readonly values: number
}

/** Where nobody set others. */
export const DEFAULT_LIMITS: SearchLimits = { parameters: 50, values: 200 }

/** For a search that was checked when it was stored: a limit that was lowered since does not break it. */
export const UNLIMITED: SearchLimits = { parameters: Infinity, values: Infinity }
