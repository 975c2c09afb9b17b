/** The reads that may look at many records: those that the threads of readers.ts do when they take long. */
import type { Query } from '../../search/query.ts'
import type { Explanation } from '../explanation.ts'
import type { Found } from '../store.ts'
import { explain } from './explain.ts'
import { find } from './search.ts'
import type { ReadContext } from './terms.ts'

/** Arguments and results are data, to be sent from thread to thread. */
export type LongReads = {
  readonly find: (query: Query, needs: ReadContext) => Found
  readonly explain: (query: Query, needs: ReadContext) => Explanation
}

export const LONG_READS: LongReads = { find, explain }

export type LongReadName = keyof LongReads
export type ArgumentOf<Name extends LongReadName> = Parameters<LongReads[Name]>[0]
export type ResultOf<Name extends LongReadName> = ReturnType<LongReads[Name]>
