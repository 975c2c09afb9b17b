/** `npm run test:noninterference -- <requests> [seed]`: more requests than the tests send. */
import { compare } from './noninterference.ts'
import { Difference } from './twins.ts'

const requests = Number(process.argv[2] ?? 100_000)
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1_000_000))
if (!(requests > 0 && Number.isInteger(seed))) throw new Error('Give the number of requests and a seed: 100000 7')

const began = Date.now()
const seconds = () => ((Date.now() - began) / 1000).toFixed(0)
console.log(`Sending ${requests} requests to each of two hubs, seed ${seed}.`)
try {
  let printed = 0
  const report = await compare({
    requests,
    seed,
    progress(requestsSent) {
      if (requestsSent - printed < 5000) return
      printed = requestsSent
      console.log(`${requestsSent} sent, ${seconds()} s`)
    },
  })
  for (const [name, times] of Object.entries(report.statuses).sort())
    console.log(`${String(times).padStart(8)}  ${name}`)
  console.log(
    `${report.requestsSent} requests, ${report.secrets} secrets, 0 differences, ${seconds()} s, seed ${seed}.`,
  )
} catch (error) {
  if (!(error instanceof Difference)) throw error
  console.error(`The hubs answer differently (seed ${seed}):\n${error.message}`)
  process.exitCode = 1
}
