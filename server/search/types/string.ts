/** Names, addresses and other texts. https://hl7.org/fhir/R4/search.html#string */
import { refuse } from '../../fhir/outcome.ts'
import { unescape } from '../escape.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

/** `value` is normalised, `exact` as written. */
export type StringEntry = {
  readonly kind: 'string'
  readonly param: string
  readonly value: string
  readonly exact: string
}

/** `value` is as written with `exact`, normalised with the others. */
export type StringFilter = {
  readonly op: 'string'
  readonly param: string
  readonly how: 'starts' | 'contains' | 'exact'
  readonly value: string
}

/** The texts of a HumanName and of an Address that a search may find. */
const PARTS = [
  'text', 'family', 'given', 'prefix', 'suffix', // HumanName
  'line', 'city', 'district', 'state', 'postalCode', 'country', // Address
] // prettier-ignore

export const string: SearchType<StringEntry, StringFilter> = {
  modifiers: ['exact', 'contains', MISSING],
  sortKeyType: 'string',

  entries: (value, param) =>
    texts(value).flatMap((exact) => {
      const value = normalise(exact)
      return value === '' ? [] : [{ kind: 'string', param, value, exact } as const]
    }),

  filter({ code: param }, modifier, text) {
    const exact = unescape(text)
    const value = normalise(exact)
    if (value === '')
      throw refuse('invalid-parameter', `The value \`${text}\` of \`${param}\` has no character to search for.`)
    if (modifier === 'exact') return { op: 'string', param, how: 'exact', value: exact }
    return { op: 'string', param, how: modifier === 'contains' ? 'contains' : 'starts', value }
  },

  matches: (entry, { how, value }) => MATCH[how](entry, value),

  sortKey: ({ value }) => value,
}

const MATCH: { readonly [how in StringFilter['how']]: (entry: StringEntry, value: string) => boolean } = {
  starts: (entry, value) => entry.value.startsWith(value),
  contains: (entry, value) => entry.value.includes(value),
  exact: (entry, value) => entry.exact === value,
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return PARTS.flatMap((part) => (value as { [part: string]: unknown })[part] ?? []).filter(
    (text) => typeof text === 'string',
  )
}

/** Lower case writes a sigma at the end of a word differently; the beginning of a word must find the word. */
const FINAL_SIGMA = 'ς'

const ASCII = /^[\x20-\x7e]*$/

/** Without accents, case and surplus space: the same for indexed and for searched texts. */
export function normalise(text: string): string {
  const bare = ASCII.test(text) ? text : text.normalize('NFKD').replace(/\p{M}/gu, '')
  return bare.toLowerCase().replaceAll(FINAL_SIGMA, 'σ').replace(/\s+/g, ' ').trim()
}
