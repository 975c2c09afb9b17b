/** Commits that wait at the same time share one transaction and one fsync; a commit is never acknowledged without one. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openSqlite } from '../../../server/store/sqlite/store.ts'
import { temporaryFolder } from '../stores.ts'
import { put } from '../writes.ts'

const run = promisify(execFile)
const HERE = new URL('.', import.meta.url)
const file = (name: string): string => fileURLToPath(new URL(name, HERE))

describe('store / sqlite / group commit', function () {
  this.timeout(30_000)
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('does 64 creations at the same time in far fewer than 64 transactions', async () => {
    const store = openSqlite(join(folder, 'hub.db'), { clock: () => 0 })
    const works = Array.from({ length: 64 }, (_, index) => ({ writes: [put(`Task/${index}`, { method: 'POST' })] }))
    await Promise.all(works.map((work) => store.commit(work)))
    const { transactions, commits, records } = await store.stats()
    assert.deepEqual({ commits, records }, { commits: 64, records: 64 })
    assert.ok(transactions <= 4, `${transactions} transactions`)
    await store.close()
  })

  it('syncs the disk once for each transaction, not once for each commit', async function () {
    const counter = await compileCounter(folder)
    if (counter === undefined) {
      console.log('      skipped: fsyncs can be counted only on Linux with a C compiler (`cc`)')
      return this.skip()
    }
    const alone = await syncs(counter, folder, { width: 1, rounds: 20 })
    const none = await syncs(counter, folder, { width: 1, rounds: 0 })
    const many = await syncs(counter, folder, { width: 64, rounds: 1 })
    assert.equal(alone.fsyncs - none.fsyncs, 20, '20 commits one after another')
    assert.equal(many.transactions, 1)
    assert.equal(many.fsyncs - none.fsyncs, 1, '64 commits at the same time')
  })
})

/** The counter as a library to preload, or undefined where it cannot be made. */
async function compileCounter(folder: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  const library = join(folder, 'fsync-counter.so')
  const made = run('cc', ['-shared', '-fPIC', '-O1', '-o', library, file('fsync-counter.c'), '-ldl'])
  return made.then(
    () => library,
    () => undefined,
  )
}

/** What a process with so many commits did to the disk. */
async function syncs(counter: string, folder: string, { width, rounds }: { width: number; rounds: number }) {
  const path = join(folder, `${width}-${rounds}.db`)
  const count = `${path}.count`
  const { stdout } = await run(
    process.execPath,
    ['--import=tsx', file('commit-many.ts'), path, String(width), String(rounds)],
    { env: { ...process.env, LD_PRELOAD: counter, FSYNC_COUNT: count } },
  )
  const { transactions } = JSON.parse(stdout) as { transactions: number }
  return { transactions, fsyncs: Number(await readFile(count, 'utf8')) }
}
