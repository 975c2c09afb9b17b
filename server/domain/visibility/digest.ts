/** A digest of what circles and audiences are computed by, to find those that were computed by another rule. */
import { createHash } from 'node:crypto'
import type { ReadDate } from './circle.ts'
import type { VisibilityRule } from './rule.ts'

// A cache of a pure function of what never changes while the hub runs.
const digests = new WeakMap<VisibilityRule, WeakMap<ReadDate, string>>()

/** Different for another rule, and for another time zone, which moves the days on which periods begin and end. */
export function visibilityDigest(rule: VisibilityRule, range: ReadDate): string {
  const byRange = digests.get(rule) ?? new WeakMap<ReadDate, string>()
  digests.set(rule, byRange)
  const digest = byRange.get(range) ?? compute(rule, range)
  byRange.set(range, digest)
  return digest
}

const compute = (rule: VisibilityRule, range: ReadDate): string =>
  createHash('sha256')
    .update(JSON.stringify([rule, range('2026-01-01'), range('2026-07-01')]))
    .digest('hex')
