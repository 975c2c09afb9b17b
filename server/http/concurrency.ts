/**
 * How many requests of one caller are answered at the same time. One more is refused and not queued: a queue would keep
 * its body in memory, and hide from the caller that it sends faster than it is answered.
 * https://www.rfc-editor.org/rfc/rfc6585#section-4
 */
import type { ServerResponse } from 'node:http'
import { refuse } from '../fhir/outcome.ts'

/** Seconds. */
const RETRY_AFTER = 1

/**
 * Counts a request of an agency until its response is closed.
 * @throws OutcomeError `too-many-requests` (429) with Retry-After
 */
export type CountRequest = (agency: string, response: Closing) => void

type Closing = Pick<ServerResponse, 'closed'> & { on(event: 'close', then: () => void): unknown }

export function createConcurrency(limit: number): CountRequest {
  const running = new Map<string, number>()
  return (agency, response) => {
    // The client is gone: the event that would count it off is over.
    if (response.closed) return
    const count = running.get(agency) ?? 0
    if (count >= limit) throw tooMany(agency, limit)
    running.set(agency, count + 1)
    response.on('close', () => {
      const left = (running.get(agency) ?? 1) - 1
      if (left > 0) running.set(agency, left)
      else running.delete(agency)
    })
  }
}

const tooMany = (agency: string, limit: number) =>
  refuse(
    'too-many-requests',
    `\`${agency}\` has \`${limit}\` requests under way, which is the limit (HUB_CONCURRENCY_LIMIT). Wait for the answer to one of them.`,
    { headers: { 'Retry-After': String(RETRY_AFTER) } },
  )
