/**
 * `npm run test:year -- 100 1`: a simulated year of referrals, a hundredth of the whole by default, with this seed. It ends
 * with 1 when a referral is unaccounted for, or when what the hub stores does not have the figures that were planned.
 */
import { DAYS, planYear, type YearPlan } from './year/plan.ts'
import { runYear, type YearResult } from './year/run.ts'

await main(Number(process.argv[2] ?? '100'), Number(process.argv[3] ?? '1'), process.argv[4] ?? 'sqlite')

async function main(scale: number, seed: number, store: string): Promise<void> {
  if (!(scale >= 1) || !Number.isInteger(seed) || (store !== 'sqlite' && store !== 'memory')) {
    console.error('Say by what the year is divided, the seed and the store: `npm run test:year -- 100 1 sqlite`.')
    process.exitCode = 1
    return
  }
  const plan = planYear(scale, seed)
  const result = await runYear(plan, {
    store,
    progress: (day, days, commits) => {
      if (day % 30 === 0 || day === days) console.log(`day ${day} of ${days} (${DAYS} of the year): ${commits} commits`)
    },
  })
  const faults = faultsOf(plan, result)
  console.log(summary(result))
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}

/** Where the stored year is not the planned one. */
function faultsOf({ expected }: YearPlan, result: YearResult): readonly string[] {
  const { outcomes, open, ...figures } = expected
  const rows: readonly (readonly [string, number, number])[] = [
    ...Object.entries(figures).map(([name, count]) => [name, count, result[name as keyof typeof figures]] as const),
    ...Object.entries(outcomes).map(
      ([name, count]) => [name, count, result.outcomes[name as keyof typeof outcomes]] as const,
    ),
    ['open', open, result.armed + result.warned],
    ['unaccounted', 0, result.unaccounted],
  ]
  return rows.flatMap(([name, planned, counted]) =>
    planned === counted ? [] : [`${name}: ${planned} were planned, ${counted} are stored`],
  )
}

function summary({ outcomes, ...result }: YearResult): string {
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`
  const { sent, closed, ended, armed, warned, unaccounted, customers, before, after } = result
  return [
    `${sent} referrals sent: ${closed} closed, ${ended} ended otherwise, ${armed + warned} open (${warned} warned), ${unaccounted} unaccounted`,
    ...Object.entries(outcomes).map(([name, count]) => `  ${name}: ${count} (${percent(count, closed)})`),
    `co-enrolment of ${customers}: ${before} (${percent(before, customers)}) before, ${after} (${percent(after, customers)}) after`,
    `${result.warnings} versions by timers, ${result.sequences} commits, ${result.seconds.toFixed(0)} s`,
  ].join('\n')
}
