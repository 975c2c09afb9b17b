/** The worker of requests in the background: one of their own, so that many of them hold up no notification. */
import { ASYNC_REQUEST } from '../write/async-requests.ts'
import type { Job } from '../store/store.ts'
import { asyncRequest, type AsyncRequestNeeds } from './async-request.ts'
import { sleep } from './sleep.ts'
import { createWorker, type Worker } from './worker.ts'

/** Requests that run at the same time, of all agencies. */
const CONCURRENCY = 2

export function createAsyncWorker(needs: AsyncRequestNeeds): Worker {
  const fault = (job: Job | undefined, error: unknown): void =>
    needs.log.error('fault', { job: ASYNC_REQUEST, key: job?.key ?? '', fault: error })
  return createWorker({
    ...{ store: needs.store, clock: needs.clock, sleep, concurrency: CONCURRENCY },
    handlers: { [ASYNC_REQUEST]: asyncRequest(needs) },
    ...{ onFault: fault, onFailed: fault },
  })
}
