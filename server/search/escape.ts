/** Escaping of the characters with a meaning inside a searched value. https://hl7.org/fhir/R4/search.html#escaping */

const ESCAPED = /\\([\\,|$])/g
const SPECIAL = /[\\,|$]/g
const ILLEGAL = /^(?:[^\\]|\\[\\,|$])*?(\\(?![\\,|$]).?)/su

/** The text with `\`, `,`, `|` and `$` escaped, so that it is searched literally. */
export const escape = (text: string): string => text.replace(SPECIAL, '\\$&')

/** The text without its escapes. */
export const unescape = (text: string): string => (text.includes('\\') ? text.replace(ESCAPED, '$1') : text)

/** The first escape that is none (`\b`, or a backslash at the end): R4 takes a backslash only before `\`, `,`, `|` and `$`. */
export const illegalEscape = (text: string): string | undefined =>
  text.includes('\\') ? ILLEGAL.exec(text)?.[1] : undefined

/** Splits at each separator that is not escaped; the parts are still escaped. */
export function split(text: string, separator: ',' | '|' | '$'): string[] {
  if (!text.includes('\\')) return text.split(separator)
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}
