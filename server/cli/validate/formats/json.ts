/** For programs: one JSON object with every result, and the totals at its end. */
import type { Format } from './format.ts'
import { resultOf } from './result.ts'

export function json(): Format {
  let before = '\n'
  return {
    begin: () => '{"results":[',
    verdict(verdict) {
      const text = before + JSON.stringify(resultOf(verdict))
      before = ',\n'
      return text
    },
    end: ({ valid, invalid }) => `\n],"valid":${valid},"invalid":${invalid}}\n`,
  }
}
