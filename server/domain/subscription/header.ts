/**
 * Headers that an agency wants on its notifications: `Name: value`, never one that belongs to the message itself.
 * https://www.rfc-editor.org/rfc/rfc9110#name-fields
 */

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
/** Visible ASCII, inner spaces and tabs. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/

const RESERVED =
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|user-agent|date|via|content-.*|proxy-.*|webhook-.*|sec-.*|x-forwarded-.*|forwarded)$/i

/** Reads a header; undefined when it has not the form of one. */
export function parseHeader(text: string): readonly [name: string, value: string] | undefined {
  const colon = text.indexOf(':')
  const [name, value] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]
  return NAME.test(name) && VALUE.test(value) ? [name, value] : undefined
}

/** What is wrong with a header, as a sentence that does not repeat its value (it may be a secret); else undefined. */
export function headerFault(text: string): string | undefined {
  const header = parseHeader(text)
  if (!header) return 'A header is one line `Name: value` of printable ASCII characters.'
  return RESERVED.test(header[0])
    ? `The header \`${header[0]}\` belongs to the message itself and cannot be set; leave it out.`
    : undefined
}
