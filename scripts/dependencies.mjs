/**
 * Are the dependencies of package-lock.json installed for this Node? If not, install them.
 * A stamp file in node_modules makes that check fast; without it, npm's own record of the installed packages is compared.
 */
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

const LOCK_FILE = `${ROOT}/package-lock.json`
const STAMP = `${ROOT}/node_modules/.no-wrong-door.json`
/** Written by npm at the end of an install; an interrupted install leaves none. */
const INSTALLED = `${ROOT}/node_modules/.package-lock.json`

/**
 * Installs missing dependencies; prints nothing if there are none.
 * `needs`: `production` or `all`. Resolves to false when they could not be installed (the reason has been printed).
 */
export async function ensureDependencies(needs) {
  if (stamped(needs)) return true
  const { withInstallLock } = await import('./lock.mjs')
  return withInstallLock(async () => {
    if (stamped(needs)) return true
    if (!covers(needs) || !compiledForThisNode()) {
      const { install } = await import('./install.mjs')
      if (!(await install(needs, expected(needs), canAdd()))) return false
    }
    stamp()
    return true
  })
}

/** What an install must match: the lock file, the binary interface of this Node, the machine. */
function fingerprint() {
  return createHash('sha256').update(readFileSync(LOCK_FILE)).update(machine()).digest('hex')
}

const machine = () => `${process.versions.modules} ${process.platform} ${process.arch}`

function stamped(needs) {
  const stamp = readJson(STAMP)
  if (stamp?.fingerprint !== fingerprint()) return false
  return needs === 'production' || stamp.holds === 'all'
}

function stamp() {
  const holds = covers('all') ? 'all' : 'production'
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, JSON.stringify({ fingerprint: fingerprint(), machine: machine(), holds }))
}

/** The packages that an install must contain: path -> version. Optional ones depend on the machine and are left out. */
function expected(needs) {
  const packages = Object.entries(readJson(LOCK_FILE)?.packages ?? {})
  const wanted = packages.filter(([path, entry]) => {
    if (path === '' || entry.optional || entry.devOptional) return false
    return needs === 'all' || !entry.dev
  })
  return new Map(wanted.map(([path, entry]) => [path, entry.version]))
}

function covers(needs) {
  const installed = readJson(INSTALLED)?.packages
  if (!installed) return false
  return [...expected(needs)].every(([path, version]) => installed[path]?.version === version)
}

/** Development packages can be added to what `npm start` installed, which saves compiling SQLite a second time. */
const canAdd = () => covers('production') && compiledForThisNode()

/** SQLite is compiled for one version of Node's binary interface; another one cannot load it. */
function compiledForThisNode() {
  const probe = "const Database = require('better-sqlite3'); new Database(':memory:').close()"
  return spawnSync(process.execPath, ['-e', probe], { cwd: ROOT, stdio: 'ignore' }).status === 0
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
