/**
 * Identifiers of SNOMED CT by their syntax: 6 to 18 digits, the last of which is a Verhoeff check digit.
 * https://confluence.ihtsdotools.org/display/DOCRELFMT/6.2+SCTID+Data+Type
 */

export const SNOMED = 'http://snomed.info/sct'

/** Multiplication in the dihedral group D5, the first table of Verhoeff. */
const product = (one: number, other: number): number => {
  if (one < 5) return other < 5 ? (one + other) % 5 : 5 + ((one + other) % 5)
  return other < 5 ? 5 + ((one - other + 5) % 5) : (one - other + 5) % 5
}

/** The permutation that Verhoeff applies once for each position from the end. */
const STEP = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

function permuted(digit: number, times: number): number {
  let made = digit
  for (let count = 0; count < times % 8; count++) made = STEP[made] ?? 0
  return made
}

/** Is it a well-formed identifier? Whether SNOMED CT uses it, only an edition of it says. */
export function isSctid(text: string): boolean {
  if (!/^[1-9]\d{5,17}$/.test(text)) return false
  const digits = [...text].reverse().map(Number)
  return digits.reduce((check, digit, position) => product(check, permuted(digit, position)), 0) === 0
}
