/** A pool of threads that check tasks in parallel. https://nodejs.org/docs/latest-v20.x/api/worker_threads.html */
import { Worker } from 'node:worker_threads'
import type { Checker, FileVerdict } from './check.ts'
import type { CheckOptions } from './options.ts'
import type { Task } from './tasks.ts'

export type WorkerPool = { readonly size: number; readonly check: Checker; readonly end: () => Promise<void> }

type PendingTask = {
  readonly resolve: (verdicts: readonly FileVerdict[]) => void
  readonly reject: (fault: Error) => void
}
type WorkerAnswer = { readonly id: number; readonly verdicts?: readonly FileVerdict[]; readonly fault?: string }
type PoolWorker = { readonly thread: Worker; readonly waiting: Map<number, PendingTask> }

/** Starts `size` threads. A task goes to the thread with the fewest pending tasks. */
export function createWorkerPool(options: CheckOptions, size: number): WorkerPool {
  const members = Array.from({ length: size }, () => startWorker(options))
  let id = 0
  return {
    size,
    check(task) {
      const member = members.reduce((one, other) => (other.waiting.size < one.waiting.size ? other : one))
      return new Promise((resolve, reject) => {
        member.waiting.set(++id, { resolve, reject })
        member.thread.postMessage({ id, task }, transferable(task))
      })
    },
    async end() {
      await Promise.all(members.map(({ thread }) => thread.terminate()))
    },
  }
}

/** Resources are small and short-lived: a small young generation keeps the memory of many threads low. */
const LIMITS = { maxYoungGenerationSizeMb: 8 }

function startWorker(options: CheckOptions): PoolWorker {
  const thread = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: options, resourceLimits: LIMITS })
  const waiting = new Map<number, PendingTask>()
  thread.on('message', ({ id, verdicts, fault }: WorkerAnswer) => {
    const request = waiting.get(id)
    waiting.delete(id)
    if (verdicts) request?.resolve(verdicts)
    else request?.reject(new Error(fault))
  })
  thread.on('error', (fault) => {
    for (const { reject } of waiting.values()) reject(fault as Error)
    waiting.clear()
  })
  return { thread, waiting }
}

const transferable = (task: Task) => ('bytes' in task ? [task.bytes.buffer] : [])
