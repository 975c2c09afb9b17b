/** A thread of the pool (worker-pool.ts): receives tasks, answers verdicts. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Task } from './tasks.ts'
import { loadChecker, type CheckOptions } from './options.ts'

const check = await loadChecker(workerData as CheckOptions, true)

parentPort!.on('message', async ({ id, task }: { id: number; task: Task }) => {
  try {
    parentPort!.postMessage({ id, verdicts: await check(task) })
  } catch (fault) {
    parentPort!.postMessage({ id, fault: fault instanceof Error ? fault.message : String(fault) })
  }
})
