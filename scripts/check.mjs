/**
 * `npm run check [-- FILE]`: everything that a change must satisfy in addition to the tests, one line per step. FILE: the
 * definitions of R4 as published, with which the hub's copy is compared instead of with its digests (scripts/r4.ts).
 */
import { spawn } from 'node:child_process'
import { resolve as resolvePath } from 'node:path'
import { ROOT } from './dependencies.mjs'

const LOADER = './server/typescript/register.mjs'
const mocha = ['node_modules/mocha/bin/mocha.js', '--reporter=dot']

const published = process.argv.slice(2).map((file) => resolvePath(process.env.INIT_CWD ?? '', file))

const STEPS = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '.'], fix: 'npx eslint --fix .' },
  {
    name: 'format',
    args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
    fix: 'npx prettier --write .',
  },
  { name: 'imports and file sizes', args: [...mocha, 'test/architecture.test.ts'] },
  {
    name: 'reference pages',
    args: ['--import', LOADER, 'scripts/docs.ts', '--check'],
    fix: `node --import ${LOADER} scripts/docs.ts`,
  },
  {
    name: 'generated files',
    args: ['--import', LOADER, 'scripts/schemas.ts', '--check'],
    fix: `node --import ${LOADER} scripts/schemas.ts`,
  },
  { name: 'R4 definitions', args: ['--import', LOADER, 'scripts/r4.ts', '--check', ...published] },
  { name: 'documentation', args: [...mocha, 'test/docs.test.ts', 'test/repo.test.ts'] },
]

let failed = 0
for (const step of STEPS) {
  const started = Date.now()
  process.stdout.write(`${step.name.padEnd(24)}`)
  const { code, output } = await run(step.args)
  const took = `${((Date.now() - started) / 1000).toFixed(1)} s`.padStart(8)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'}${took}`)
  if (code === 0) continue
  failed += 1
  console.log(output.trimEnd())
  if (step.fix) console.log(`To fix it: ${step.fix}`)
}
console.log(failed === 0 ? 'All checks hold.' : `${failed} of ${STEPS.length} checks failed.`)
process.exitCode = failed === 0 ? 0 : 1

function run(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
