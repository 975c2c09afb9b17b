/** What every store must do (server/store/store.ts), over every store. */
import { search } from './contract/search.ts'
import { STORES } from './stores.ts'

const SUITES = [search]

for (const kind of STORES) for (const suite of SUITES) suite(kind)
