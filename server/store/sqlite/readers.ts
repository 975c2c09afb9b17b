/**
 * Reads in threads of their own, so that the event loop is free meanwhile: each thread has a connection to the same file.
 * A read that begins after a commit was acknowledged sees it. The threads start with the first read that takes long.
 * https://nodejs.org/docs/latest-v20.x/api/worker_threads.html, https://sqlite.org/isolation.html
 */
import { Worker } from 'node:worker_threads'
import { QueryTooLong, SequenceUnavailable } from '../store.ts'
import type { ArgumentOf, LongReadName, ResultOf } from './long-reads.ts'
import type { ReadFault, ReadRequest, ReadResponse, ReaderThreadData } from './reader-thread.ts'

export type Readers = {
  /** @throws QueryTooLong, and what the read throws */
  read<Name extends LongReadName>(name: Name, argument: ArgumentOf<Name>): Promise<ResultOf<Name>>
  /** Ends the threads; reads under way are rejected. */
  end(): Promise<void>
}

/** So that one long read does not hold up all others. */
const THREADS = 2

/** MB of heap: the largest page of the largest resources needs some hundred. */
const MEMORY = { maxOldGenerationSizeMb: 512 }

type Waiting = { resolve(result: never): void; reject(error: unknown): void }
type Thread = { readonly worker: Worker; readonly waiting: Map<number, Waiting> }

export function createReaders(data: ReaderThreadData): Readers {
  let threads: readonly Thread[] = []
  let ended = false
  let last = 0

  /** A thread that ended took its reads with it; the next read starts another. */
  const lose = (thread: Thread, error: unknown): void => {
    threads = threads.filter((one) => one !== thread)
    for (const { reject } of thread.waiting.values()) reject(error)
    thread.waiting.clear()
  }

  const begin = (): Thread => {
    const worker = new Worker(new URL('./reader-thread.mjs', import.meta.url), {
      workerData: data,
      resourceLimits: MEMORY,
    })
    const thread: Thread = { worker, waiting: new Map() }
    worker.on('message', (response: ReadResponse) => settle(thread, response))
    worker.on('error', (error) => lose(thread, error))
    worker.on('exit', () => lose(thread, new Error('A reader thread of the store ended.')))
    threads = [...threads, thread]
    return thread
  }

  /** The one with least to do; another one as long as all have something to do. */
  const pick = (): Thread => {
    const [least] = [...threads].sort((a, b) => a.waiting.size - b.waiting.size)
    if (least === undefined || (least.waiting.size > 0 && threads.length < THREADS)) return begin()
    return least
  }

  return {
    read: (name, argument) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(new Error('The store is closed.'))
        const thread = pick()
        const id = ++last
        thread.waiting.set(id, { resolve, reject })
        thread.worker.ref()
        thread.worker.postMessage({ id, name, argument } as ReadRequest)
      }),
    async end() {
      ended = true
      const all = threads
      for (const thread of all) lose(thread, new Error('The store is closed.'))
      await Promise.all(all.map(({ worker }) => worker.terminate()))
    },
  }
}

function settle({ worker, waiting }: Thread, response: ReadResponse): void {
  const one = waiting.get(response.id)
  waiting.delete(response.id)
  // A thread that waits does not keep the process alive.
  if (waiting.size === 0) worker.unref()
  if ('result' in response) one?.resolve(response.result as never)
  else one?.reject(errorOf(response.fault))
}

function errorOf(fault: ReadFault): Error {
  if (fault.kind === 'too-long') return new QueryTooLong('The query takes longer than the limit.')
  if (fault.kind === 'unavailable') return new SequenceUnavailable(fault.sequence, fault.range)
  return Object.assign(new Error(fault.message), { name: fault.name })
}
