/** Comparison prefixes of ordered values, and what each one compares. https://hl7.org/fhir/R4/search.html#prefix */

export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap'

const PREFIXED = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s

/** `ge2026` is `ge` and `2026`; a value without a prefix has `eq`. */
export function splitPrefix(text: string): { readonly prefix: Prefix; readonly value: string } {
  const [, prefix = 'eq', value = ''] = PREFIXED.exec(text) ?? []
  return { prefix: prefix as Prefix, value }
}

/** A half-open range [start, end). */
type HalfOpen = { readonly start: number; readonly end: number }

const contains = (searched: HalfOpen, target: HalfOpen): boolean =>
  searched.start <= target.start && target.end <= searched.end

/** The searched range against the range of the resource, clause by clause. The parser widens the range of `ap`. */
export const COMPARE: { readonly [prefix in Prefix]: (searched: HalfOpen, target: HalfOpen) => boolean } = {
  eq: contains,
  ne: (searched, target) => !contains(searched, target),
  gt: (searched, target) => target.end > searched.end,
  lt: (searched, target) => target.start < searched.start,
  ge: (searched, target) => target.end > searched.end || contains(searched, target),
  le: (searched, target) => target.start < searched.start || contains(searched, target),
  sa: (searched, target) => target.start >= searched.end,
  eb: (searched, target) => target.end <= searched.start,
  ap: (searched, target) => searched.start < target.end && target.start < searched.end,
}
