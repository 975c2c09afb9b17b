/**
 * One agency's system as a process of its own: `agency-process.ts <id> <hub>`. It listens for notifications, keeps its
 * own copies of records, and runs a step of the story when the demo calls it over IPC.
 */
import { SYSTEMS } from './agencies/index.ts'
import { createClient } from './agency-client.ts'
import { partsOf, resourcesOf } from './fhir.ts'
import { openInbox, type Notification } from './inbox.ts'
import type { StepCall, Report } from './messages.ts'
import { subscriptionTo } from './records/subscription.ts'

const [, , agency = '', hub = ''] = process.argv
const system = SYSTEMS[agency]
if (!system || !process.send) throw new Error(`There is no agency system \`${agency}\`; the demo starts this program.`)

/** Reports to the demo; ignores that the channel is closed when the demo has ended. */
const report = (message: Report): void => void process.send?.(message, undefined, undefined, () => undefined)
const clientFor = createClient({ agency, hub, report })
const inbox = await openInbox((notification) => void (work = work.then(() => handle(notification))))

/** The work in progress: notifications are handled one after the other, in the order of their arrival. */
let work: Promise<void> = Promise.resolve()

async function handle({ topic, events, missing }: Notification): Promise<void> {
  if (missing.length > 0) report({ kind: 'trouble', text: `${agency} missed ${topic} ${missing.join(', ')}` })
  for (const event of events) {
    try {
      await system?.onEvent[topic]?.(clientFor(`on-${topic}`), event.focus)
    } catch (fault) {
      report({ kind: 'trouble', text: `${agency}, on ${topic} #${event.number}: ${sentence(fault)}` })
    }
    report({ kind: 'notified', ...event })
  }
}

const steps: typeof system.steps = {
  ...system.steps,
  /** Subscribes to each topic, and waits for the handshake of each. */
  async subscribe(client) {
    for (const [topic, filter] of Object.entries(system.topics)) {
      await client.post('Subscription', subscriptionTo(topic, filter, inbox.url), { note: `subscribes to ${topic}` })
      await inbox.handshake(topic)
    }
  },
  /** How many events the hub has counted for each topic. */
  async count(client) {
    const { body } = await client.get('Subscription/$status', { note: 'how many events are there?' })
    const counts = resourcesOf(body).map((status) => {
      const topic = partsOf(status, 'topic')[0]?.valueCanonical?.split('/').at(-1) ?? ''
      return [topic, partsOf(status, 'events-since-subscription-start')[0]?.valueString ?? '0']
    })
    return Object.fromEntries(counts)
  },
}

process.on('message', async ({ call, step, input }: StepCall) => {
  try {
    const run = steps[step]
    if (!run) throw new Error(`${agency} has no step \`${step}\``)
    report({ kind: 'done', call, output: (await run(clientFor(step), input)) ?? {} })
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
