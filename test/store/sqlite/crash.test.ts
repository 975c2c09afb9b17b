/** kill -9 in the middle of the work: what was acknowledged is there, and the order has neither holes nor doubles. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../../../server/store/sqlite/schema.ts'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import type { Store, Version } from '../../../server/store/store.ts'
import { temporaryFolder } from '../stores.ts'
import { EVERYTHING, isToken, query } from '../writes.ts'
import type { Reindexed } from './commit-forever.ts'

/** How many acknowledged versions to wait for before each kill: early, in the middle, after checkpoints. */
const KILLS = [1, 37, 400, 1500]

describe('store / sqlite / kill -9', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  it(`loses nothing that was acknowledged, ${KILLS.length} times over`, async () => {
    const path = join(folder, 'hub.db')
    const acknowledged: Line[] = []
    for (const [cycle, after] of KILLS.entries()) {
      acknowledged.push(...(await workUntilKilled(path, cycle, after)))
      const store = openSqlite(path, { clock: Date.now })
      await check(store, acknowledged)
      await store.close()
      const { db, close } = openDatabase(path)
      assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
      close()
    }
    assert.ok(acknowledged.length >= KILLS.reduce((sum, count) => sum + count))
  })
})

/** Starts the process, kills it after so many lines, and answers all that it had acknowledged. */
async function workUntilKilled(path: string, cycle: number, after: number): Promise<Line[]> {
  const script = fileURLToPath(new URL('commit-forever.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import=./server/typescript/register.mjs', script, path, String(cycle)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (lines.length === after) child.kill('SIGKILL')
  }
  return lines.flatMap(parsed)
}

type Line = Version | Reindexed

/** The kill may cut the last line. */
function parsed(line: string): Line[] {
  try {
    return [JSON.parse(line) as Line]
  } catch {
    return []
  }
}

async function check(store: Store, acknowledged: readonly Line[]): Promise<void> {
  const found = new Map<string, Version>()
  const last = await store.last()
  const commits = await store.feed(0, last + 1)
  assert.deepEqual(
    commits.map(({ sequence }) => sequence),
    Array.from({ length: last }, (_, index) => index + 1),
  )
  for (const { versions } of commits) {
    for (const version of versions) {
      const { type, id } = version
      const before = found.get(`${type}/${id}`)?.version ?? 0
      assert.equal(version.version, before + 1, `${type}/${id} has no hole and no double`)
      found.set(`${type}/${id}`, version)
    }
  }
  for (const line of acknowledged) {
    if ('reindexed' in line) await checkEntries(store, line)
    else assert.deepEqual(await store.vread(line, line.version, EVERYTHING), line)
  }
  for (const version of found.values()) assert.deepEqual(await store.read(version, EVERYTHING), version)
  const jobs = (await store.jobs.list({ kinds: ['k'], limit: Infinity })).jobs.length
  assert.equal(jobs, commits.length, 'a job for each commit')
}

/** The version was found by its new entries after that commit, whatever came later. */
async function checkEntries(store: Store, { reindexed, asOf, entry }: Reindexed): Promise<void> {
  assert.ok(entry.kind === 'token')
  const where = isToken(entry.param, entry.code)
  const { versions } = await store.find(query(reindexed.type, { where, asOf, deleted: true, withEntries: true }))
  assert.deepEqual(
    versions.map(({ creation: _, ...version }) => version),
    [{ ...reindexed, entries: [entry] }],
  )
}
