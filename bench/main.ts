/**
 * `npm run bench [name ...]`: figures as ratios to a reference measured in the same run, because the machines differ and
 * so does their load. Names: those of BENCHES. Without a name: all. Options are for `http`: `npm run bench -- http --short`,
 * `npm run bench -- http --only=hub,create`.
 */
import { benchCircle } from './circle.ts'
import { benchHttp } from './http.ts'
import { benchScale } from './scale.ts'
import { benchLoop } from './loop.ts'
import { LIMIT, measureStoreSize } from './store-size.ts'
import { benchValidate } from './validate.ts'
import { benchValidateLoad } from './validate-load.ts'

const RECORDS = 20_000

const BENCHES: Readonly<Record<string, (options: readonly string[]) => Promise<void>>> = {
  circle: benchCircle,
  http: benchHttp,
  loop: benchLoop,
  scale: benchScale,
  validate: benchValidate,
  'validate-load': benchValidateLoad,
  async 'store-size'() {
    const size = await measureStoreSize(RECORDS)
    console.log(
      `store-size: ${RECORDS} ServiceRequests of ${Math.round(size.textBytes)} bytes of JSON, with index entries, audience and history`,
    )
    console.log(`  on disk          ${Math.round(size.bytesPerRecord)} bytes each (limit ${LIMIT})`)
    console.log(`  commits/s        ${Math.round(size.commitsPerSecond)} (64 in flight)`)
    console.log(`  open             ${Math.round(size.openMs)} ms`)
  },
}

const names = process.argv.slice(2).filter((one) => !one.startsWith('--'))
const options = process.argv.slice(2).filter((one) => one.startsWith('--'))
const unknown = names.find((name) => !Object.hasOwn(BENCHES, name))
if (unknown !== undefined) {
  console.error(`There is no benchmark \`${unknown}\`; the benchmarks are ${Object.keys(BENCHES).join(', ')}.`)
  process.exit(1)
}
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) await BENCHES[name]?.(options)
