/**
 * The job of a request that is answered in the background: it carries the request out, keeps the result, and removes it
 * when its time is over. That the request was begun is committed before anything is done, so that what writes is never
 * done twice, whenever the hub is killed.
 * https://hl7.org/fhir/R4/async.html
 */
import type { Job, Settlement, Store, Write } from '../store/store.ts'
import {
  asyncEntry,
  asyncWrite,
  changeAsync,
  readAsyncRequests,
  type AsyncEntry,
  type AsyncPayload,
  type AsyncProgress,
  type Unanswered,
} from '../write/async-requests.ts'
import { Interrupted, type JobHandler } from './worker.ts'

/** Thrown while a request runs that its agency has cancelled. */
class Cancelled extends Error {}

/** What a request calls while it runs. */
export type Running = {
  /** Aborts when the request was cancelled, or the hub stops: with the error that ends it. */
  readonly signal: AbortSignal
  /** @throws the same */
  step(done: number, total: number): void
  /** What a transaction commits together with its changes. @throws an error that ends the request when it was cancelled */
  along(): Promise<{ readonly writes: readonly Write[] }>
}

export type AsyncRequestNeeds = {
  readonly store: Store
  readonly clock: { now(): number }
  readonly progress: AsyncProgress
  readonly log: {
    error(event: string, fields: { readonly job: string; readonly key: string; readonly fault: unknown }): void
  }
  /** Milliseconds for which a result is kept. */
  readonly retention: number
  /** Carries the request out; answers the result, encrypted. @throws what `running` throws; every fault of a transaction */
  answer(id: string, payload: AsyncPayload, running: Running): Promise<string>
  /** The result of one that has no answer. */
  unanswered(id: string, why: Unanswered): Promise<string>
}

export const asyncRequest =
  (needs: AsyncRequestNeeds): JobHandler =>
  async (job, { signal, isLast }) => {
    const payload = job.payload as AsyncPayload | undefined
    if (!payload) return { done: true }
    try {
      const begun = await begin(needs, job, payload)
      if (typeof begun === 'object') return begun
      const result = begun === 'run' ? resultOf(needs, job, payload, signal) : needs.unanswered(job.key, begun)
      return await finish(needs, job, payload, await result)
    } catch (error) {
      if (error instanceof Cancelled) return { done: true }
      if (error instanceof Interrupted || !isLast) throw error
      needs.log.error('fault', { job: job.kind, key: job.key, fault: error })
      return giveUp(needs, job, payload)
    } finally {
      needs.progress.delete(job.key)
    }
  }

/** Ends a request that was tried as often as a job is: its result says what is known of it. */
async function giveUp(needs: AsyncRequestNeeds, job: Job, payload: AsyncPayload): Promise<Settlement> {
  const { state } = asyncEntry(await readAsyncRequests(needs.store, payload.agency), job.key) ?? {}
  const isUnknown = state === 'running' && payload.kind === 'writes'
  const why = state === 'committed' ? 'committed' : isUnknown ? 'unknown' : 'failed'
  return finish(needs, job, payload, await needs.unanswered(job.key, why))
}

/** Commits that the request is begun, or finds out what else is to be done. */
const begin = ({ store, clock }: AsyncRequestNeeds, job: Job, { agency, kind }: AsyncPayload) =>
  changeAsync<Settlement | 'run' | Unanswered>(store, { agency, id: job.key }, (found) => {
    const entry = asyncEntry(found, job.key)
    if (!entry) return { answer: { done: true } }
    const { state, until = 0 } = entry
    if (state === 'done') {
      const isOver = until <= clock.now()
      return isOver ? { answer: { done: true }, change: { claim: job } } : { answer: { again: until } }
    }
    const claimed: AsyncEntry = { ...entry, state: state === 'committed' ? state : 'running', fence: job.fence }
    const change = { entry: claimed, claim: job }
    if (state === 'committed') return { answer: 'committed', change }
    return { answer: state === 'running' && kind === 'writes' ? 'unknown' : 'run', change }
  })

async function resultOf(
  needs: AsyncRequestNeeds,
  job: Job,
  payload: AsyncPayload,
  signal: AbortSignal,
): Promise<string> {
  const { store, progress } = needs
  const ending = new AbortController()
  const interrupt = (): void => ending.abort(new Interrupted('The claim was lost, or the hub stops.'))
  const mine = {
    text: 'in progress',
    cancel: (): void => ending.abort(new Cancelled('The request was cancelled.')),
  }
  progress.set(job.key, mine)
  signal.addEventListener('abort', interrupt)
  if (signal.aborted) interrupt()
  const running: Running = {
    signal: ending.signal,
    step(done, total) {
      ending.signal.throwIfAborted()
      mine.text = `${done} of ${total} entries`
    },
    async along() {
      const found = await readAsyncRequests(store, payload.agency)
      const entry = asyncEntry(found, job.key)
      if (!entry) mine.cancel()
      else if (entry.state !== 'running' || entry.fence !== job.fence) interrupt()
      ending.signal.throwIfAborted()
      return { writes: [asyncWrite(found, job.key, { ...entry!, state: 'committed' })] }
    },
  }
  try {
    return await needs.answer(job.key, payload, running)
  } catch (error) {
    if (error instanceof Cancelled || error instanceof Interrupted) throw error
    // A transaction that failed after its commit is committed all the same.
    const entry = asyncEntry(await readAsyncRequests(store, payload.agency), job.key)
    return needs.unanswered(job.key, entry?.state === 'committed' ? 'committed' : 'failed')
  }
}

const finish = (
  { store, clock, retention }: AsyncRequestNeeds,
  job: Job,
  { agency, kind }: AsyncPayload,
  result: string,
): Promise<Settlement> =>
  changeAsync<Settlement>(store, { agency, id: job.key }, (found) => {
    const entry = asyncEntry(found, job.key)
    if (!entry) return { answer: { done: true } }
    if ((entry.fence ?? 0) > job.fence) throw new Interrupted('The claim was lost.')
    if (entry.state === 'done') return { answer: { again: entry.until ?? 0 } }
    const until = clock.now() + retention
    const payload: AsyncPayload = { agency, kind, result }
    const jobs = [{ kind: job.kind, key: job.key, due: until, payload }]
    return { answer: { again: until }, change: { entry: { id: job.key, state: 'done', until }, jobs, claim: job } }
  })
