/**
 * One round: a fresh store, the real hub as a process of its own, writers and subscribers, and so many kill -9. After
 * each the hub is started again over what the one before left.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Version } from '../../../server/store/store.ts'
import { startHub, type StartedHub } from '../../checks/process.ts'
import { clientAt } from '../../given.ts'
import { createRandom } from '../../../scripts/random.ts'
import { goal, resident, plan, subscription, type SubscriptionOptions } from '../../builders/index.ts'
import { checkFile, checkPromises, checkStore, type Subscribed } from './check.ts'
import { ledger, type Ledger } from './ledger.ts'
import { listener, type Listener } from './listener.ts'
import { awaitTimers, checkConservation } from './timers.ts'
import { write, type Counts } from './writers.ts'

export type CrashReport = {
  readonly cycles: number
  readonly promised: number
  readonly places: number
  readonly events: number
  readonly arrivals: number
  readonly refusals: number
  /** Referrals whose timer went off. */
  readonly timers: number
  readonly counts: Counts
  readonly faults: readonly string[]
}

export type Round = {
  readonly seed: number
  readonly cycles: number
  readonly writers?: number
  /** Called after each cycle, to show progress. */
  readonly progress?: (cycle: number) => void
}

type PlannedSubscription = {
  readonly agency: string
  readonly topic: string
  readonly options?: SubscriptionOptions
  readonly refuses: number
  readonly wants: (version: Version) => boolean
}

/** An agency subscribes to its own participants here, the board to all. */
const SUBSCRIPTIONS: readonly PlannedSubscription[] = [
  {
    agency: 'es',
    topic: 'participant-updated',
    refuses: 0.1,
    wants: ({ type, version, owner }) => type === 'Patient' && version > 1 && owner === 'es',
  },
  {
    agency: 'ui',
    topic: 'plan-updated',
    options: { content: 'full-resource' },
    refuses: 0,
    wants: ({ type, owner }) => type === 'CarePlan' && owner === 'ui',
  },
  {
    agency: 'board',
    topic: 'participant-updated',
    options: { maxCount: 20 },
    refuses: 0.1,
    wants: ({ type, version }) => type === 'Patient' && version > 1,
  },
]

type ActiveSubscription = PlannedSubscription & { readonly id: string; readonly listener: Listener }

export async function crashRound({ seed, cycles, writers = 16, progress }: Round): Promise<CrashReport> {
  const folder = mkdtempSync(join(tmpdir(), 'nwd-crash-'))
  const path = join(folder, 'hub.sqlite')
  const promises = ledger()
  const faults: string[] = []
  const counts = { creates: 0, updates: 0, transactions: 0, referrals: 0, conflicts: 0, unanswered: 0 }
  const listeners: Listener[] = []
  let hub = await start(path)
  try {
    const subscriptions = await subscribe(hub.url, seed, listeners)
    for (let cycle = 0; cycle < cycles; cycle++) {
      const done = await kill(hub, promises, seed * 1000 + cycle, writers, faults)
      for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += done[name]
      faults.push(...checkFile(path))
      hub = await start(path)
      faults.push(...(await checkConservation(hub.url)))
      faults.push(...(await checkPromises(hub.url, promises.fresh())))
      progress?.(cycle + 1)
    }
    faults.push(...(await checkPromises(hub.url, [...promises.all.values()])))
    await drain(hub.url, subscriptions)
    faults.push(...(await awaitTimers(hub.url)))
    if ((await hub.end()) !== 0) faults.push('the hub did not end with 0')
    const report = await checkStore(path, promises.all, subscriptions.map(asSubscribed))
    faults.push(...report.faults, ...promises.faults)
    return { ...report, cycles, counts, faults, promised: promises.all.size, ...arrived(listeners) }
  } finally {
    await hub.end('SIGKILL')
    await Promise.all(listeners.map((one) => one.close()))
    rmSync(folder, { recursive: true })
  }
}

const arrived = (listeners: readonly Listener[]) => ({
  arrivals: listeners.reduce((sum, one) => sum + one.arrivals.length, 0),
  refusals: listeners.reduce((sum, one) => sum + one.refusals(), 0),
})

const asSubscribed = ({ id, listener, wants }: ActiveSubscription): Subscribed => ({
  id,
  arrivals: listener.arrivals,
  wants,
})

const start = (path: string): Promise<StartedHub> =>
  startHub({
    HUB_STORE: `sqlite:${path}`,
    HUB_LOOPBACK_ENDPOINTS: 'true',
    HUB_RETRY_SCHEDULE: Array.from({ length: 50 }, () => '0').join(','),
    HUB_LOG: 'error',
  })

async function subscribe(url: string, seed: number, listeners: Listener[]): Promise<readonly ActiveSubscription[]> {
  const subscriptions: ActiveSubscription[] = []
  for (const [index, planned] of SUBSCRIPTIONS.entries()) {
    const endpoint = await listener(createRandom(seed * 7 + index), planned.refuses)
    listeners.push(endpoint)
    const resource = subscription(endpoint.url, { topic: planned.topic, ...planned.options })
    const answer = await clientAt(url, planned.agency).post('/Subscription', resource)
    if (answer.status !== 201) throw new Error(answer.text)
    await endpoint.greeted
    subscriptions.push({ ...planned, id: answer.body.id, listener: endpoint })
  }
  return subscriptions
}

/** Writes that are acknowledged before the clock of a kill begins: a hub that was just started, and one that is warm. */
const WARM = [1, 32, 128]

/** Writes, and kills the hub 50 to 500 ms after the first writes were acknowledged. */
async function kill(
  hub: StartedHub,
  promises: Ledger,
  seed: number,
  writers: number,
  faults: string[],
): Promise<Counts> {
  const exited = once(hub.child, 'exit')
  let killed = false
  let timer: NodeJS.Timeout | undefined
  const choice = createRandom(seed)
  let warming = choice.pick(WARM)
  const shoot = (): void => {
    killed = true
    hub.child.kill('SIGKILL')
  }
  const counts = await write(
    {
      url: hub.url,
      ledger: promises,
      seed,
      faults,
      killed: () => killed,
      acknowledged: () => {
        if (--warming === 0) timer = setTimeout(shoot, 50 + choice.below(450))
      },
    },
    writers,
  )
  clearTimeout(timer)
  shoot()
  await exited
  return counts
}

/** Last changes, and each subscriber waits for the last that it wants: events come in order, so then all have arrived. */
async function drain(url: string, subscriptions: readonly ActiveSubscription[]): Promise<void> {
  const changes: Version[] = []
  for (const { agency, topic } of subscriptions) {
    const author = agency === 'board' ? 'es' : agency
    const client = clientAt(url, author)
    const { body: patient } = await client.post('/Patient', resident(author, `last-${agency}`))
    const { body: aim } = await client.post('/Goal', goal(`Patient/${patient.id}`, 'proposed'))
    const last =
      topic === 'plan-updated'
        ? await client.post('/CarePlan', plan(author, `Patient/${patient.id}`, `Goal/${aim.id}`))
        : await client.put(
            `/Patient/${patient.id}`,
            { ...patient, telecom: [{ system: 'email', value: 'last@example.org' }] },
            1,
          )
    if (last.status >= 300) throw new Error(last.text)
    const { resourceType: type, id, meta } = last.body
    changes.push({ type, id, version: Number(meta.versionId), owner: author } as Version)
  }
  for (const { wants, listener: endpoint } of subscriptions) {
    const last = changes.findLast(wants)
    if (last) await endpoint.eventAbout(`/${last.type}/${last.id}`)
  }
}
