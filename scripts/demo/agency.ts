/**
 * One agency's system as a program of its own: `agency.ts <id> <hub>`. It listens for notifications, keeps its own
 * files, and does what its people do when the narrator gives a cue over IPC.
 */
import { SYSTEMS } from './agencies/index.ts'
import { openDesk } from './desk.ts'
import { partsOf, resourcesOf } from './fhir.ts'
import { openListener, type Heard } from './listener.ts'
import type { Cue, Report } from './protocol.ts'
import { subscriptionTo } from './records/subscription.ts'

const [, , agency = '', hub = ''] = process.argv
const system = SYSTEMS[agency]
if (!system || !process.send) throw new Error(`There is no agency system \`${agency}\`; the demo starts this program.`)

/** When the narrator is gone there is nobody to report to. */
const report = (message: Report): void => void process.send?.(message, undefined, undefined, () => undefined)
const deskFor = openDesk({ agency, hub, report })
const listener = await openListener((heard) => void (work = work.then(() => handle(heard))))

/** What the agency is busy with: notifications are handled one after the other, in the order of their arrival. */
let work: Promise<void> = Promise.resolve()

async function handle({ topic, events, missing }: Heard): Promise<void> {
  if (missing.length > 0) report({ kind: 'trouble', text: `${agency} missed ${topic} ${missing.join(', ')}` })
  for (const event of events) {
    try {
      await system?.told[topic]?.(deskFor(`told-${topic}`), event.focus)
    } catch (fault) {
      report({ kind: 'trouble', text: `${agency}, told of ${topic} #${event.number}: ${sentence(fault)}` })
    }
    report({ kind: 'told', ...event })
  }
}

const cues: typeof system.cues = {
  ...system.cues,
  /** Opens the doors: a subscription for each topic, and the hub's handshake for each. */
  async open(desk) {
    for (const [topic, filter] of Object.entries(system.topics)) {
      await desk.post('Subscription', subscriptionTo(topic, filter, listener.url), { note: `to be told: ${topic}` })
      await listener.shaken(topic)
    }
  },
  /** How many events the hub has for each topic, and how many were heard: `3/3`. */
  async count(desk) {
    const { body } = await desk.get('Subscription/$status', { note: 'how many events were there?' })
    const counts = resourcesOf(body).map((status) => {
      const topic = partsOf(status, 'topic')[0]?.valueCanonical?.split('/').at(-1) ?? ''
      return [topic, partsOf(status, 'events-since-subscription-start')[0]?.valueString ?? '0']
    })
    return Object.fromEntries(counts)
  },
}

process.on('message', async ({ call, cue, facts }: Cue) => {
  try {
    const known = cues[cue]
    if (!known) throw new Error(`${agency} has no cue \`${cue}\``)
    report({ kind: 'done', call, facts: (await known(deskFor(cue), facts)) ?? {} })
  } catch (fault) {
    report({ kind: 'failed', call, text: sentence(fault) })
  }
})
process.on('disconnect', () => process.exit())
if (!process.connected) process.exit()
report({ kind: 'ready' })

function sentence(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
