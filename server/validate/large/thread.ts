/** The code of the worker thread: checks large resources, one after the other. Started by worker-thread.ts. */
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { Source } from '../../definitions/folders.ts'
import { loadDefinitions } from '../../definitions/load.ts'
import { withPosted } from '../../definitions/posted.ts'
import { parseJson } from '../../fhir/json.ts'
import { OutcomeError, type Issue } from '../../fhir/outcome.ts'
import { createValidator, type RuleSet } from '../create-validator.ts'
import type { ResourceCheckOptions } from '../validator.ts'

/** `now`: the time of `today()` and `now()`. `additional`: definitions to use from now on, in addition to the hub's own; absent: as for the last request. */
export type CheckRequest = {
  readonly text: string
  readonly options?: ResourceCheckOptions
  readonly now: number
  readonly additional?: readonly Source[]
}
export type CheckResponse =
  | { readonly issues: readonly Issue[] }
  | { readonly refused: readonly Issue[] }
  | { readonly error: { readonly name: string; readonly message: string } }

const ROOT_FOLDER = path.join(import.meta.dirname, '..', '..', '..')
export type WorkerThreadData = { readonly rules: RuleSet; readonly timeZone?: string; readonly stepLimit?: number }
const { rules, timeZone, stepLimit } = workerData as WorkerThreadData
const hubDefinitions = await loadDefinitions(ROOT_FOLDER)
let time = 0
const clock = { now: () => time, timeZone }
let validator = createValidator(hubDefinitions, { rules, clock, stepLimit })

parentPort!.on('message', async ({ text, options, now, additional }: CheckRequest) => {
  parentPort!.postMessage(
    await respond().catch((error: Error): CheckResponse => {
      const { name, message } = error
      return error instanceof OutcomeError ? { refused: error.issues } : { error: { name, message } }
    }),
  )

  async function respond(): Promise<CheckResponse> {
    time = now
    if (additional) validator = createValidator(withPosted(hubDefinitions, additional), { rules, clock, stepLimit })
    return { issues: await validator.check(parseJson(text).value, options) }
  }
})
