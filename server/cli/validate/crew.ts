/** Threads that judge tasks side by side. https://nodejs.org/docs/latest-v20.x/api/worker_threads.html */
import { Worker } from 'node:worker_threads'
import type { Judge, Verdict } from './judge.ts'
import type { Setting } from './setting.ts'
import type { Task } from './tasks.ts'

export type Crew = { readonly size: number; readonly judge: Judge; readonly end: () => Promise<void> }

type Waiting = { readonly resolve: (verdicts: readonly Verdict[]) => void; readonly reject: (fault: Error) => void }
type Answer = { readonly id: number; readonly verdicts?: readonly Verdict[]; readonly fault?: string }
type Member = { readonly thread: Worker; readonly waiting: Map<number, Waiting> }

/** Starts `size` threads. A task goes to the one with the least to do. */
export function createCrew(setting: Setting, size: number): Crew {
  const members = Array.from({ length: size }, () => createMember(setting))
  let id = 0
  return {
    size,
    judge(task) {
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

/** What is checked is small and soon gone: a small young generation keeps many threads from needing much memory. */
const LIMITS = { maxYoungGenerationSizeMb: 8 }

function createMember(setting: Setting): Member {
  const thread = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: setting, resourceLimits: LIMITS })
  const waiting = new Map<number, Waiting>()
  thread.on('message', ({ id, verdicts, fault }: Answer) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (verdicts) asked?.resolve(verdicts)
    else asked?.reject(new Error(fault))
  })
  thread.on('error', (fault) => {
    for (const { reject } of waiting.values()) reject(fault as Error)
    waiting.clear()
  })
  return { thread, waiting }
}

const transferable = (task: Task) => ('bytes' in task ? [task.bytes.buffer] : [])
