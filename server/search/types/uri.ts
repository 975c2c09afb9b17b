/** Addresses, compared whole and with their case. https://hl7.org/fhir/R4/search.html#uri */
import { refuse } from '../../fhir/outcome.ts'
import { unescape } from '../escape.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

export type UriEntry = { readonly kind: 'uri'; readonly param: string; readonly value: string }
export type UriFilter = { readonly op: 'uri'; readonly param: string; readonly value: string }

export const uri: SearchType<UriEntry, UriFilter> = {
  modifiers: [MISSING],
  sortKeyType: 'string',

  entries: (value, param) => (typeof value === 'string' ? uriEntries(value, param) : []),

  filter({ code: param }, _modifier, text) {
    if (text === '') throw refuse('invalid-parameter', `A value of \`${param}\` is empty; give a whole address.`)
    return { op: 'uri', param, value: unescape(text) }
  },

  matches: (entry, { value }) => entry.value === value,

  sortKey: ({ value }) => value,
}

/** A canonical (`url|version`) is found with its version and without. https://hl7.org/fhir/R4/references.html#canonical */
export function uriEntries(value: string, param: string): readonly UriEntry[] {
  const whole: UriEntry = { kind: 'uri', param, value }
  return value.includes('|') ? [whole, { kind: 'uri', param, value: parseCanonical(value).url }] : [whole]
}
