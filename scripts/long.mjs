/**
 * `npm run test:long [name=size ...]`: the long runs, one after the other, with sizes that take less than half an hour
 * together on two cores. `npm run test:long -- crash=300 fuzz=100000` runs only those that it names, with other sizes.
 */
import { spawn } from 'node:child_process'
import { ROOT } from './dependencies.mjs'

const mocha = (...files) => ['node_modules/mocha/bin/mocha.js', '--reporter=test/reporter.mjs', ...files]

/** Tests whose cases `TIMES` multiplies. */
const PROPERTIES = [
  'domain/referral/transition-histories',
  'interactions/sort-by-chains-naive',
  'operations/referral-conservation-random',
  'store/as-of',
  'store/jobs-model',
  'store/model',
  'store/pages',
  'store/sqlite/readers',
  'validate/quick',
  'validate/robust',
  'visibility/disclosed',
  'write/posted-definitions-model',
].map((name) => `test/${name}.test.ts`)

const MONGO = [
  'store/contract',
  'store/jobs-model',
  'store/model',
  'store/as-of',
  'store/pages',
  'store/mongo-server',
  'store/mongo/jobs',
  'store/mongo/keys',
  'store/mongo/two-processes',
].map((name) => `test/${name}.test.ts`)

/** Each run: its default size, what the size counts, and how it is started with a size. */
const RUNS = {
  crash: { size: 100, unit: 'kill -9', start: (size) => ({ args: ['scripts/run.mjs', 'test:crash', String(size)] }) },
  noninterference: {
    size: 20_000,
    unit: 'requests to each of two hubs',
    start: (size) => ({ args: ['scripts/run.mjs', 'test:noninterference', String(size)] }),
  },
  // The size is the part of the year: 1 is the whole, with 52,248 referrals.
  year: {
    size: 20,
    unit: 'th of a year of 52,248 referrals',
    start: (size) => ({ args: ['scripts/run.mjs', 'test:year', String(size)] }),
  },
  fuzz: {
    size: 30_000,
    unit: 'mutated requests',
    start: (size) => ({ args: mocha('test/whole/fuzz.test.ts'), env: { FUZZ: String(size) } }),
  },
  access: {
    size: 1_000,
    unit: 'histories of grants and withdrawals',
    start: (size) => ({ args: mocha('test/visibility/access-model.test.ts'), env: { ACCESS_HISTORIES: String(size) } }),
  },
  merge: {
    size: 300,
    unit: 'histories of merges and their undo',
    start: (size) => ({ args: mocha('test/visibility/merge-model.test.ts'), env: { MERGE_HISTORIES: String(size) } }),
  },
  reindex: {
    size: 8,
    unit: 'kill -9 of a reindex, of a hub and of `nwd reindex`',
    start: (size) => ({
      args: mocha('test/whole/posted-parameter-crash.test.ts'),
      env: { REINDEX_KILLS: String(size) },
    }),
  },
  properties: {
    size: 2,
    unit: 'times the random cases of `npm test`',
    start: (size) => ({ args: mocha(...PROPERTIES), env: { TIMES: String(size), PROPERTY_SEED: '2' } }),
  },
  // Needs a MongoDB, or Java 17 and Maven: runs only when it is named.
  mongo: {
    size: 1,
    isExtra: true,
    unit: 'times the suites of every store, over MongoDB',
    start: (size) => ({
      args: mocha(...MONGO),
      env: { STORES: 'mongodb', HUB_TEST_MONGO: 'required', TIMES: String(size) },
    }),
  },
  race: {
    size: 100,
    unit: 'rounds of 64 writers',
    start: (size) => ({
      args: mocha('test/whole/race.test.ts', 'test/whole/race-people.test.ts'),
      env: { RACE_ROUNDS: String(size) },
    }),
  },
}

const chosen = sizesOf(process.argv.slice(2))
if (chosen !== undefined) process.exitCode = await runAll(chosen)

/** Answers undefined, with a sentence on standard error, for a name or size that cannot be used. */
function sizesOf(args) {
  if (args.length === 0)
    return Object.entries(RUNS).flatMap(([name, { size, isExtra }]) => (isExtra ? [] : [[name, size]]))
  const sizes = args.map((arg) => {
    const [name, text] = arg.split('=')
    return [name, text === undefined ? RUNS[name]?.size : Number(text)]
  })
  const wrong = sizes.find(([name, size]) => !Object.hasOwn(RUNS, name) || !Number.isInteger(size) || size < 1)
  if (wrong === undefined) return sizes
  console.error(`Name runs as \`name\` or \`name=size\`, with a whole size; there are ${Object.keys(RUNS).join(', ')}.`)
  process.exitCode = 1
  return undefined
}

async function runAll(sizes) {
  const lines = []
  let failed = 0
  for (const [name, size] of sizes) {
    const { unit, start } = RUNS[name]
    console.log(`--- ${name}: ${size} ${unit}`)
    const began = Date.now()
    const code = await run(start(size))
    if (code !== 0) failed += 1
    lines.push(
      `${code === 0 ? 'ok  ' : 'FAIL'}  ${name}, ${size} ${unit}, ${Math.round((Date.now() - began) / 1000)} s`,
    )
  }
  console.log(`\n${lines.join('\n')}`)
  return failed === 0 ? 0 : 1
}

function run({ args, env = {} }) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
