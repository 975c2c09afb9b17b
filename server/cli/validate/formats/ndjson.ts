/** For programs: one JSON object for each resource, each on a line of its own. */
import type { Format } from './format.ts'
import { resultOf } from './result.ts'

export const ndjson = (): Format => ({
  begin: () => '',
  verdict: (verdict) => `${JSON.stringify(resultOf(verdict))}\n`,
  end: () => '',
})
