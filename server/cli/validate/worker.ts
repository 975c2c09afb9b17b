/** One more thread that judges: takes tasks, answers verdicts. Started by crew.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Task } from './tasks.ts'
import { judgeFor, type Setting } from './setting.ts'

const judge = await judgeFor(workerData as Setting, true)

parentPort!.on('message', async ({ id, task }: { id: number; task: Task }) => {
  try {
    parentPort!.postMessage({ id, verdicts: await judge(task) })
  } catch (fault) {
    parentPort!.postMessage({ id, fault: fault instanceof Error ? fault.message : String(fault) })
  }
})
