/**
 * Blocks: short texts that two descriptions of one person share although they differ elsewhere. A match compares only
 * participants of the same block, which an index finds. Several kinds of block overlap, so that a typing error in one
 * element, a marriage or a move leaves at least one.
 */
import type { MatchingRule } from './matching-rule.ts'
import { soundOf } from './spelling.ts'
import type { Traits } from './traits.ts'

/** Each block once. Names count by sound, dates with day and month in either order, numbers by their last digits. */
export function blocksOf(rule: MatchingRule, traits: Traits): readonly string[] {
  const families = familySounds(traits)
  const givens = givenSounds(rule, traits)
  return distinct([
    ...[...families, ...givens].flatMap((sound) => dated(traits, sound)),
    ...families.flatMap((family) => givens.flatMap((given) => named(traits, family, given))),
    ...contactBlocks(traits, givens),
  ])
}

/**
 * By what certain matches are found: all of them share a block of `named` (family name and birth date) and, unless the
 * social security number is the same, one of `evidence` (a phone, an email, an address).
 */
export function certainBlocksOf(
  rule: MatchingRule,
  traits: Traits,
): { readonly named: readonly string[]; readonly evidence: readonly string[] } {
  const named = familySounds(traits).flatMap((sound) => dated(traits, sound))
  return { named: distinct(named), evidence: distinct(contactBlocks(traits, givenSounds(rule, traits))) }
}

const dated = ({ birthDate }: Traits, sound: string): readonly string[] =>
  birthDate?.length === 10 ? [`d${birthDate.replaceAll('-', '')}${sound}`] : []

/** The year and, by another block, day and month in either order; the names in either order. */
function named({ birthDate }: Traits, family: string, given: string): readonly string[] {
  if (birthDate === undefined) return []
  const names = [family, given].sort().join(' ')
  const [year = '', ...rest] = birthDate.split('-')
  return [`y${year} ${names}`, ...(rest.length === 2 ? [`m${rest.sort().join('')} ${names}`] : [])]
}

const contactBlocks = ({ phones, emails, addresses }: Traits, givens: readonly string[]): readonly string[] => [
  ...phones.map((phone) => `t${phone.slice(-7)}`),
  ...emails.map((email) => `e${email}`),
  ...addresses.flatMap(({ house, street }) =>
    house && street ? givens.map((given) => `a${house} ${soundOf(street.split(' ')[0] ?? '')} ${given}`) : [],
  ),
]

const familySounds = ({ names }: Traits): readonly string[] =>
  distinct(
    names
      .flatMap(({ family, familyParts }) => [family, ...familyParts])
      .filter(Boolean)
      .map(soundOf),
  )

function givenSounds(rule: MatchingRule, { names }: Traits): readonly string[] {
  const givens = names.map(({ given }) => given).filter((one) => one.length > 1)
  return distinct(givens.flatMap((one) => rule.canonicalNames(one)).map(soundOf))
}

const distinct = (list: readonly string[]): readonly string[] => [...new Set(list)]
