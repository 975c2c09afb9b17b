/** Concept properties inactive and abstract, and the valid displays of a concept. https://hl7.org/fhir/R4/codesystem-concept-properties.html */
import type { Concept } from './code-system.ts'

const INACTIVE = ['retired', 'inactive', 'deprecated-inactive']

/** `inactive`, or a status with that meaning (a deprecated code is still active). */
export function isInactive({ property }: Concept): boolean {
  return (
    isTrue(property.get('inactive')) || (property.get('status') ?? []).some((one) => INACTIVE.includes(String(one)))
  )
}

/** `notSelectable`: the concept only groups others; older systems call it `abstract`. */
export const isAbstract = ({ property }: Concept): boolean =>
  isTrue(property.get('notSelectable')) || isTrue(property.get('abstract'))

const isTrue = (values: readonly unknown[] | undefined): boolean =>
  values?.some((one) => one === true || one === 'true') ?? false

/** All displays of a concept: `display`, then the designations. */
export const displaysOf = ({ display, designation = [] }: Concept): readonly string[] =>
  [...(display === undefined ? [] : [display]), ...designation.map(({ value }) => value)].filter(
    (one) => typeof one === 'string',
  )

/**
 * Is it one of the displays, without regard to case and amount of white space? True where the concept has none.
 * https://hl7.org/fhir/R4/datatypes-definitions.html#Coding.display
 */
export function isDisplay(given: string, displays: readonly string[]): boolean {
  return displays.length === 0 || displays.includes(given) || displays.some((one) => plain(one) === plain(given))
}

const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase()
