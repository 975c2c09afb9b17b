/** The index entries of a record: each once, and the ones that it had as of a sequence. */
import type { IndexEntry } from '../../search/query.ts'
import type { RecordState, StoredRecord } from './schema.ts'

export function distinct(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  return [...new Map(entries.map((entry) => [JSON.stringify(Object.entries(entry).sort()), entry])).values()]
}

/** How a record was found after a sequence; undefined when it was not created yet. */
export const stateAsOf = ({ states }: StoredRecord, sequence: number): RecordState | undefined =>
  states.findLast(({ from }) => from <= sequence)
