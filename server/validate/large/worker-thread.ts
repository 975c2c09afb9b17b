/**
 * Checks large resources in a worker thread: the event loop stays free, and a check that exceeds its time or memory is
 * terminated without effect on other requests. The thread starts with the first job and ends after some time without one. https://nodejs.org/docs/latest-v20.x/api/worker_threads.html
 */
import { Worker } from 'node:worker_threads'
import type { Definitions } from '../../definitions/definitions.ts'
import { OutcomeError, refuse, type Issue } from '../../fhir/outcome.ts'
import { serializeInTurns } from '../../fhir/serialize-in-turns.ts'
import type { PathClock } from '../../fhirpath/scope.ts'
import type { RuleSet } from '../create-validator.ts'
import type { EngineOptions } from '../engine.ts'
import type { ResourceCheckOptions } from '../validator.ts'
import type { CheckResponse, CheckRequest, WorkerThreadData } from './thread.ts'

export type WorkerThread = {
  /**
   * Answers the issues of a resource; jobs run one after the other. Throws OutcomeError `check-too-long`, and what the
   * validator throws (a DefinitionFault) as an Error of the same name.
   */
  check(definitions: Definitions, resource: unknown, options?: ResourceCheckOptions): Promise<readonly Issue[]>
  /** Ends the thread; the running job and those that wait are rejected. */
  end(): Promise<void>
}

export type WorkerThreadOptions = EngineOptions & {
  readonly rules: RuleSet
  /** Milliseconds that one check may take, including the start of the thread. */
  readonly timeLimit?: number
  /** Milliseconds without a job after which the thread ends and frees its memory. */
  readonly idleLimit?: number
}

type CheckJob = {
  readonly definitions: Definitions
  readonly now: number
  readonly text: string
  readonly options?: ResourceCheckOptions
  readonly resolve: (issues: readonly Issue[]) => void
  readonly reject: (error: unknown) => void
}

/** `definitions`: those of its last job. */
type RunningThread = { readonly worker: Worker; definitions?: Definitions }

/** MB of heap; a body of the largest size needs some hundred. */
const MEMORY = { maxOldGenerationSizeMb: 1024 }

export function createWorkerThread(threadOptions: WorkerThreadOptions): WorkerThread {
  const { rules, clock = MACHINE_CLOCK, stepLimit, timeLimit = 30_000, idleLimit = 60_000 } = threadOptions
  const waiting: CheckJob[] = []
  let running: CheckJob | undefined
  let ended = false
  let thread: RunningThread | undefined
  let timer: NodeJS.Timeout | undefined
  // A terminated thread may still have sent an answer: it does not belong to the next job.
  const onAnswer = (worker: Worker, answer: CheckResponse): void => {
    if (worker !== thread?.worker) return
    finish((job) => ('issues' in answer ? job.resolve(answer.issues) : job.reject(toError(answer))))
  }
  const onError = (worker: Worker, error: Error): void => {
    if (worker !== thread?.worker) return
    thread = undefined
    finish((job) => job.reject(isOutOfMemory(error) ? tooLong('takes more memory than is available', job) : error))
  }
  const finish = (settle: (job: CheckJob) => void): void => {
    const job = running
    running = undefined
    if (job) settle(job)
    next()
  }
  const terminate = async (): Promise<void> => {
    const worker = thread?.worker
    thread = undefined
    await worker?.terminate()
  }
  const next = (): void => {
    clearTimeout(timer)
    running = waiting.shift()
    if (!running) {
      thread?.worker.unref()
      timer = setTimeout(() => void terminate(), idleLimit).unref()
      return
    }
    thread ??= { worker: startThread({ rules, timeZone: clock.timeZone, stepLimit }, onAnswer, onError) }
    post(thread, running)
    const late = (job: CheckJob): void => job.reject(tooLong(`takes longer than ${timeLimit / 1000} s`, job))
    timer = setTimeout(() => (void terminate(), finish(late)), timeLimit)
  }
  return {
    async check(definitions, resource, options) {
      const text = await serializeInTurns(resource)
      if (ended) throw stops()
      return new Promise((resolve, reject) => {
        waiting.push({ definitions: definitions.current(), now: clock.now(), text, options, resolve, reject })
        if (!running) next()
      })
    },
    async end() {
      ended = true
      clearTimeout(timer)
      const left = [...(running ? [running] : []), ...waiting.splice(0)]
      running = undefined
      await terminate()
      for (const { reject } of left) reject(stops())
    },
  }
}

const stops = (): Error => new Error('The hub stops.')

const MACHINE_CLOCK: PathClock = { now: () => Date.now() }

function startThread(
  data: WorkerThreadData,
  onAnswer: (from: Worker, answer: CheckResponse) => void,
  onError: (from: Worker, error: Error) => void,
): Worker {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url), { workerData: data, resourceLimits: MEMORY })
  worker.on('message', (answer: CheckResponse) => onAnswer(worker, answer))
  worker.on('error', (error) => onError(worker, error as Error))
  return worker
}

function post(thread: RunningThread, { text, options, now, definitions }: CheckJob): void {
  const changed = thread.definitions === definitions ? {} : { additional: definitions.additional }
  thread.definitions = definitions
  thread.worker.ref()
  thread.worker.postMessage({ text, options, now, ...changed } satisfies CheckRequest)
}

const isOutOfMemory = (error: NodeJS.ErrnoException): boolean => error.code === 'ERR_WORKER_OUT_OF_MEMORY'

const toError = (answer: Exclude<CheckResponse, { readonly issues: unknown }>): Error =>
  'refused' in answer
    ? new OutcomeError(answer.refused)
    : Object.assign(new Error(answer.error.message), { name: answer.error.name })

const tooLong = (what: string, { options }: CheckJob) =>
  refuse('check-too-long', `Checking this resource ${what}. Send it in smaller parts.`, { expression: options?.at })
