/** Optimistic concurrency: a write whose state is gone begins again. https://hl7.org/fhir/R4/http.html#concurrency */
import { refuse } from '../fhir/outcome.ts'

/** Another writer committed between the reading and the commit. Never reaches a caller. */
export class WriteConflict extends Error {}

/** Attempts before a write answers that the hub is busy. */
const ATTEMPTS = 100

/**
 * Begins again, from the reading on, whenever another writer committed in between. `attempt` must read afresh.
 * @throws OutcomeError `busy` (503) after a hundred attempts
 */
export async function retryOnConflict<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error
    }
  }
  throw refuse('busy', 'Many writers change the records of this request at once; send it again.', {
    headers: { 'Retry-After': '1' },
  })
}
