/** Imported into a measured process: answers each message of its parent with what it used and how long its loop stood. */
import { openSync, readSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

let delay

process.on('message', (message) => {
  if (message === 'watch-stands') return process.send(watchStands())
  if (message === 'longest-stand') return process.send(longestStand())
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system, longest: delay === undefined ? 0 : delay.max / 1e6 })
  delay?.disable()
  delay = message === 'watch' ? monitorEventLoopDelay({ resolution: 1 }) : undefined
  delay?.enable()
})
process.channel?.unref()

let timer
let longest

/**
 * Watches each turn of the loop by a timer, which costs some microseconds each: not for benchmarks of throughput. The
 * longest turn is that with the most time in which the thread ran or waited for the disk: others that have the processors
 * make a turn long, too.
 */
function watchStands() {
  clearInterval(timer)
  longest = { stand: 0, cpu: 0, wall: 0 }
  let before = performance.now()
  let spent = threadTimes()
  timer = setInterval(() => {
    const now = performance.now()
    const times = threadTimes()
    // The timer itself waits for a millisecond.
    const wall = Math.max(now - before - 1, 0)
    const stand = Math.max(wall - (times.waited - spent.waited), 0)
    if (stand > longest.stand) longest = { stand, cpu: times.ran - spent.ran, wall }
    before = now
    spent = times
  }, 1)
  return longest
}

function longestStand() {
  clearInterval(timer)
  return longest
}

const reading = Buffer.alloc(64)
let schedule

/** How long this thread ran, and waited for a processor (ms); 0 where the system does not say. https://docs.kernel.org/scheduler/sched-stats.html */
function threadTimes() {
  try {
    schedule ??= openSync('/proc/thread-self/schedstat')
    const length = readSync(schedule, reading, 0, reading.length, 0)
    const [ran, waited] = reading.toString('latin1', 0, length).split(' ')
    return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 }
  } catch {
    return { ran: 0, waited: 0 }
  }
}
