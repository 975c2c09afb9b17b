/** "Did you mean ...?" for the canonical url of a StructureDefinition: one under the same base with a similar last part. */
import type { Definitions } from '../definitions/definitions.ts'
import { nearest } from '../fhir/nearest.ts'
import type { CheckContext } from './check-context.ts'

/** HL7 has too many urls, too similar to each other, to suggest one. */
const HL7 = /^http:\/\/(hl7|terminology\.hl7)\.org\//
const MAX_LENGTH = 200

/** Answers ` Did you mean ...?` or an empty text. `type`: the type of the structure, such as `Extension`. */
export function suggestStructure(url: string, type: string, { all }: Pick<Definitions, 'all'>): string {
  const cut = url.lastIndexOf('/') + 1
  if (cut === 0 || url.length > MAX_LENGTH || HL7.test(url)) return ''
  const [base, last] = [url.slice(0, cut), url.slice(cut)]
  const candidates = all.flatMap((one) =>
    one.resourceType === 'StructureDefinition' && one.type === type && one.url.startsWith(base)
      ? [one.url.slice(cut)]
      : [],
  )
  const suggested = nearest(last, candidates)
  return suggested === undefined ? '' : ` Did you mean \`${base}${suggested}\`?`
}

/** Suggestions take time: in one check only the first violations have one. */
const MAX_SUGGESTIONS = 100

/** The suggestion, up to the limit of the check; then an empty text. */
export function suggestion({ cache }: Pick<CheckContext, 'cache'>, suggest: () => string): string {
  cache.suggestions = (cache.suggestions ?? 0) + 1
  return cache.suggestions > MAX_SUGGESTIONS ? '' : suggest()
}
