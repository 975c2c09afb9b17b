/**
 * A process that commits until it is killed: `commit-forever.ts <path> <cycle>`. It prints each version, and each
 * change of entries, after its commit was acknowledged, one JSON line each; what is printed must be there ever after.
 */
import { writeSync } from 'node:fs'
import type { IndexEntry } from '../../../server/search/query.ts'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import type { Version } from '../../../server/store/store.ts'
import { put, remove, token } from '../writes.ts'

/** A line that says by which entry a version is found after the commit `asOf`. */
export type Reindexed = { readonly reindexed: Version; readonly asOf: number; readonly entry: IndexEntry }

const [path, cycle] = process.argv.slice(2)
const store = openSqlite(path!, { clock: Date.now })
const PAUSE = new Int32Array(new SharedArrayBuffer(4))
const PADDING = 'x'.repeat(3000)

async function writer(name: string): Promise<never> {
  for (let count = 0; ; count++) {
    const entries = [token('count', String(count), `urn:${name}`)]
    const many = [1, 2, 3].map((part) => put(`Goal/${name}-${count}-${part}`, { entries }))
    const update = put(`Task/${name}`, { body: { count, text: PADDING }, entries })
    const writes = count % 5 === 4 ? [remove(`Task/${name}`)] : count % 3 === 0 ? [update, ...many] : [update]
    const { versions } = await store.commit({ writes, jobs: [{ kind: 'k', key: `${name}-${count}`, due: 0 }] })
    // Straight to the pipe: a line that the parent has was acknowledged, whenever the kill comes.
    for (const version of versions) say(JSON.stringify(version))
    if (count % 3 === 1) await reindex(versions[0]!, `${name}-${count}-entries`)
  }
}

/** Other entries for a version: the name of the job alone. */
async function reindex(version: Version, job: string): Promise<void> {
  const entry = token('reindexed', job)
  const write = { kind: 'entries', key: version, entries: [entry], expect: { version: [version.version] } } as const
  const { sequence } = await store.commit({ writes: [write], jobs: [{ kind: 'k', key: job, due: 0 }] })
  say(JSON.stringify({ reindexed: version, asOf: sequence, entry } satisfies Reindexed))
}

/** Writes a whole line; a pipe that is full for the moment takes the rest when the parent has read on. */
function say(line: string): void {
  let rest = Buffer.from(`${line}\n`)
  while (rest.length > 0) rest = rest.subarray(written(rest))
}

function written(bytes: Buffer): number {
  try {
    return writeSync(1, bytes)
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EAGAIN') throw fault
    Atomics.wait(PAUSE, 0, 0, 1)
    return 0
  }
}

await Promise.all(Array.from({ length: 16 }, (_, index) => writer(`${cycle}-${index}`)))
