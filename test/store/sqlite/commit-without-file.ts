/** A process whose database is gone before its thread opens it: `commit-without-file.ts <path>`. */
import { rmSync } from 'node:fs'
import { openSqlite } from '../../../server/store/sqlite/open.ts'

const path = process.argv[2]!
const store = openSqlite(path, { clock: Date.now })
rmSync(path)
await store.commit({}).catch(() => undefined)
console.log('The process goes on.')
