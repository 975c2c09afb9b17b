/** A process whose fsyncs fail for a while: `commit-unsynced.ts <path>`. It prints what became of each commit. */
import { rmSync, writeFileSync } from 'node:fs'
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import { EVERYTHING, key, put } from '../writes.ts'

const path = process.argv[2]!
const fails = `${path}.fails`
const store = openSqlite(path, { clock: Date.now })

const commit = async (...names: string[]): Promise<string[]> => {
  const ends = await Promise.allSettled(names.map((name) => store.commit({ writes: [put(`Task/${name}`)] })))
  return ends.map((end) => (end.status === 'fulfilled' ? 'done' : end.reason.constructor.name))
}
const there = async (...names: string[]) =>
  (
    await store.readMany(
      names.map((name) => key(`Task/${name}`)),
      EVERYTHING,
    )
  ).map((version) => version !== undefined)

const before = await commit('before')
writeFileSync(fails, '')
const during = await commit('a', 'b', 'c')
const seen = await there('before', 'a', 'b', 'c')
rmSync(fails)
const after = await commit('after', 'b')
console.log(JSON.stringify({ before, during, seen, after, last: await store.last() }))
// As if killed: nothing is written on the way out.
process.exit(0)
