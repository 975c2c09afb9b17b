/** Runs processes whose fsyncs are counted, and fail on demand (fsync.c). */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export const WHY_NOT = 'fsyncs can be watched only on Linux with a C compiler (`cc`)'

/** The library to preload, compiled into the folder; undefined where that cannot be done. */
export async function compileWatcher(folder: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  const library = join(folder, 'fsync.so')
  const made = run('cc', ['-shared', '-fPIC', '-O1', '-o', library, file('fsync.c'), '-ldl'])
  return made.then(
    () => library,
    () => undefined,
  )
}

/** Runs a script of this folder under the watcher; answers what it printed, as JSON, and how often it synced. */
export async function watched<T>(library: string, script: string, args: readonly string[]) {
  const [count, fails] = [`${args[0]}.count`, `${args[0]}.fails`]
  const env = { ...process.env, LD_PRELOAD: library, FSYNC_COUNT: count, FSYNC_FAILS: fails }
  const { stdout } = await run(process.execPath, ['--import=./server/typescript/register.mjs', file(script), ...args], {
    env,
  })
  return { printed: JSON.parse(stdout) as T, fsyncs: Number(await readFile(count, 'utf8')) }
}
