/**
 * Reads in threads of their own, so that the event loop is free meanwhile: each thread has a connection to the same file.
 * A read that begins after a commit was acknowledged sees it. The threads start with the first read that takes long.
 * https://nodejs.org/docs/latest-v20.x/api/worker_threads.html, https://sqlite.org/isolation.html
 */
import { Worker } from 'node:worker_threads'
import type { Viewer } from '../../search/query.ts'
import { QueryTooLong, SequenceUnavailable, StoreClosed } from '../errors.ts'
import { createFairQueue } from './fair-queue.ts'
import type { ArgumentOf, LongReadName, ResultOf } from './long-reads.ts'
import type { ReadFault, ReadRequest, ReadResponse, ReadersData, ReaderThreadData } from './reader-thread.ts'

export type Readers = {
  /**
   * @param signal when it aborts, the read is given up
   * @throws QueryTooLong, the reason of the signal, and what the read throws
   */
  read<Name extends LongReadName>(name: Name, argument: ArgumentOf<Name>, signal?: AbortSignal): Promise<ResultOf<Name>>
  /** Ends the threads; reads under way are rejected. */
  end(): Promise<void>
}

/** So that one long read does not hold up all others. */
const THREADS = 2

/** MB of heap: the largest page of the largest resources needs some hundred. */
const MEMORY = { maxOldGenerationSizeMb: 512 }

type Task = {
  /** The agency for which it reads. */
  readonly owner: string
  readonly request: ReadRequest
  readonly signal: AbortSignal | undefined
  resolve(result: never): void
  reject(error: unknown): void
}
type Thread = { readonly worker: Worker; readonly stopped: Int32Array; task: Task | undefined }

/** Agencies take turns, and each has one read under way at a time: one with many long reads leaves a thread to the others. */
export function createReaders(data: ReadersData): Readers {
  const waiting = createFairQueue<Task>()
  let threads: readonly Thread[] = []
  let ended = false
  let last = 0

  /** A thread that ended took its read with it; the next read starts another. */
  const lose = (thread: Thread, error: unknown): void => {
    threads = threads.filter((one) => one !== thread)
    thread.task?.reject(error)
    thread.task = undefined
    if (!ended) distribute()
  }

  const begin = (): Thread => {
    const thread = startThread(data)
    const { worker } = thread
    worker.on('message', (response: ReadResponse) => {
      settle(thread, response)
      distribute()
    })
    worker.on('error', (error) => lose(thread, isOutOfMemory(error) ? tooLong('takes more memory') : error))
    worker.on('exit', () => lose(thread, new Error('A reader thread of the store ended.')))
    threads = [...threads, thread]
    return thread
  }

  /** Gives what waits to the threads that are free. */
  const distribute = (): void => {
    for (;;) {
      const busy = threads.flatMap(({ task }) => (task ? [task.owner] : []))
      const task = busy.length < THREADS ? waiting.take(new Set(busy)) : undefined
      if (task === undefined) return
      if (task.signal?.aborted) continue
      const thread = threads.find((one) => one.task === undefined) ?? begin()
      thread.task = task
      thread.worker.ref()
      thread.worker.postMessage(task.request)
    }
  }

  return {
    read: (name, argument, signal) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(new StoreClosed())
        const owner = ownerOf(argument)
        const request = { id: ++last, name, argument } as ReadRequest
        const stop = (): void => {
          stopRead(threads, request.id)
          reject(signal!.reason as Error)
        }
        signal?.addEventListener('abort', stop, { once: true })
        waiting.put(owner, { owner, request, signal, resolve, reject })
        distribute()
      }),
    async end() {
      ended = true
      const all = threads
      const closed = new StoreClosed()
      for (const thread of all) lose(thread, closed)
      for (const { reject } of waiting.clear()) reject(closed)
      await Promise.all(all.map(({ worker }) => worker.terminate()))
    },
  }
}

function startThread(data: ReadersData): Thread {
  const stopped = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const worker = new Worker(new URL('./reader-thread.mjs', import.meta.url), {
    workerData: { ...data, stopped } satisfies ReaderThreadData,
    resourceLimits: MEMORY,
  })
  return { worker, stopped, task: undefined }
}

/** The thread that is at it gives it up soon, and goes on with the next. */
function stopRead(threads: readonly Thread[], id: number): void {
  const thread = threads.find(({ task }) => task?.request.id === id)
  if (thread) Atomics.store(thread.stopped, 0, id)
}

/** The rules of the hub itself read as one owner. */
const ownerOf = ({ viewer }: { readonly viewer: Viewer }): string => (viewer === 'unrestricted' ? '' : viewer.agency)

function settle(thread: Thread, response: ReadResponse): void {
  const { task, worker } = thread
  thread.task = undefined
  // A thread that waits does not keep the process alive.
  worker.unref()
  if ('result' in response) task?.resolve(response.result as never)
  else task?.reject(errorOf(response.fault))
}

function errorOf(fault: ReadFault): Error {
  if (fault.kind === 'too-long') return tooLong('takes longer')
  if (fault.kind === 'unavailable') return new SequenceUnavailable(fault.sequence, fault.range)
  return Object.assign(new Error(fault.message), { name: fault.name })
}

const tooLong = (what: string): QueryTooLong => new QueryTooLong(`The query ${what} than the limit.`)

const isOutOfMemory = (error: NodeJS.ErrnoException): boolean => error.code === 'ERR_WORKER_OUT_OF_MEMORY'
