/**
 * The status address of a request that is answered in the background: GET tells how far it is, and answers its result;
 * DELETE cancels it, or removes the result. Only the agency that sent the request finds it.
 * https://hl7.org/fhir/R4/async.html#3.1.6.2
 */
import { refuse } from '../fhir/outcome.ts'
import type { Cursors } from '../search/page.ts'
import type { Store } from '../store/store.ts'
import {
  ASYNC_REQUEST,
  asyncEntry,
  changeAsync,
  readAsyncRequests,
  type AsyncPayload,
  type AsyncProgress,
} from '../write/async-requests.ts'
import { sealedFor } from './async-accept.ts'
import type { AsyncResult } from './async-answer.ts'
import type { Call, Handler, Reply } from './call.ts'

export type StatusNeeds = {
  readonly store: Store
  readonly cursors: Cursors
  readonly progress: AsyncProgress
  wake(): void
}

export const asyncStatus =
  ({ store, cursors, progress }: StatusNeeds): Handler =>
  async (call): Promise<Reply> => {
    const id = idOf(call)
    const entry = asyncEntry(await readAsyncRequests(store, call.caller.agency), id)
    if (!entry || (entry.until ?? Infinity) <= call.now) throw unknown()
    const query = { kinds: [ASYNC_REQUEST], key: id, limit: 1 }
    if (entry.state !== 'done') {
      const { jobs } = await store.jobs.list({ ...query, withoutPayload: true })
      if (jobs[0]?.state === 'failed') throw notEnded(id)
      const text = entry.state === 'accepted' ? 'waiting' : (progress.get(id)?.text ?? 'in progress')
      return { status: 202, headers: { 'X-Progress': text, 'Retry-After': '1' } }
    }
    const { jobs } = await store.jobs.list(query)
    const { result } = (jobs[0]?.payload ?? {}) as Partial<AsyncPayload>
    // It was deleted, or its time was over, since the list was read.
    if (result === undefined) throw unknown()
    const { text, disclosed } = (await cursors.openLarge(result, sealedFor(id))) as AsyncResult
    return { status: 200, text, disclosed, headers: { Expires: new Date(entry.until!).toUTCString() } }
  }

export const asyncCancel =
  ({ store, progress, wake }: StatusNeeds): Handler =>
  async (call) => {
    const id = idOf(call)
    await changeAsync<void>(store, { agency: call.caller.agency, id }, (found) => {
      const entry = asyncEntry(found, id)
      if (!entry || (entry.until ?? Infinity) <= call.now) throw unknown()
      // The job finds its request gone, and removes what is kept of it.
      return { answer: undefined, change: { jobs: [{ kind: ASYNC_REQUEST, key: id, due: call.now }] } }
    })
    progress.get(id)?.cancel()
    wake()
    return { status: 202 }
  }

function idOf({ id = '', params }: Call): string {
  const [first] = params
  if (first === undefined) return id
  throw refuse('unknown-parameter', `\`${first[0].slice(0, 100)}\`: a status address takes no parameters.`)
}

/** The job of the request failed, and its end could not be kept either. */
const notEnded = (id: string) =>
  refuse(
    'internal',
    `The hub failed, and could not keep what became of the request. The errors are logged under \`${id}\`: give the operator this id. If the request writes, read what it wrote before you send it again.`,
  )

const unknown = () =>
  refuse(
    'not-found',
    'You have no request in the background at this address: there was none, it was cancelled or deleted, or the time for which its result was kept is over.',
  )
