/**
 * The words of a resource and of its narrative: what `_content` and `_text` find.
 * https://hl7.org/fhir/R4/search.html#content
 */
import { normalise } from './types/string.ts'

/** A longer run of letters is no word but data, and no word is searched for by more. */
export const MAX_WORD = 64
/** Words of one resource; a text of a megabyte would be as many entries as a year of referrals. */
export const MAX_WORDS = 5_000
/** Characters of a resource that are read: more would hold up everybody else. */
export const MAX_CHARACTERS = 100_000

/** The words of a resource, and how many characters of it may still be read. */
export type Words = { readonly found: Set<string>; left: number }

export const noWords = (): Words => ({ found: new Set(), left: MAX_CHARACTERS })

const APOSTROPHES = /['’‘ʼ`]/gu
const HAS_APOSTROPHE = /['’‘ʼ`]/u
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u

/** The words of a searched text, normalised as texts are (types/string.ts): of `O'Neil-Smith` it is `oneil` and `smith`. */
export const searchedWords = (text: string): readonly string[] => split(normalise(text).replace(APOSTROPHES, ''))

/** Of a value of a resource, those also that stand on both sides of an apostrophe. */
export function addWords(whole: string, words: Words): void {
  const text = whole.slice(0, words.left)
  words.left -= text.length
  const plain = normalise(text)
  const texts = HAS_APOSTROPHE.test(plain) ? [plain.replace(APOSTROPHES, ''), plain.replace(APOSTROPHES, ' ')] : [plain]
  for (const one of texts)
    for (const word of split(one)) if (word.length <= MAX_WORD && words.found.size < MAX_WORDS) words.found.add(word)
}

const split = (text: string): readonly string[] => text.split(BETWEEN_WORDS).filter((word) => word !== '')

/** What no person reads: what the record is called, what the server writes, and binary data. */
const NO_TEXT = new Set(['data', 'id', 'meta', 'reference', 'resourceType'])
/** Addresses, dates and instants. */
const ADDRESS_OR_DATE =
  /^(?:(?:[a-z][a-z0-9+.-]{0,20}:\/\/|urn:|mailto:)\S*|\d{4}-\d\d(?:-\d\d(?:T[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)?)?)?)$/i

const NARRATIVE = 'div'

/** The words of all texts of a resource or element: codes and displays, names, notes, the narrative. */
export function addContentWords(value: unknown, words: Words, name = ''): void {
  if (words.left === 0) return
  if (typeof value === 'string') {
    if (name === NARRATIVE) addWords(textOfNarrative(value.slice(0, MAX_CHARACTERS)), words)
    else if (!ADDRESS_OR_DATE.test(value.slice(0, MAX_CHARACTERS))) addWords(value, words)
    return
  }
  if (Array.isArray(value)) for (const one of value) addContentWords(one, words, name)
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) {
      if (!NO_TEXT.has(key) || (typeof one === 'object' && key === 'data')) addContentWords(one, words, key)
    }
}

/** Elements inside a word: the text before and after them is one. */
const INLINE = new Set(
  'a abbr acronym b bdo big cite code dfn em font i kbd q s samp small span strike strong sub sup tt u var'.split(' '),
)

/** The text of XHTML without its tags, their attributes and comments. One pass, however ill formed it is. */
export function textOfNarrative(xhtml: string): string {
  let text = ''
  let at = 0
  for (;;) {
    const tag = xhtml.indexOf('<', at)
    if (tag < 0) return withoutReferences(text + xhtml.slice(at))
    text += xhtml.slice(at, tag)
    const end = endOfTag(xhtml, tag)
    if (end < 0) return withoutReferences(text)
    const name = /^<\/?([a-z]{1,12})/i.exec(xhtml.slice(tag, tag + 15))?.[1]?.toLowerCase()
    if (name !== undefined && !INLINE.has(name)) text += ' '
    at = end
  }
}

/** Behind the `>` that ends a tag or a comment; a `>` in the value of an attribute does not. */
function endOfTag(xhtml: string, begin: number): number {
  if (xhtml.startsWith('<!--', begin)) {
    const end = xhtml.indexOf('-->', begin + 4)
    return end < 0 ? -1 : end + 3
  }
  let quote = ''
  for (let at = begin + 1; at < xhtml.length; at++) {
    const character = xhtml[at]!
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '>') return at + 1
    else if (character === '"' || character === "'") quote = character
  }
  return -1
}

const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', shy: '' }),
)

/** With the characters that references stand for; a reference without a character is a space. */
const withoutReferences = (text: string): string =>
  text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z][a-z0-9]{0,30});/gi, (_all, name: string) => {
    if (!name.startsWith('#')) return NAMED.get(name) ?? ' '
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : ' '
  })
