/** Starts the hub as a process of its own, as `npm start` does, for tests that need a real one. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from './files.ts'

export type StartedHub = {
  readonly child: ChildProcess
  /** The FHIR base that the greeting names. */
  readonly url: string
  /** What it has printed so far. */
  readonly printed: () => string
  /** Sends the signal and resolves to the exit code. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>
}

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

function run(env: Record<string, string>, root: string) {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env
  const child = spawn(process.execPath, ['scripts/run.mjs', 'serve'], {
    cwd: root,
    env: { PATH, HOME, TMPDIR, HUB_PORT: '0', HUB_LOG: 'warn', ...env },
  })
  const text = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (data: string) => (text.out += data))
  child.stderr.setEncoding('utf8').on('data', (data: string) => (text.err += data))
  return { child, text }
}

/** Resolves when the hub has greeted; rejects with what it printed when it ended instead. */
export async function startHub(env: Record<string, string>, root = ROOT): Promise<StartedHub> {
  const { child, text } = run(env, root)
  const greeted = new Promise<string>((resolve) => {
    child.stdout.on('data', () => {
      const url = /listens at (\S+)/.exec(text.out)?.[1]
      if (url && text.out.includes('Ctrl-C')) resolve(url)
    })
  })
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`exit code ${code}: ${text.err}${text.out}`)),
  )
  ended.catch(() => undefined)
  const url = await Promise.race([greeted, ended])
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exit = once(child, 'exit')
    child.kill(signal)
    const [code] = (await exit) as [number | null]
    return code
  }
  return { child, url, printed: () => text.out, end }
}

/** For a hub that is expected to end by itself: how it ended and what it printed. */
export async function runHub(env: Record<string, string>, root = ROOT): Promise<Ended> {
  const { child, text } = run(env, root)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}
