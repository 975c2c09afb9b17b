/**
 * Identifiers of SNOMED CT, told by their form: digits, the last of which is the check digit of Verhoeff.
 * https://confluence.ihtsdotools.org/display/DOCRELFMT/6.2+SCTID+Data+Type
 */

export const SNOMED = 'http://snomed.info/sct'

/** How the ten digits are multiplied: rotations of two pentagons. */
const product = (one: number, other: number): number => {
  if (one < 5) return other < 5 ? (one + other) % 5 : 5 + ((one + other) % 5)
  return other < 5 ? 5 + ((one - other + 5) % 5) : (one - other + 5) % 5
}

/** What a digit becomes for each place that it stands from the end. */
const STEP = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

function permuted(digit: number, times: number): number {
  let made = digit
  for (let count = 0; count < times % 8; count++) made = STEP[made] ?? 0
  return made
}

/** Is it an identifier of SNOMED CT? Whether it is in use only the system itself can tell. */
export function isSctid(text: string): boolean {
  if (!/^[1-9]\d{5,17}$/.test(text)) return false
  const digits = [...text].reverse().map(Number)
  return digits.reduce((check, digit, place) => product(check, permuted(digit, place)), 0) === 0
}
