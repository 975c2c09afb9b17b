/** The participants who are like a description: found by blocks and identifiers, compared, the best first. */
import { blocksOf } from '../domain/participant/blocks.ts'
import type { MatchingRule } from '../domain/participant/matching-rule.ts'
import { compareMatches, isNumberTelling, type Match } from '../domain/participant/score.ts'
import type { Traits } from '../domain/participant/traits.ts'
import type { View } from '../records/view.ts'
import type { Filter } from '../search/query.ts'
import type { FoundVersion } from '../store/store.ts'
import { BLOCK } from './index-entries.ts'
import { likeness, storedLikeness } from './participant-likeness.ts'

export type FoundMatch = Match & {
  readonly version: FoundVersion
  /**
   * Where the right social security number makes it certain, and both have one: is it the same? Undefined where the number
   * decides nothing.
   */
  readonly isRightNumber?: boolean
}

/** Among the participants that the view shows; those of the grade `certainly-not` too. */
export async function findMatches(view: View, matching: MatchingRule, traits: Traits): Promise<readonly FoundMatch[]> {
  const of = filtersOf(matching, traits)
  if (of.length === 0) return []
  const { versions } = await view.find({ type: 'Patient', where: { op: 'or', of }, limit: Infinity, withEntries: true })
  return versions
    .map((version): FoundMatch => {
      const other = storedLikeness(matching, version)
      const match = likeness(matching, { traits, tokens: new Set() }, other)
      const isDecided = traits.ssn !== undefined && other.traits.ssn !== undefined && isNumberTelling(match)
      return { ...match, version, ...(isDecided ? { isRightNumber: other.traits.ssn === traits.ssn } : {}) }
    })
    .sort(compareMatches)
}

/** Not by the social security number: it counts only where the birth date and the family name, so a block, agree. */
function filtersOf(matching: MatchingRule, traits: Traits): readonly Filter[] {
  const identifiers = traits.identifiers.map((text): Filter => {
    const bar = text.indexOf('|')
    return { op: 'token', param: 'identifier', system: text.slice(0, bar), code: text.slice(bar + 1) }
  })
  return [...identifiers, ...blocksOf(matching, traits).map((code): Filter => ({ op: 'token', param: BLOCK, code }))]
}
