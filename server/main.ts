/**
 * The process: settings, hub, listen, a few lines of greeting, and an orderly end on SIGTERM and SIGINT.
 * Whatever keeps it from starting is printed as one sentence, with exit code 1.
 */
import { greeting } from './cli/greeting.ts'
import { startFault } from './cli/fault.ts'
import { createClock } from './clock.ts'
import { loadConfig } from './config.ts'
import { createLog } from './log.ts'

await main()

async function main(): Promise<void> {
  try {
    await serve()
  } catch (error) {
    console.error(startFault(error))
    process.exit(1)
  }
}

async function serve(): Promise<void> {
  const config = loadConfig()
  const log = createLog(config.log)
  const { createHub } = await import('./hub.ts')
  const { createProcessMetrics } = await import('./metrics/process.ts')
  const hub = await createHub(config, { log, clock: createClock(), processMetrics: createProcessMetrics() })
  const { url } = await hub.listen()
  console.log(greeting({ url, agencies: hub.agencies, store: config.store }))

  const stop = once(async (signal: string) => {
    log.debug(`stopping on ${signal}`)
    await hub.stop()
    log.flush()
    process.exit(0)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
}

/** A terminal sends SIGINT to npm and to us, and npm passes it on: the second one must not cut the first short. */
function once<T>(work: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let running: Promise<void> | undefined
  return (value) => (running ??= work(value))
}
