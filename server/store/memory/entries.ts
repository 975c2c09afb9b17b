/** How a record was found as of a sequence. */
import type { RecordState, StoredRecord } from './schema.ts'

/** How a record was found after a sequence; undefined when it was not created yet. */
export const stateAsOf = ({ states }: StoredRecord, sequence: number): RecordState | undefined =>
  states.findLast(({ from }) => from <= sequence)
