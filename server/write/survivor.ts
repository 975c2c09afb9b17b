/** The record to which a person's records were moved by merges. */
import { mergedIntoOf } from '../domain/visibility/merged-into.ts'
import type { StoredResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'

/** In: a view that sees every record. The participant itself where it was not merged; undefined where there is none. */
export async function survivorOf(unrestricted: View, id: string): Promise<StoredResource | undefined> {
  const patient = await unrestricted.resource({ type: 'Patient', id })
  const survivor = mergedIntoOf(patient)
  // A merge in turn rewrites the extension: it always names the last one.
  return survivor === undefined ? patient : unrestricted.resource({ type: 'Patient', id: survivor })
}
