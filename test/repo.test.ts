/** The repository as a newcomer finds it: its top level, its commands, its files. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, sourceFiles } from './checks/files.ts'

const TOP_LEVEL = [
  '.ci',
  '.editorconfig',
  '.gitignore',
  '.mocharc.json',
  '.prettierignore',
  '.prettierrc.json',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'bench',
  'capability',
  'docs',
  'eslint.config.js',
  'package-lock.json',
  'package.json',
  'profiles',
  'samples',
  'scripts',
  'server',
  'test',
  'tsconfig.json',
  'valuesets',
]

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
  bin: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

function run(...args: string[]) {
  return spawnSync(process.execPath, ['scripts/run.mjs', ...args], { cwd: ROOT, encoding: 'utf8' })
}

describe('the repository', () => {
  it('has the top level that was agreed', () => {
    const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    const files =
      listed.status === 0
        ? listed.stdout.split('\n').filter((file) => file !== '' && existsSync(join(ROOT, file)))
        : TOP_LEVEL
    const top = new Set(files.map((file) => file.split('/')[0] ?? ''))
    assert.deepEqual(
      [...top].filter((name) => !TOP_LEVEL.includes(name)),
      [],
    )
    assert.deepEqual(
      TOP_LEVEL.filter((name) => !existsSync(join(ROOT, name))),
      [],
    )
  })

  it('is under the Apache License 2.0, whole', () => {
    const license = readFileSync(join(ROOT, 'LICENSE'), 'utf8')
    assert.match(license, /Apache License\s+Version 2\.0, January 2004/)
    assert.match(license, /END OF TERMS AND CONDITIONS/)
  })

  it('pins every dependency to one version', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    assert.deepEqual(
      all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
      [],
    )
  })

  it('runs every npm command through scripts/run.mjs, with a task that it knows', () => {
    const { stderr, status } = run('elephant')
    assert.equal(status, 1)
    assert.match(stderr, /^There is no task `elephant`; the tasks are /)
    for (const command of Object.values(manifest.scripts)) {
      const task = /^exec node (?:--max-[a-z-]+=\d+ )?scripts\/run\.mjs ([a-z:]+)$/.exec(command)?.[1]
      assert.ok(task && stderr.includes(task), command)
    }
  })

  it('has the file behind every task and command', () => {
    const tasks = readFileSync(join(ROOT, 'scripts/tasks.mjs'), 'utf8')
    const modules = [...tasks.matchAll(/module: '([^']+)'/g)].map((match) => match[1] ?? '')
    assert.ok(modules.length > 0)
    assert.deepEqual(
      [...modules, ...Object.values(manifest.bin)].filter((file) => !existsSync(join(ROOT, file))),
      [],
    )
  })

  it('has only JSON that can be read', () => {
    const folders = ['profiles', 'valuesets', 'capability', 'samples']
    const bad = folders.flatMap((folder) => sourceFiles(folder, ['.json'])).filter((file) => !readable(file))
    // A sample of broken JSON is named for what it shows.
    assert.deepEqual(
      bad.filter((file) => !/\/invalid-json-/.test(file)),
      [],
    )
  })
})

function readable(file: string): boolean {
  try {
    JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
    return true
  } catch {
    return false
  }
}
