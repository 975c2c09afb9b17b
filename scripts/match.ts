/**
 * `npm run match [records duplicates seed]`: how well $match finds people who are recorded twice, on an invented
 * population (100,000 records, 10,000 of them second ones): precision and recall of the grades, and the time of a call.
 * Ends with code 1 where a limit of docs/matching.md is not met.
 */
import { matchingRule, measure } from './match/measure.ts'
import { population } from './match/population.ts'
import { measureTime } from './match/time.ts'

const [records = 100_000, duplicates = records / 10, seed = 20_261_128] = process.argv.slice(2).map(Number)
const people = population({ records, duplicates, seed })
const figures = measure(matchingRule(), people)
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

console.log(`${records} records, ${duplicates} of them of a person who is recorded already; seed ${seed}`)
for (const [grade, { all, right }] of Object.entries(figures.pairs))
  console.log(`${grade}: ${all} pairs, ${right} right`)
console.log(`certain precision ${percent(figures.certainPrecision)} (at least 99.9 %)`)
console.log(
  `probable or certain: recall ${percent(figures.recall)} (at least 95 %), certain alone ${percent(figures.certainRecall)}`,
)
console.log(`compared for one match: ${figures.compared.mean.toFixed(2)} on average, at most ${figures.compared.most}`)
console.log(`not found as probable, by what differs: ${JSON.stringify(figures.missed)}`)

let shown = 0
const times = await measureTime(people, Math.min(2000, duplicates), (done, total) => {
  if (done - shown < total / 10 && done < total) return
  shown = done
  console.error(`entered ${done} of ${total}`)
})
console.log(
  `${times.matches} calls of $match among ${times.records} participants in SQLite: ${times.p50.toFixed(1)} ms of processor time for half, ` +
    `${times.p99.toFixed(1)} ms for 99 of 100 (at most 50 ms); ${times.wallP99.toFixed(1)} ms by the clock; ${times.found} found`,
)
const isMet = figures.certainPrecision >= 0.999 && figures.recall >= 0.95 && times.p99 <= 50
process.exitCode = isMet ? 0 : 1
