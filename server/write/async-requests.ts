/**
 * Requests that are answered in the background (`Prefer: respond-async`): what is kept of them. An internal record for
 * each agency lists its requests with their states, so that a limit, a start, an end and a cancellation are decided inside
 * a commit; the request and its result are the encrypted payload of a job, which is removed when the job ends.
 * https://hl7.org/fhir/R4/async.html
 */
import type { Resource } from '../fhir/types.ts'
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Job, NewJob, Store, Version, Write } from '../store/store.ts'
import { commit } from './commit.ts'
import { retryOnConflict } from './conflict.ts'
import { HUB } from './reserved-agencies.ts'

/** The kind of the job that carries a request out, and that removes its result in the end (jobs/async-request.ts). */
export const ASYNC_REQUEST = 'async-request'

/**
 * - accepted   waits.                        - running  was begun: committed before anything is done.
 * - committed  a transaction is carried out: written in the same commit.     - done  the result is kept.
 */
export type AsyncState = 'accepted' | 'running' | 'committed' | 'done'

export type AsyncEntry = {
  readonly id: string
  readonly state: AsyncState
  /** The claim under which it runs: a worker that lost its claim commits nothing of the request any more. */
  readonly fence?: number
  /** Until when the result is kept (ms). */
  readonly until?: number
}

/**
 * What a request does decides what follows when the hub is killed while it runs: one that only reads is run again, a
 * transaction too if it is not committed, and any other is not repeated.
 */
export type AsyncKind = 'reads' | 'transaction' | 'writes'

/** Of the job. `request` and `result` are encrypted: a request may hold what the hub stores nowhere else. */
export type AsyncPayload = {
  readonly agency: string
  readonly kind: AsyncKind
  readonly request?: string
  readonly result?: string
}

/**
 * Why a request has no answer: a batch was interrupted | a transaction is committed and its answer lost | the hub failed
 * before anything was written.
 */
export type Unanswered = 'unknown' | 'committed' | 'failed'

/** How far the requests are that run in this process, and how each is ended. */
export type AsyncProgress = Map<string, { text: string; cancel(): void }>

export type AsyncRequests = {
  readonly agency: string
  readonly requests: readonly AsyncEntry[]
  readonly stored: Version | undefined
}

const RECORD = 'AsyncRequests'

export async function readAsyncRequests(store: Store, agency: string): Promise<AsyncRequests> {
  const stored = await unrestricted(store).read({ type: RECORD, id: agency })
  const record = currentResource(stored) as (Resource & { readonly requests?: readonly AsyncEntry[] }) | undefined
  return { agency, requests: record?.requests ?? [], stored }
}

export const asyncEntry = ({ requests }: AsyncRequests, id: string): AsyncEntry | undefined =>
  requests.find((one) => one.id === id)

/** The next version of the list, with this entry in place of the one of its id; without it where `entry` is undefined. */
export function asyncWrite({ agency, requests, stored }: AsyncRequests, id: string, entry?: AsyncEntry): Write {
  const others = requests.filter((one) => one.id !== id)
  return {
    kind: 'put',
    method: 'PUT',
    resource: { resourceType: RECORD, id: agency, requests: entry ? [...others, entry] : others },
    ...{ entries: [], audience: [], author: HUB },
    expect: stored ? { version: [stored.version] } : 'absent',
  }
}

/** What becomes of a request, and the job that follows; nothing is committed where there is no change. */
export type AsyncChange<T> = {
  readonly answer: T
  readonly change?: { readonly entry?: AsyncEntry; readonly jobs?: readonly NewJob[]; readonly claim?: Job }
}

/** Commits what `decide` makes of the list as it is, and decides again when the list has changed in between. */
export const changeAsync = <T>(
  store: Store,
  { agency, id }: { readonly agency: string; readonly id: string },
  decide: (found: AsyncRequests) => AsyncChange<T>,
): Promise<T> =>
  retryOnConflict(async () => {
    const found = await readAsyncRequests(store, agency)
    const { answer, change } = decide(found)
    if (change) {
      const { entry, jobs = [], claim } = change
      await commit(store, { writes: [asyncWrite(found, id, entry)], jobs, ...(claim ? { claim } : {}) })
    }
    return answer
  })
