/**
 * Text as XML writes it, so that a reader gets back every character, white space included.
 * https://www.w3.org/TR/xml/#AVNormalize
 */

/** XML has no way to write most control characters, half surrogate pairs, U+FFFE and U+FFFF. */
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu

const SPECIAL = /[&<>"\t\n\r]/g
const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** The value of an attribute in double quotes. What XML cannot write becomes U+FFFD. */
export function escapeAttribute(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(IMPOSSIBLE, '\ufffd').replace(SPECIAL, (sign) => NAMES[sign]!)
}

/** Text between tags; its line breaks stay line breaks. */
export const escapeText = (text: string): string =>
  text.replace(IMPOSSIBLE, '\ufffd').replace(/[&<>\r]/g, (sign) => NAMES[sign]!)

const PLAIN = /^[ !#-%'-;=?-~\u00a0-\ud7ff]*$/
