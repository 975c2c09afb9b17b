/** A server as a process of its own, and what it uses while it answers. */
import { spawn, type ChildProcess } from 'node:child_process'

/** `cpu`: µs of processor time since it began, of all its threads. `longest`: ms that its event loop stood since `watch`. */
export type Usage = { readonly cpu: number; readonly longest: number }

/** One turn of an event loop, in ms: `wall`: its length; `stand`: without what it waited for a processor; `cpu`: what it ran. */
export type Stand = { readonly stand: number; readonly cpu: number; readonly wall: number }

export type ServerProcess = {
  readonly url: string
  /** `watch`: begins to watch the event loop, until the next call. */
  usage(watch?: 'watch'): Promise<Usage>
  /** Begins to watch how long its event loop stands in one turn. */
  watchStands(): Promise<void>
  /** The longest since. */
  longestStand(): Promise<Stand>
  stop(): Promise<void>
}

/** As `npm start` runs the hub: a request leaves much behind, and a large young generation is collected less often. */
const FLAGS = ['--max-semi-space-size=64']

/**
 * Starts a program, and resolves with the first address that it prints.
 * @param flags of Node, such as `--cpu-prof`
 */
export function start(
  file: string,
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const imports = ['--import', './server/typescript/register.mjs', '--import', './bench/probe.mjs']
  const child = spawn(process.execPath, [...FLAGS, ...flags, ...imports, file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stdout!.on('data', (data: Buffer) => {
      printed += data.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+(?:\/fhir)?/.exec(printed)?.[0]
      if (url) resolve(serverProcess(child, url))
    })
    child.once('exit', (code) => reject(new Error(`${file} ended with ${String(code)} before it listened.`)))
  })
}

const serverProcess = (child: ChildProcess, url: string): ServerProcess => ({
  url,
  usage: (watch) => answer<Usage>(child, watch ?? 'usage'),
  watchStands: async () => void (await answer(child, 'watch-stands')),
  longestStand: () => answer<Stand>(child, 'longest-stand'),
  stop: () =>
    new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    }),
})

/** What the probe answers to a message. */
const answer = <T>(child: ChildProcess, message: string): Promise<T> =>
  new Promise((resolve) => {
    child.once('message', (found) => resolve(found as T))
    child.send(message)
  })
