/** What the terminology operations need. */
import type { Definitions } from '../../definitions/definitions.ts'
import type { Store } from '../../store/store.ts'

export type TerminologyNeeds = { readonly definitions: Definitions; readonly store: Store }

export type TerminologyType = 'CodeSystem' | 'ValueSet' | 'ConceptMap'
