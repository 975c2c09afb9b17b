/** What no caller may ask of a commit: programming errors, found before anything is done. */
import { keyText } from '../fhir/types.ts'
import type { Key } from '../fhir/types.ts'
import type { Work, Write } from './store.ts'

/** The record that a write is about. */
export function keyOf(write: Write): Key {
  return write.kind === 'put' ? { type: write.resource.resourceType, id: write.resource.id } : write.key
}

/**
 * Two writes to one record would make the order of `writes` matter: the caller merges them.
 * @throws TypeError naming the record
 */
export function checkWork(work: Work): void {
  const seen = new Set<string>()
  for (const write of work.writes ?? []) {
    const text = keyText(keyOf(write))
    if (seen.has(text)) throw new TypeError(`A commit writes \`${text}\` twice. Merge the two writes into one.`)
    seen.add(text)
  }
}
