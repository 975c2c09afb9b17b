/** The six agency systems, each a process of its own: starting them, running their steps, and collecting their reports. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Values, Report, Exchange, Notified } from './messages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = fileURLToPath(new URL('agency-process.ts', import.meta.url))

export const AGENCIES = ['ui', 'es', 'abe', 'dhs', 'vr', 'college'] as const
export type Agency = (typeof AGENCIES)[number]

/** Something that an agency reports, in the order in which the reports arrive. */
export type AgencyReport = (Exchange | Notified | { readonly kind: 'line' | 'trouble'; readonly text: string }) & {
  readonly agency: Agency
}

/** An event at an agency's endpoint: `es referral-created`. */
export type AgencyEvent = `${Agency} ${string}`

export type AgencyProcesses = {
  /** Runs a step of an agency; resolves to its output, rejects when an answer was not the expected one. */
  run(agency: Agency, step: string, input?: Values): Promise<Values>
  /** How many of these events have arrived since the start. */
  received(event: AgencyEvent): number
  /** Resolves when so many have arrived since the start, or rejects after `within` (ms). */
  waitFor(event: AgencyEvent, count: number, within: number): Promise<void>
  stop(): Promise<void>
}

type Waiting = { readonly event: AgencyEvent; readonly count: number; readonly done: () => void }
type Calls = Map<number, { readonly done: (output: Values) => void; readonly failed: (fault: Error) => void }>

/** Starts all agencies; `onReport` is called for everything that they report. */
export async function startAgencies(hub: string, onReport: (one: AgencyReport) => void): Promise<AgencyProcesses> {
  const counts = new Map<AgencyEvent, number>()
  const calls: Calls = new Map()
  let waiting: readonly Waiting[] = []
  let numbers = 0

  const count = (event: AgencyEvent) => {
    counts.set(event, (counts.get(event) ?? 0) + 1)
    for (const one of waiting.filter((one) => isReached(one, counts))) one.done()
    waiting = waiting.filter((one) => !isReached(one, counts))
  }
  const receive = (agency: Agency, report: Report) => {
    if (report.kind === 'ready') return
    if (report.kind === 'done') return calls.get(report.call)?.done(report.output)
    if (report.kind === 'failed') return calls.get(report.call)?.failed(new Error(report.text))
    onReport({ ...report, agency })
    if (report.kind === 'notified') count(`${agency} ${report.topic}`)
  }
  const started = await Promise.all(AGENCIES.map((agency) => start(agency, hub, receive)))
  for (const child of started)
    child.on('exit', (code) => calls.forEach(({ failed }) => failed(new Error(`An agency system ended with ${code}.`))))
  const children = new Map(AGENCIES.map((agency, index) => [agency, started[index]] as const))

  return {
    run: (agency, step, input = {}) => {
      const call = ++numbers
      const output = new Promise<Values>((done, failed) => calls.set(call, { done, failed }))
      children.get(agency)?.send({ call, step, input })
      return output
    },
    received: (event) => counts.get(event) ?? 0,
    waitFor: (event, count, within) => {
      const arrived = new Promise<void>((done) => {
        const one = { event, count, done }
        if (isReached(one, counts)) done()
        else waiting = [...waiting, one]
      })
      return inTime(arrived, within, () => `\`${event}\` arrived ${counts.get(event) ?? 0} times, not ${count}`)
    },
    stop: async () => void (await Promise.all(started.map(end))),
  }
}

const isReached = ({ event: what, count }: Waiting, counts: ReadonlyMap<AgencyEvent, number>) =>
  (counts.get(what) ?? 0) >= count

function start(agency: Agency, hub: string, receive: (agency: Agency, report: Report) => void): Promise<ChildProcess> {
  const child = fork(PROGRAM, [agency, hub], { cwd: ROOT, execArgv: ['--import', './server/typescript/register.mjs'] })
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`The agency system \`${agency}\` ended with ${code}.`)))
    child.on('message', (report: Report) => {
      if (report.kind === 'ready') resolve(child)
      receive(agency, report)
    })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.disconnect()
  await ended
}

async function inTime(promise: Promise<void>, within: number, text: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${text()} within ${within / 1000} s`)), within)
  })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
