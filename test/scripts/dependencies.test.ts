/** What `npm start` and `npm test` install before they do anything: tried on a small checkout with an npm of our own. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../checks/files.ts'

/** Stands in for npm: notes its arguments and installs what package-lock.json names, with what the asker omits left out. */
const NPM = `
const fs = require('node:fs')
const args = process.argv.slice(2)
fs.appendFileSync('npm.log', args.filter((arg) => !arg.startsWith('--no-') && !arg.startsWith('--loglevel')).join(' ') + '\\n')
if (fs.existsSync('npm.fails')) process.exit(7)
const lock = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
if (args[0] === 'ci') fs.rmSync('node_modules', { recursive: true, force: true })
const packages = Object.fromEntries(Object.entries(lock.packages).filter(([path, entry]) => path && !(entry.dev && args.includes('--omit=dev'))))
for (const path of Object.keys(packages)) {
  fs.mkdirSync(path, { recursive: true })
  fs.writeFileSync(path + '/package.json', JSON.stringify({ main: 'index.js' }))
  fs.writeFileSync(path + '/index.js', 'module.exports = class { close() {} }')
}
setTimeout(() => fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages })), 300)
`

const LOCK = {
  packages: {
    '': {},
    'node_modules/better-sqlite3': { version: '1.0.0' },
    'node_modules/mocha': { version: '1.0.0', dev: true },
    'node_modules/only-on-macos': { version: '1.0.0', optional: true },
  },
}

describe('the dependencies', function () {
  this.timeout(20_000)
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nwd-deps-'))
    mkdirSync(join(folder, 'scripts'))
    for (const name of readdirSync(join(ROOT, 'scripts')).filter((file) => file.endsWith('.mjs')))
      cpSync(join(ROOT, 'scripts', name), join(folder, 'scripts', name))
    writeFileSync(join(folder, 'npm-cli.js'), NPM)
    writeLock(LOCK)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const writeLock = (lock: object) => writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const npmCalls = () =>
    existsSync(join(folder, 'npm.log')) ? readFileSync(join(folder, 'npm.log'), 'utf8').trim().split('\n') : []

  async function ensure(needs: 'production' | 'all'): Promise<{ code: number; output: string }> {
    const script = `import { ensureDependencies } from './scripts/dependencies.mjs'; process.exit((await ensureDependencies('${needs}')) ? 0 : 1)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      env: { ...process.env, npm_execpath: join(folder, 'npm-cli.js') },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    const [code] = (await once(child, 'close')) as [number]
    return { code, output }
  }

  it('are installed when there are none, without those for development, and then no more', async () => {
    const first = await ensure('production')
    assert.equal(first.code, 0, first.output)
    assert.match(first.output, /Installing the dependencies/)
    assert.deepEqual(npmCalls(), ['ci --omit=dev'])
    assert.deepEqual(await ensure('production'), { code: 0, output: '' })
    assert.equal(npmCalls().length, 1)
  })

  it('for development are added to those that the hub needs', async () => {
    await ensure('production')
    assert.equal((await ensure('all')).code, 0)
    assert.deepEqual(npmCalls(), ['ci --omit=dev', 'install --include=dev'])
    assert.deepEqual(await ensure('production'), { code: 0, output: '' })
    assert.deepEqual(await ensure('all'), { code: 0, output: '' })
  })

  it('that somebody installed by hand are taken as they are', async () => {
    await ensure('all')
    rmSync(join(folder, 'node_modules/.no-wrong-door.json'))
    assert.deepEqual(await ensure('all'), { code: 0, output: '' })
    assert.equal(npmCalls().length, 1)
  })

  it('are installed again when package-lock.json has changed', async () => {
    await ensure('all')
    writeLock({ packages: { ...LOCK.packages, 'node_modules/mocha': { version: '2.0.0', dev: true } } })
    await ensure('all')
    assert.deepEqual(npmCalls(), ['ci --include=dev', 'install --include=dev'])
  })

  it('are installed afresh when SQLite cannot be loaded by this Node', async () => {
    await ensure('all')
    rmSync(join(folder, 'node_modules/.no-wrong-door.json'))
    writeFileSync(join(folder, 'node_modules/better-sqlite3/index.js'), 'throw new Error("NODE_MODULE_VERSION 127")')
    await ensure('all')
    assert.deepEqual(npmCalls(), ['ci --include=dev', 'ci --include=dev'])
  })

  it('are installed once when two commands start together', async () => {
    const [one, two] = await Promise.all([ensure('production'), ensure('production')])
    assert.deepEqual([one.code, two.code], [0, 0])
    assert.equal(npmCalls().length, 1)
    assert.ok(!existsSync(join(folder, '.install.lock')))
  })

  it('are not waited for when the command that installed them is gone', async () => {
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'exit')
    writeFileSync(join(folder, '.install.lock'), String(gone.pid))
    assert.equal((await ensure('production')).code, 0)
  })

  it('that cannot be installed end the command with what to do', async () => {
    writeFileSync(join(folder, 'npm.fails'), '')
    const { code, output } = await ensure('production')
    assert.equal(code, 1)
    assert.match(output, /`npm ci` ended with code `7`/)
    assert.match(output, /C\+\+ compiler/)
    assert.ok(!existsSync(join(folder, 'node_modules/.no-wrong-door.json')))
  })
})
