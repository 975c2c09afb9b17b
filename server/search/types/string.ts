/** Names, addresses and other texts. https://hl7.org/fhir/R4/search.html#string */
import { refuse } from '../../fhir/outcome.ts'
import { unescape } from '../escape.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

/**
 * `value` is normalised, `exact` as written. `part`: another beginning by which the text is found, a word of a name or
 * the text with its punctuation read in another way; it has no exact text, and records are not sorted by it.
 */
export type StringEntry = {
  readonly kind: 'string'
  readonly param: string
  readonly value: string
  readonly exact: string
  readonly part?: true
}

/** `value` is as written with `exact`, normalised with the others. `equals` and `ends` are of `_filter`. */
export type StringFilter = {
  readonly op: 'string'
  readonly param: string
  readonly how: 'starts' | 'contains' | 'exact' | 'equals' | 'ends'
  readonly value: string
}

/** The texts of a HumanName and of an Address that a search may find. */
const PARTS = [
  'text', 'family', 'given', 'prefix', 'suffix', // HumanName
  'line', 'city', 'district', 'state', 'postalCode', 'country', // Address
] // prettier-ignore

/** Expressions that select a part of a HumanName: `Patient.name.family`. */
const NAME_PART = /\.(?:family|given)\b/

export const string: SearchType<StringEntry, StringFilter> = {
  modifiers: ['exact', 'contains', MISSING],
  sortKeyType: 'string',

  entries(value, { code: param, expression }) {
    const ofName = isHumanName(value) || (typeof value === 'string' && NAME_PART.test(expression))
    const entries: StringEntry[] = []
    for (const exact of texts(value)) entries.push(...stringEntries(param, exact, ofName))
    if (!entries.some(({ part }) => part)) return entries
    const wholes = new Set(entries.filter(({ part }) => !part).map((one) => one.value))
    return entries.filter(({ part, value: text }) => !part || !wholes.has(text))
  },

  filter({ code: param }, modifier, text) {
    const exact = unescape(text)
    if (modifier === 'exact' && exact !== '') return { op: 'string', param, how: 'exact', value: exact }
    const how = modifier === 'contains' ? 'contains' : 'starts'
    const filters = readings(exact).map((value): StringFilter => ({ op: 'string', param, how, value }))
    const [only] = filters
    if (only === undefined)
      throw refuse(
        'invalid-parameter',
        `The value \`${text}\` of \`${param}\` has no letter or digit to search for; punctuation does not count, except with \`:exact\`.`,
      )
    return filters.length === 1 ? only : { op: 'or', of: filters }
  },

  matches: (entry, { how, value }) => MATCH[how](entry, value),

  sortKey: ({ value, part }) => (part ? undefined : value),
}

const MATCH: { readonly [how in StringFilter['how']]: (entry: StringEntry, value: string) => boolean } = {
  starts: (entry, value) => entry.value.startsWith(value),
  contains: (entry, value) => entry.value.includes(value),
  exact: (entry, value) => !entry.part && entry.exact === value,
  equals: (entry, value) => !entry.part && entry.value === value,
  ends: (entry, value) => !entry.part && entry.value.endsWith(value),
}

/** The entries of one text; of a name also one for each further word, so that a family name is found by each of its parts. */
export function stringEntries(param: string, exact: string, ofName = false): readonly StringEntry[] {
  const [value, ...others] = readings(exact)
  if (value === undefined) return []
  const whole: StringEntry = { kind: 'string', param, value, exact }
  if (others.length === 0 && !(ofName && value.includes(' '))) return [whole]
  const parts = new Set([...others, ...(ofName ? [value, ...others].flatMap(laterWords) : [])])
  parts.delete(value)
  return [
    whole,
    ...[...parts].map((part): StringEntry => ({ kind: 'string', param, value: part, exact: '', part: true })),
  ]
}

/** Entries by which a text is found, but that no record is sorted by: of the texts beside a code. */
export const partEntries = (param: string, text: string): readonly StringEntry[] =>
  readings(text).map((value): StringEntry => ({ kind: 'string', param, value, exact: '', part: true }))

/** Names have fewer words: a text of a thousand would be indexed a thousand times. */
const MAX_WORDS = 12

/** Of `van der berg`: `der berg` and `berg`. */
function laterWords(text: string): string[] {
  const found: string[] = []
  for (let at = text.indexOf(' '); at >= 0 && found.length < MAX_WORDS; at = text.indexOf(' ', at + 1))
    found.push(text.slice(at + 1))
  return found
}

const isHumanName = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('family' in value || 'given' in value)

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  const found: string[] = []
  for (const part of PARTS) {
    const texts = (value as { [part: string]: unknown })[part]
    if (typeof texts === 'string') found.push(texts)
    else if (Array.isArray(texts)) for (const text of texts) if (typeof text === 'string') found.push(text)
  }
  return found
}

/** Lower case writes a sigma at the end of a word differently; the beginning of a word must find the word. */
const FINAL_SIGMA = 'ς'

const ASCII = /^[\x20-\x7e]*$/

/** Letters that Unicode does not take apart into a letter and an accent. */
const PLAIN_LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({ Ø: 'O', Ł: 'L', Đ: 'D', Ð: 'D', Þ: 'TH', Æ: 'AE', Œ: 'OE', Ħ: 'H', Ŧ: 'T', Ŋ: 'N', ẞ: 'SS' }),
)
const WHOLE_LETTERS = /[ØŁĐÐÞÆŒĦŦŊẞ]/g

/**
 * Without accents, case and surplus space: the same for indexed and for searched texts. Through upper case: `Straße` and
 * `STRASSE` are the same text, as `ı` and `I` are.
 */
export function normalise(text: string): string {
  if (ASCII.test(text)) return spaced(text.toLowerCase())
  const upper = bare(bare(text).toUpperCase()).replace(WHOLE_LETTERS, (letter) => PLAIN_LETTERS.get(letter) ?? letter)
  return spaced(bare(upper.toLowerCase()).replaceAll(FINAL_SIGMA, 'σ'))
}

const bare = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '')
const spaced = (text: string): string => (SURPLUS_SPACE.test(text) ? text.replace(/\s+/g, ' ').trim() : text)

/** Most texts have none. */
const SURPLUS_SPACE = /\s\s|[^\S ]|^\s|\s$/

/** Nothing of such a text, as most are, is read in two ways, and nothing of it is normalised but the case. */
const PLAIN_WORDS = /^[A-Za-z0-9]+(?: [A-Za-z0-9]+)*$/

const PUNCTUATION = /[\p{P}`ʼ]/u
const EACH_MARK = /[\p{P}`ʼ]/gu
const APOSTROPHES = /['’‘ʼ`]/gu

/**
 * The normalised text in each way to read its punctuation, which R4 tells servers to ignore: as a space (apostrophes as
 * nothing), as nothing, as a space throughout. `O'Neil-Smith` is `oneil smith`, `oneilsmith` and `o neil smith`. None for a
 * text of nothing but punctuation.
 */
export function readings(text: string): readonly string[] {
  if (PLAIN_WORDS.test(text)) return [text.toLowerCase()]
  const plain = normalise(text)
  if (!PUNCTUATION.test(plain)) return plain === '' ? [] : [plain]
  const joined = plain.replace(EACH_MARK, '')
  const usual = plain.replace(APOSTROPHES, '').replace(EACH_MARK, ' ')
  const apart = plain.replace(EACH_MARK, ' ')
  return [...new Set([usual, joined, apart].map(spaced))].filter((one) => one !== '')
}
