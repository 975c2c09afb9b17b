/** A process that makes commits and ends: `commit-many.ts <path> <how many at the same time> <rounds>`. */
import { openSqlite } from '../../../server/store/sqlite/open.ts'
import { put } from '../writes.ts'

const [path, width, rounds] = process.argv.slice(2)
const store = openSqlite(path!, { clock: Date.now })
for (let round = 0; round < Number(rounds); round++) {
  const works = Array.from({ length: Number(width) }, (_, index) => ({ writes: [put(`Task/${round}-${index}`)] }))
  await Promise.all(works.map((work) => store.commit(work)))
}
console.log(JSON.stringify(await store.stats()))
// Without closing the store: that would add the syncs of a checkpoint.
process.exit(0)
