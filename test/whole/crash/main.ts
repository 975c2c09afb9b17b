/** `npm run test:crash -- 300`: so many kill -9, in rounds of 20 over one store each; prints what was seen. */
import { crashRound, type CrashReport } from './round.ts'

const PER_ROUND = 20

void main(Number(process.argv[2] ?? '20'), Number(process.argv[3] ?? '1'))

async function main(cycles: number, first: number): Promise<void> {
  if (!Number.isInteger(cycles) || cycles < 1 || !Number.isInteger(first)) {
    console.error('Say how many cycles, and with which seed to begin: `npm run test:crash -- 300 1`.')
    process.exitCode = 1
    return
  }
  const reports: CrashReport[] = []
  for (let done = 0; done < cycles; done += PER_ROUND) {
    const seed = first + done / PER_ROUND
    const size = Math.min(PER_ROUND, cycles - done)
    const report = await crashRound({ seed, cycles: size })
    reports.push(report)
    console.log(`${done + size} of ${cycles} cycles, seed ${seed}: ${say(report)}`)
    for (const fault of report.faults.slice(0, 20)) console.log(`  ${fault}`)
  }
  const sum = (of: (report: CrashReport) => number): number => reports.reduce((total, one) => total + of(one), 0)
  const faults = sum((report) => report.faults.length)
  console.log(
    `${sum((one) => one.cycles)} cycles: ${sum((one) => one.promised)} versions acknowledged, ${sum((one) => one.events)} events, ${sum((one) => one.timers)} timers, ` +
      `${sum((one) => one.counts.unanswered)} requests cut off, ${faults} faults`,
  )
  process.exitCode = faults === 0 ? 0 : 1
}

function say({ promised, places, events, arrivals, refusals, timers, counts, faults }: CrashReport): string {
  const { creates, updates, transactions, referrals, conflicts } = counts
  return (
    `${promised} versions (${creates} creates, ${updates} updates, ${transactions} transactions, ${referrals} referrals, ${conflicts} conflicts), ` +
    `${places} places, ${events} events in ${arrivals} arrivals (${refusals} refused), ${timers} timers, ${faults.length} faults`
  )
}
