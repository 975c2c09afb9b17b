/** The index entries of a record, each once. */
import type { IndexEntry } from '../search/query.ts'

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
