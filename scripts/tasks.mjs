/** The tasks that `scripts/run.mjs` knows, as one table: what each needs installed, and what it runs. */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { ROOT, ensureDependencies } from './dependencies.mjs'
import { testFiles } from './test-files.mjs'

/**
 * - needs: `production` is enough to run the hub; `all` adds what tests and checks use.
 * - module: a TypeScript file that is the program. It runs in this process: only one Node starts, and signals and the
 *   exit code need no forwarding.
 * - command: Node and its arguments, as a child; `otherwise()` is added when the caller gives no arguments.
 */
const TASKS = {
  serve: { needs: 'production', module: 'server/main.ts' },
  demo: { needs: 'production', module: 'scripts/demo.ts' },
  bench: { needs: 'all', module: 'bench/main.ts' },
  test: {
    needs: 'all',
    command: [
      'node_modules/mocha/bin/mocha.js',
      '--parallel',
      `--jobs=${availableParallelism()}`,
      '--reporter=test/reporter.mjs',
    ],
    otherwise: testFiles,
  },
  'test:long': { needs: 'all', command: ['scripts/long.mjs'] },
  'test:crash': { needs: 'all', module: 'test/whole/crash/main.ts' },
  'test:year': { needs: 'all', module: 'scripts/year.ts' },
  'test:noninterference': { needs: 'all', module: 'test/visibility/main.ts' },
  conformance: { needs: 'production', module: 'scripts/conformance.ts' },
  differential: { needs: 'production', module: 'scripts/differential.ts' },
  match: { needs: 'production', module: 'scripts/match.ts' },
  check: { needs: 'all', command: ['scripts/check.mjs'] },
}

/** Runs a task to its end. Sets the exit code of the process; an unknown task is one sentence and exit code 1. */
export async function runTask(name, args) {
  const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined
  if (!task) {
    console.error(`There is no task \`${name ?? ''}\`; the tasks are ${Object.keys(TASKS).join(', ')}.`)
    process.exitCode = 1
    return
  }
  if (!(await ensureDependencies(task.needs))) {
    process.exitCode = 1
    return
  }
  if (task.module) await runModule(task.module, args)
  else process.exitCode = await runChild([...task.command, ...(args.length > 0 ? args : (task.otherwise?.() ?? []))])
}

async function runModule(file, args) {
  const path = `${ROOT}/${file}`
  process.argv.splice(1, Infinity, path, ...args)
  await import('../server/typescript/register.mjs')
  await import(pathToFileURL(path).href)
}

/** Runs Node with these arguments; resolves to its exit code (128 + signal number when a signal ended it). */
function runChild(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
  const forward = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}
