/** What a concept's properties say of its use, and which displays say it rightly. https://hl7.org/fhir/R4/codesystem-concept-properties.html */
import type { Concept } from './code-system.ts'

const INACTIVE = ['retired', 'inactive', 'deprecated-inactive']

/** Not to be used any more: `inactive`, or a status that says so (a deprecated code is still active). */
export function isInactive({ property }: Concept): boolean {
  return (
    isTrue(property.get('inactive')) || (property.get('status') ?? []).some((one) => INACTIVE.includes(String(one)))
  )
}

/** Only there to group others: `notSelectable`, which older systems write `abstract`. */
export const isAbstract = ({ property }: Concept): boolean =>
  isTrue(property.get('notSelectable')) || isTrue(property.get('abstract'))

const isTrue = (values: readonly unknown[] | undefined): boolean =>
  values?.some((one) => one === true || one === 'true') ?? false

/** All displays of a concept: its own, then the designations'. */
export const displaysOf = ({ display, designation = [] }: Concept): readonly string[] =>
  [...(display === undefined ? [] : [display]), ...designation.map(({ value }) => value)].filter(
    (one) => typeof one === 'string',
  )

/**
 * Is it one of the displays? Case and the amount of white space do not matter. True where there is none to compare with.
 * https://hl7.org/fhir/R4/datatypes-definitions.html#Coding.display
 */
export function isDisplay(given: string, displays: readonly string[]): boolean {
  return displays.length === 0 || displays.includes(given) || displays.some((one) => plain(one) === plain(given))
}

const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase()
