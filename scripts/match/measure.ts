/** Precision and recall of the grades over a population whose duplicates are known. */
import { readFileSync } from 'node:fs'
import { blocksOf } from '../../server/domain/participant/blocks.ts'
import { createMatchingRule, type MatchingRule } from '../../server/domain/participant/matching-rule.ts'
import { compareMatches, matchOf, type Match, type MatchGrade } from '../../server/domain/participant/score.ts'
import { openedSsn } from '../../server/domain/participant/ssn.ts'
import { traitsOf, type Traits } from '../../server/domain/participant/traits.ts'
import type { Recorded } from './population.ts'

const table = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../capability/rules/${name}.json`, import.meta.url), 'utf8'))

export const matchingRule = (): MatchingRule =>
  createMatchingRule(table('matching') as never, table('nicknames') as never)

export type Figures = {
  readonly records: number
  readonly duplicates: number
  /** Pairs of each grade, and of these those that are one person. */
  readonly pairs: Readonly<Record<MatchGrade, { readonly all: number; readonly right: number }>>
  /** Right pairs among the certain ones. */
  readonly certainPrecision: number
  readonly probablePrecision: number
  /** Duplicates that are found with grade certain; probable or certain; at all. */
  readonly certainRecall: number
  readonly recall: number
  readonly possibleRecall: number
  /** Duplicates that share a block. */
  readonly blocked: number
  /** Participants compared for one match: on average, and at most. */
  readonly compared: { readonly mean: number; readonly most: number }
  /** Of the duplicates that are not found as probable: how often each mistake is among theirs. */
  readonly missed: Readonly<Record<string, number>>
}

/** Matches each duplicate against all first records, as `$match` does. */
export function measure(
  rule: MatchingRule,
  people: readonly Recorded[],
  wrong?: (pair: readonly [Recorded, Recorded], match: Match) => void,
): Figures {
  const described = people.map((one) => ({ ...one, traits: describe(rule, one) }))
  const index = new Map<string, number[]>()
  for (const [at, { traits }] of described.entries())
    for (const block of blocksOf(rule, traits)) index.set(block, [...(index.get(block) ?? []), at])
  const pairs: Record<MatchGrade, { all: number; right: number }> = {
    certain: none(),
    probable: none(),
    possible: none(),
    'certainly-not': none(),
  }
  const found: Record<MatchGrade, number> = { certain: 0, probable: 0, possible: 0, 'certainly-not': 0 }
  const missed: Record<string, number> = {}
  let [compared, most, blocked] = [0, 0, 0]
  const duplicates = described.filter(({ mistakes }) => mistakes !== undefined)
  for (const one of duplicates) {
    const candidates = new Set(blocksOf(rule, one.traits).flatMap((block) => index.get(block) ?? []))
    candidates.delete(described.indexOf(one))
    compared += candidates.size
    most = Math.max(most, candidates.size)
    const matches = [...candidates]
      .map((at) => ({ other: described[at]!, ...matchOf(rule, one.traits, described[at]!.traits) }))
      .sort(compareMatches)
    for (const match of matches) {
      const isRight = match.other.person === one.person
      pairs[match.grade].all += 1
      if (isRight) pairs[match.grade].right += 1
      else if (match.grade === 'certain') wrong?.([one, match.other], match)
    }
    const own = matches.find(({ other }) => other.person === one.person)
    if (own) blocked += 1
    found[own?.grade ?? 'certainly-not'] += 1
    if (own?.grade !== 'certain' && own?.grade !== 'probable')
      for (const mistake of one.mistakes ?? []) missed[mistake] = (missed[mistake] ?? 0) + 1
  }
  const count = duplicates.length
  return {
    records: people.length,
    duplicates: count,
    pairs,
    certainPrecision: pairs.certain.right / pairs.certain.all,
    probablePrecision: pairs.probable.right / pairs.probable.all,
    certainRecall: found.certain / count,
    recall: (found.certain + found.probable) / count,
    possibleRecall: (found.certain + found.probable + found.possible) / count,
    blocked: blocked / count,
    compared: { mean: compared / count, most },
    missed,
  }
}

const none = () => ({ all: 0, right: 0 })

/** Numbers are compared as such here; the hub compares their keyed hashes. */
function describe(rule: MatchingRule, { patient }: Recorded): Traits {
  const { digits } = openedSsn(patient, 'Patient')
  return traitsOf(rule, patient, digits)
}
