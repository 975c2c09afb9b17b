/** The thread in which large resources are checked, one after the other. Started by apart.ts. */
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { Source } from '../../definitions/folders.ts'
import { loadDefinitions } from '../../definitions/load.ts'
import { withPosted } from '../../definitions/posted.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { createValidator, type Rules } from '../create.ts'
import type { Ask } from '../validator.ts'

/** `now`: the time that rules go by. `besides`: definitions that hold from now on besides the hub's own; absent: those of the question before. */
export type Question = {
  readonly text: string
  readonly ask?: Ask
  readonly now: number
  readonly besides?: readonly Source[]
}
export type Answer =
  { readonly issues: readonly Issue[] } | { readonly error: { readonly name: string; readonly message: string } }

const OWN = path.join(import.meta.dirname, '..', '..', '..')
export type Setting = { readonly rules: Rules; readonly timeZone?: string }
const { rules, timeZone } = workerData as Setting
const own = await loadDefinitions(OWN)
let time = 0
const clock = { now: () => time, timeZone }
let validator = createValidator(own, { rules, clock })

parentPort!.on('message', async ({ text, ask, now, besides }: Question) => {
  parentPort!.postMessage(await answerTo().catch(({ name, message }: Error): Answer => ({ error: { name, message } })))

  async function answerTo(): Promise<Answer> {
    time = now
    if (besides) validator = createValidator(withPosted(own, besides), { rules, clock })
    return { issues: await validator.check(parseJson(text).value, ask) }
  }
})
