/** Imported into a measured process: answers each message of its parent with what it used and how long its loop stood. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

let delay

process.on('message', (watch) => {
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system, longest: delay === undefined ? 0 : delay.max / 1e6 })
  delay?.disable()
  delay = watch === 'watch' ? monitorEventLoopDelay({ resolution: 1 }) : undefined
  delay?.enable()
})
process.channel?.unref()
