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
  /** @throws an error that ends the request when it was cancelled, or the hub stops */
  step(done: number, total: number): void
  /** What a transaction commits together with its changes. @throws an error that ends the request when it was cancelled */
  along(): Promise<{ readonly writes: readonly Write[] }>
}

export type AsyncRequestNeeds = {
  readonly store: Store
  readonly clock: { now(): number }
  readonly progress: AsyncProgress
  /** Milliseconds for which a result is kept. */
  readonly retention: number
  /** Carries the request out; answers the result, encrypted. @throws what `running` throws; every fault of a transaction */
  answer(id: string, payload: AsyncPayload, running: Running): Promise<string>
  /** The result of one that has no answer. */
  unanswered(id: string, why: Unanswered): Promise<string>
}

export const asyncRequest =
  (needs: AsyncRequestNeeds): JobHandler =>
  async (job, { signal }) => {
    const payload = job.payload as AsyncPayload | undefined
    if (!payload) return { done: true }
    const begun = await begin(needs, job, payload)
    if (typeof begun === 'object') return begun
    if (begun !== 'run') return finish(needs, job, payload, await needs.unanswered(job.key, begun))
    try {
      return await finish(needs, job, payload, await resultOf(needs, job, payload, signal))
    } catch (error) {
      if (error instanceof Cancelled) return { done: true }
      throw error
    } finally {
      needs.progress.delete(job.key)
    }
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
  const mine = { text: 'in progress', cancelled: false }
  progress.set(job.key, mine)
  const running: Running = {
    step(done, total) {
      if (mine.cancelled) throw new Cancelled('The request was cancelled.')
      if (signal.aborted) throw new Interrupted('The claim was lost, or the hub stops.')
      mine.text = `${done} of ${total} entries`
    },
    async along() {
      const found = await readAsyncRequests(store, payload.agency)
      const entry = asyncEntry(found, job.key)
      if (!entry) throw new Cancelled('The request was cancelled.')
      if (entry.state !== 'running' || entry.fence !== job.fence) throw new Interrupted('The claim was lost.')
      return { writes: [asyncWrite(found, job.key, { ...entry, state: 'committed' })] }
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
    if (entry.fence !== job.fence) throw new Interrupted('The claim was lost.')
    const until = clock.now() + retention
    const payload: AsyncPayload = { agency, kind, result }
    const jobs = [{ kind: job.kind, key: job.key, due: until, payload }]
    return { answer: { again: until }, change: { entry: { id: job.key, state: 'done', until }, jobs, claim: job } }
  })
