/** The index entries of a record: each once, and the ones that it had as of a sequence. */
import type { IndexEntry } from '../../search/query.ts'
import type { RecordState, StoredRecord } from './schema.ts'

export const distinct = (entries: readonly IndexEntry[]): readonly IndexEntry[] => [
  ...new Map(entries.map((entry) => [textOf(entry), entry])).values(),
]

/** Equal entries have equal texts, in whatever order their properties are. */
function textOf(entry: IndexEntry): string {
  let text = ''
  for (const name of Object.keys(entry).sort()) {
    const value = entry[name as keyof IndexEntry]
    if (value !== undefined) text += `${name} ${JSON.stringify(value)} `
  }
  return text
}

/** How a record was found after a sequence; undefined when it was not created yet. */
export const stateAsOf = ({ states }: StoredRecord, sequence: number): RecordState | undefined =>
  states.findLast(({ from }) => from <= sequence)
