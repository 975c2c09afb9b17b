/**
 * The tables by which descriptions of participants are compared: capability/rules/matching.json (weights and grades) and
 * capability/rules/nicknames.json.
 */
import { fold } from './spelling.ts'

/** Raise it when blocks.ts, traits.ts or spelling.ts makes other blocks of a participant: stored ones are indexed again. */
const BLOCKING = 1

/** What is compared, each with the levels of its agreement. `missing`: at least one of the two does not say. */
export type Agreement = {
  readonly identifier: 'same' | 'different' | 'missing'
  readonly ssn: 'same' | 'different' | 'missing'
  readonly family: 'exact' | 'part' | 'similar' | 'phonetic' | 'crossed' | 'different' | 'missing'
  readonly given: 'exact' | 'nickname' | 'similar' | 'middle' | 'crossed' | 'initial' | 'different' | 'missing'
  readonly middle: 'exact' | 'initial' | 'different' | 'missing'
  readonly birthDate: 'exact' | 'swapped' | 'digits' | 'near' | 'partial' | 'different' | 'missing'
  readonly gender: 'same' | 'different' | 'missing'
  readonly phone: 'same' | 'different' | 'missing'
  readonly email: 'same' | 'different' | 'missing'
  readonly address: 'exact' | 'similar' | 'area' | 'different' | 'missing'
}

export type MatchField = keyof Agreement

/** Levels by field: a pair meets it when each field named has one of its levels. */
export type LevelRequirement = Readonly<Partial<Record<MatchField, readonly string[]>>>

export type MatchingTable = {
  /** Binary logarithm of the odds against two participants being one person, before anything is compared. */
  readonly prior: number
  readonly weights: Readonly<Record<MatchField, Readonly<Record<string, number>>>>
  /** The least weight of a grade. */
  readonly grades: { readonly probable: number; readonly possible: number }
  readonly certain: readonly LevelRequirement[]
  readonly never: readonly LevelRequirement[]
  readonly suffixes: readonly string[]
  readonly streetWords: Readonly<Record<string, string>>
  readonly unitWords: readonly string[]
}

export type NicknameTable = { readonly names: readonly (readonly string[])[] }

export type MatchingRule = {
  readonly table: MatchingTable
  /** The names that a given name may stand for, itself included: `BILL` gives `WILLIAM` and `BILL`. */
  canonicalNames(given: string): readonly string[]
  readonly suffixes: ReadonlySet<string>
  readonly unitWords: ReadonlySet<string>
  /** What index entries depend on: another text for other tables. */
  readonly tables: readonly unknown[]
}

export function createMatchingRule(table: MatchingTable, nicknames: NicknameTable): MatchingRule {
  const formal = new Map<string, Set<string>>()
  for (const [name = '', ...others] of nicknames.names) {
    for (const one of [name, ...others].map(fold)) {
      const names = formal.get(one) ?? new Set()
      formal.set(one, names.add(fold(name)))
    }
  }
  return {
    table,
    canonicalNames: (given) => [...new Set([...(formal.get(given) ?? []), given])],
    suffixes: new Set(table.suffixes),
    unitWords: new Set(table.unitWords),
    tables: [BLOCKING, nicknames.names, table.suffixes, table.streetWords, table.unitWords],
  }
}
