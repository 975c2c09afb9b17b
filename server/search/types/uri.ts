/** Addresses, compared whole and with their case. https://hl7.org/fhir/R4/search.html#uri */
import { refuse } from '../../fhir/outcome.ts'
import { unescape } from '../escape.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import type { IndexEntry } from '../query.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

export const uri: SearchType = {
  modifiers: [MISSING],

  entries: (value, param) => (typeof value === 'string' ? addressed(value, param) : []),

  filter({ code: param }, _modifier, text) {
    if (text === '') throw refuse('invalid-parameter', `A value of \`${param}\` is empty; give a whole address.`)
    return { op: 'uri', param, value: unescape(text) }
  },
}

/** A canonical (`url|version`) is found with its version and without. https://hl7.org/fhir/R4/references.html#canonical */
export function addressed(value: string, param: string): readonly IndexEntry[] {
  const own: IndexEntry = { kind: 'uri', param, value }
  return value.includes('|') ? [own, { kind: 'uri', param, value: parseCanonical(value).url }] : [own]
}
