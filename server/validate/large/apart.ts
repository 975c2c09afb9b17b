/**
 * Checks large resources in a thread of their own: the event loop, on which everybody waits, goes on meanwhile, and a
 * check that takes too long or too much memory is ended without harm to anybody else. The thread is started when it is
 * needed and ended when it has rested. https://nodejs.org/docs/latest-v20.x/api/worker_threads.html
 */
import { Worker } from 'node:worker_threads'
import type { Definitions } from '../../definitions/definitions.ts'
import { serialize } from '../../fhir/json.ts'
import { refuse, type Issue } from '../../fhir/outcome.ts'
import type { PathClock } from '../../fhirpath/scope.ts'
import type { Rules } from '../create.ts'
import type { Ask } from '../validator.ts'
import type { Answer, Question, Setting } from './thread.ts'

export type Apart = {
  /**
   * The issues of a resource, in its turn. Throws OutcomeError `check-too-long`, and what the validator throws (the
   * fault of a definition) as an Error of the same name.
   */
  check(definitions: Definitions, resource: unknown, ask?: Ask): Promise<readonly Issue[]>
  /** Ends the thread; what is under way or waits fails. */
  end(): Promise<void>
}

export type ApartOptions = {
  readonly rules: Rules
  /** What `today()` and `now()` in rules go by; default: the machine's clock and zone. */
  readonly clock?: PathClock
  /** ms that one check may take, a start of the thread included. */
  readonly limit?: number
  /** ms without work after which the thread ends and gives its memory back. */
  readonly rest?: number
}

type Job = {
  readonly definitions: Definitions
  readonly now: number
  readonly text: string
  readonly ask?: Ask
  readonly resolve: (issues: readonly Issue[]) => void
  readonly reject: (error: unknown) => void
}

/** `knows`: what its last question was asked by. */
type Thread = { readonly worker: Worker; knows?: Definitions }

/** MB of objects; a body of the largest size needs some hundred. */
const MEMORY = { maxOldGenerationSizeMb: 1024 }

export function createApart({ rules, clock = MACHINE, limit = 30_000, rest = 60_000 }: ApartOptions): Apart {
  const waiting: Job[] = []
  let running: Job | undefined
  let thread: Thread | undefined
  let timer: NodeJS.Timeout | undefined

  // A thread that was ended may still have answered: that is not what the next job asked.
  const onAnswer = (worker: Worker, answer: Answer): void => {
    if (worker !== thread?.worker) return
    finish((job) => ('issues' in answer ? job.resolve(answer.issues) : job.reject(toError(answer.error))))
  }
  const onError = (worker: Worker, error: Error): void => {
    if (worker !== thread?.worker) return
    const isMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
    thread = undefined
    finish((job) => job.reject(isMemory ? tooLong('takes more memory than there is for it', job) : error))
  }
  const finish = (tell: (job: Job) => void): void => {
    clearTimeout(timer)
    const job = running
    running = undefined
    if (job) tell(job)
    next()
  }
  const leave = async (): Promise<void> => {
    const worker = thread?.worker
    thread = undefined
    await worker?.terminate()
  }
  const next = (): void => {
    running = waiting.shift()
    if (!running) {
      thread?.worker.unref()
      timer = setTimeout(() => void leave(), rest).unref()
      return
    }
    thread ??= { worker: start({ rules, timeZone: clock.timeZone }, onAnswer, onError) }
    put(thread, running)
    timer = setTimeout(() => {
      void leave()
      finish((job) => job.reject(tooLong(`takes longer than ${limit / 1000} s`, job)))
    }, limit)
  }
  return {
    check(definitions, resource, ask) {
      const text = serialize(resource)
      return new Promise((resolve, reject) => {
        waiting.push({ definitions: definitions.current(), now: clock.now(), text, ask, resolve, reject })
        if (running) return
        clearTimeout(timer)
        next()
      })
    },
    async end() {
      clearTimeout(timer)
      const left = [...(running ? [running] : []), ...waiting.splice(0)]
      running = undefined
      await leave()
      for (const { reject } of left) reject(new Error('The hub stops.'))
    },
  }
}

const MACHINE: PathClock = { now: () => Date.now() }

function start(
  setting: Setting,
  onAnswer: (from: Worker, answer: Answer) => void,
  onError: (from: Worker, error: Error) => void,
): Worker {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url), { workerData: setting, resourceLimits: MEMORY })
  worker.on('message', (answer: Answer) => onAnswer(worker, answer))
  worker.on('error', (error) => onError(worker, error as Error))
  return worker
}

function put(thread: Thread, { text, ask, now, definitions }: Job): void {
  const besides = thread.knows === definitions ? {} : { besides: definitions.additional }
  thread.knows = definitions
  thread.worker.ref()
  thread.worker.postMessage({ text, ask, now, ...besides } satisfies Question)
}

const toError = ({ name, message }: { name: string; message: string }): Error =>
  Object.assign(new Error(message), { name })

const tooLong = (what: string, { ask }: Job) =>
  refuse('check-too-long', `To check this resource ${what}. Send it in smaller parts.`, { expression: ask?.at })
