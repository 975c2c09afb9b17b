/** The search parameters of every type, which are about the record itself. https://hl7.org/fhir/R4/search.html#all */
import type { SearchParameter } from '../definitions/definitions.ts'

/** A search parameter as a statement shows it; without `url` where FHIR defines no SearchParameter for it. */
export type DeclaredParameter = Pick<SearchParameter, 'code' | 'type' | 'documentation'> & {
  readonly url?: string
  /** A type without whose records there is nothing to find. */
  readonly requires?: string
}

/** Evaluated on the record itself instead of its index entries (condition.ts). */
export const RECORD_PARAMETERS: readonly DeclaredParameter[] = [
  {
    code: '_id',
    url: 'http://hl7.org/fhir/SearchParameter/Resource-id',
    type: 'token',
    documentation: 'The id of the record.',
  },
  {
    code: '_lastUpdated',
    url: 'http://hl7.org/fhir/SearchParameter/Resource-lastUpdated',
    type: 'date',
    documentation: 'When the current version of the record was written.',
  },
]

/** Conditions that are written for every type in a way of their own. */
export const EXPRESSION_PARAMETERS: readonly DeclaredParameter[] = [
  {
    code: '_has',
    type: 'special',
    documentation:
      'Reverse chains (`_has:Observation:patient:code`), nested too; chains (`patient.name`) are taken as well.',
  },
  { code: '_filter', type: 'special', documentation: 'An expression, as https://hl7.org/fhir/R4/search_filter.html.' },
  {
    code: '_list',
    type: 'special',
    documentation:
      'The items of a List, or what is current by its status: `$current-problems`, `$current-medications`, `$current-allergies`, `$current-drug-allergies`.',
    requires: 'List',
  },
]
