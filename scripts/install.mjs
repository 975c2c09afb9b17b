/** Runs npm to install the dependencies, and shows the progress. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { ROOT } from './dependencies.mjs'

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error']

/**
 * Installs and resolves to whether it worked.
 * - needs: `production` or `all`
 * - expected: the packages to install (path -> version); the progress counts them
 * - add: keep the installed packages and add the missing ones, instead of installing all again
 */
export async function install(needs, expected, add) {
  const only = needs === 'all' ? ['--include=dev'] : ['--omit=dev']
  const verb = add ? ['install', '--no-save'] : ['ci']
  console.error(
    add
      ? 'Installing the packages for tests and checks.'
      : 'Installing the dependencies; the first time takes a few minutes, because SQLite is compiled.',
  )
  const started = Date.now()
  const stop = showProgress([...expected.keys()], started)
  const code = await npm([...verb, ...only, ...QUIET])
  stop()
  if (code === 0) {
    console.error(`The dependencies are installed (${seconds(started)} s).`)
    return true
  }
  console.error(
    `The dependencies could not be installed: \`npm ${verb.join(' ')}\` ended with code \`${code}\` (its messages are above).\n` +
      'Check the network or the registry that npm uses; SQLite also needs a C++ compiler, make and Python (on Debian: `apt install build-essential python3`).',
  )
  return false
}

/** npm names itself in the environment when it runs a script; otherwise it is on the path. */
function npm(args) {
  const self = process.env.npm_execpath
  const byNode = self !== undefined && /\.c?js$/.test(self) && self.includes('npm')
  const child = byNode
    ? spawn(process.execPath, [self, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] })
    : spawn('npm', args, { cwd: ROOT, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** Counts the packages that have arrived: one line rewritten on a terminal, one line every ten seconds elsewhere. */
function showProgress(paths, started) {
  const terminal = process.stderr.isTTY
  const tick = () => {
    const there = paths.filter((path) => existsSync(`${ROOT}/${path}/package.json`)).length
    const what =
      there < paths.length
        ? `${there} of ${paths.length} packages`
        : `${paths.length} packages, compiling native packages`
    process.stderr.write(terminal ? `\r\x1b[K  ${seconds(started)} s  ${what}` : `  ${seconds(started)} s  ${what}\n`)
  }
  const timer = setInterval(tick, terminal ? 250 : 10_000)
  return () => {
    clearInterval(timer)
    if (terminal) process.stderr.write('\r\x1b[K')
  }
}

const seconds = (started) => Math.round((Date.now() - started) / 1000)
