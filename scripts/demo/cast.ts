/** The six agency systems, each a process of its own: starting them, giving cues, and hearing what they report. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Facts, Report, Sent, Told } from './protocol.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = fileURLToPath(new URL('agency.ts', import.meta.url))

export const AGENCIES = ['ui', 'es', 'abe', 'dhs', 'vr', 'college'] as const
export type Agency = (typeof AGENCIES)[number]

/** Something that happened at an agency, in the order in which the narrator heard of it. */
export type Happened = (Sent | Told | { readonly kind: 'said' | 'trouble'; readonly text: string }) & {
  readonly agency: Agency
}

/** An event that somebody was told of: `es referral-created`. */
export type Heard = `${Agency} ${string}`

export type Cast = {
  /** Somebody at the agency does something; resolves to what came of it, rejects when it did not go as expected. */
  cue(agency: Agency, cue: string, facts?: Facts): Promise<Facts>
  /** How often this was heard since the beginning. */
  heard(what: Heard): number
  /** Resolves when this was heard so often since the beginning, or rejects after the time. */
  hears(what: Heard, count: number, within: number): Promise<void>
  stop(): Promise<void>
}

type Waiting = { readonly what: Heard; readonly count: number; readonly done: () => void }
type Calls = Map<number, { readonly done: (facts: Facts) => void; readonly failed: (fault: Error) => void }>

/** Starts all agencies; `happened` is called for all that they report. */
export async function gather(hub: string, happened: (one: Happened) => void): Promise<Cast> {
  const counts = new Map<Heard, number>()
  const calls: Calls = new Map()
  let waiting: readonly Waiting[] = []
  let numbers = 0

  const count = (what: Heard) => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
    for (const one of waiting.filter((one) => isHeard(one, counts))) one.done()
    waiting = waiting.filter((one) => !isHeard(one, counts))
  }
  const receive = (agency: Agency, report: Report) => {
    if (report.kind === 'ready') return
    if (report.kind === 'done') return calls.get(report.call)?.done(report.facts)
    if (report.kind === 'failed') return calls.get(report.call)?.failed(new Error(report.text))
    happened({ ...report, agency })
    if (report.kind === 'told') count(`${agency} ${report.topic}`)
  }
  const started = await Promise.all(AGENCIES.map((agency) => start(agency, hub, receive)))
  for (const child of started)
    child.on('exit', (code) => calls.forEach(({ failed }) => failed(new Error(`An agency system ended with ${code}.`))))
  const children = new Map(AGENCIES.map((agency, index) => [agency, started[index]] as const))

  return {
    cue: (agency, cue, facts = {}) => {
      const call = ++numbers
      const answered = new Promise<Facts>((done, failed) => calls.set(call, { done, failed }))
      children.get(agency)?.send({ call, cue, facts })
      return answered
    },
    heard: (what) => counts.get(what) ?? 0,
    hears: (what, count, within) => {
      const heard = new Promise<void>((done) => {
        const one = { what, count, done }
        if (isHeard(one, counts)) done()
        else waiting = [...waiting, one]
      })
      return inTime(heard, within, () => `\`${what}\` was heard ${counts.get(what) ?? 0} times, not ${count}`)
    },
    stop: async () => void (await Promise.all(started.map(end))),
  }
}

const isHeard = ({ what, count }: Waiting, counts: ReadonlyMap<Heard, number>) => (counts.get(what) ?? 0) >= count

function start(agency: Agency, hub: string, receive: (agency: Agency, report: Report) => void): Promise<ChildProcess> {
  const child = fork(PROGRAM, [agency, hub], { cwd: ROOT, execArgv: ['--import', 'tsx'] })
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
