/** The hub as a process of its own, on a free port, with a new store that is deleted afterwards. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type RunningHub = { readonly url: string; readonly stop: () => Promise<number | null> }

/** Resolves when the hub listens. Rejects with its output when it ends instead. A signal to this process stops it too. */
export async function startHub(): Promise<RunningHub> {
  const folder = mkdtempSync(join(tmpdir(), 'nwd-demo-'))
  const child = spawn(process.execPath, ['scripts/run.mjs', 'serve'], {
    cwd: ROOT,
    env: { ...withoutSettings(process.env), ...settings(join(folder, 'hub.sqlite')) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    const [code] = (await ended) as [number | null]
    rmSync(folder, { recursive: true, force: true })
    return code
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(130)))
  let printed = ''
  const listening = new Promise<string>((resolve) => {
    const read = (data: string) => {
      printed += data
      const url = /listens at (\S+)/.exec(printed)?.[1]
      if (url) resolve(url)
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
  })
  const url = await Promise.race([listening, ended.then(() => Promise.reject(new Error(`The hub ended: ${printed}`)))])
  return { url, stop }
}

const settings = (file: string) => ({
  HUB_PORT: '0',
  HUB_STORE: `sqlite:${file}`,
  HUB_SEED: 'sample',
  HUB_LOOPBACK_ENDPOINTS: 'true',
  HUB_LOG: 'error',
})

/** The settings of the caller's own hub do not apply to the hub of the demo. */
const withoutSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('HUB_')))
