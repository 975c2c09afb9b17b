/** What every store must do (server/store/store.ts), over every store. */
import { asOf } from './contract/as-of.ts'
import { concurrency } from './contract/concurrency.ts'
import { entriesOnly } from './contract/entries.ts'
import { explain } from './contract/explain.ts'
import { firstVersions } from './contract/first-versions.ts'
import { history } from './contract/history.ts'
import { jobs } from './contract/jobs.ts'
import { order } from './contract/order.ts'
import { search } from './contract/search.ts'
import { visibility } from './contract/visibility.ts'
import { versions } from './contract/versions.ts'
import { work } from './contract/work.ts'
import { STORES } from './stores.ts'

const SUITES = [
  versions,
  visibility,
  order,
  work,
  jobs,
  search,
  entriesOnly,
  asOf,
  concurrency,
  firstVersions,
  history,
  explain,
]

for (const kind of STORES) for (const suite of SUITES) suite(kind)
