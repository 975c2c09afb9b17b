/**
 * From an agreement to a grade: the weights of Fellegi and Sunter (https://doi.org/10.1080/01621459.1969.10501049), added.
 * Grades: https://hl7.org/fhir/R4/valueset-match-grade.html
 */
import { compareTraits } from './compare.ts'
import type { Agreement, LevelRequirement, MatchField, MatchingRule } from './matching-rule.ts'
import type { Traits } from './traits.ts'

export type MatchGrade = 'certain' | 'probable' | 'possible' | 'certainly-not'

export type Match = {
  readonly grade: MatchGrade
  /** The probability that it is the same person, from 0 to 1: `Bundle.entry.search.score`. */
  readonly score: number
  readonly weight: number
  readonly agreement: Agreement
}

/** In: what two participants are described by, in either order. */
export function matchOf(rule: MatchingRule, a: Traits, b: Traits): Match {
  const agreement = compareTraits(rule, a, b)
  const fields = Object.keys(agreement) as readonly MatchField[]
  const weight = fields.reduce((sum, field) => sum + (rule.table.weights[field][agreement[field]] ?? 0), 0)
  const grade = gradeOf(rule, agreement, weight)
  return { grade, score: scoreOf(rule, weight, grade), weight, agreement }
}

/** The best first: by grade, then by weight. */
export const compareMatches = (a: Match, b: Match): number =>
  GRADES.indexOf(a.grade) - GRADES.indexOf(b.grade) || b.weight - a.weight

const GRADES: readonly MatchGrade[] = ['certain', 'probable', 'possible', 'certainly-not']

function gradeOf({ table }: MatchingRule, agreement: Agreement, weight: number): MatchGrade {
  const meets = (one: LevelRequirement): boolean =>
    Object.entries(one).every(([field, levels]) => levels.includes(agreement[field as MatchField]))
  if (table.certain.some(meets) && !table.never.some(meets)) return 'certain'
  if (weight >= table.grades.probable) return 'probable'
  return weight >= table.grades.possible ? 'possible' : 'certainly-not'
}

/** A grade never has a lower score than the grade below it. */
function scoreOf({ table }: MatchingRule, weight: number, grade: MatchGrade): number {
  const probability = 1 / (1 + 2 ** (table.prior - weight))
  const [least, most] = SCORES[grade]
  return Math.round(10_000 * Math.min(most, Math.max(least, probability))) / 10_000
}

const SCORES: Readonly<Record<MatchGrade, readonly [least: number, most: number]>> = {
  certain: [0.99, 1],
  probable: [0.5, 0.9899],
  possible: [0.01, 0.4999],
  'certainly-not': [0, 0.0099],
}

/** Would the same social security number make the two one person for certain? Then it shows whether a number is right. */
export const isNumberTelling = (one: Match): boolean => isNamedAndDated(one) && one.agreement.given !== 'different'

/** Do the family name and the birth date agree? Without both, a look-up confirms nothing. */
export const isNamedAndDated = ({ agreement: { family, birthDate } }: Match): boolean =>
  birthDate === 'exact' && (family === 'exact' || family === 'part')
