/** "Did you mean" for the address of a definition: one under the same address whose last part is almost the same. */
import type { Definitions } from '../definitions/definitions.ts'
import { nearest } from '../fhir/nearest.ts'

/** Addresses of HL7 are too many, and too alike, to guess one. */
const HL7 = /^http:\/\/(hl7|terminology\.hl7)\.org\//
const LONGEST = 200

/** Answers ` Did you mean ...?` or nothing. `type`: what the structure must be of, as `Extension`. */
export function guessedStructure(url: string, type: string, { all }: Pick<Definitions, 'all'>): string {
  const cut = url.lastIndexOf('/') + 1
  if (cut === 0 || url.length > LONGEST || HL7.test(url)) return ''
  const [base, last] = [url.slice(0, cut), url.slice(cut)]
  const known = all.flatMap((one) =>
    one.resourceType === 'StructureDefinition' && one.type === type && one.url.startsWith(base)
      ? [one.url.slice(cut)]
      : [],
  )
  const guess = nearest(last, known)
  return guess === undefined ? '' : ` Did you mean \`${base}${guess}\`?`
}
