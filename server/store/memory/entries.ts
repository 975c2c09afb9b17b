/** The index entries of a record: each once, and the ones that it had as of a sequence. */
import type { IndexEntry } from '../../search/query.ts'
import type { RecordState, StoredRecord } from './schema.ts'

export const distinct = (entries: readonly IndexEntry[]): readonly IndexEntry[] => [
  ...new Map(entries.map((entry) => [textOf(entry), entry])).values(),
]

/** Equal entries have equal texts. */
const textOf = (entry: IndexEntry): string =>
  JSON.stringify(
    Object.entries(entry)
      .filter(([, value]) => value !== undefined)
      .sort(),
  )

/** How a record was found after a sequence; undefined when it was not created yet. */
export const stateAsOf = ({ states }: StoredRecord, sequence: number): RecordState | undefined =>
  states.findLast(({ from }) => from <= sequence)
