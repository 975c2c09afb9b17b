/** A hub whose store a test watches: what each request asks of it, and what each commit guards. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { openStore } from '../../server/store/open.ts'
import type { Guard, Store, Work, Write } from '../../server/store/store.ts'
import { clientAt, declaredFor, type Client } from '../given.ts'

/** What the store was called for since the last reset. */
export type Watched = { calls: string[]; guards: Guard[]; writes: Write[] }

export type WatchedHub = {
  readonly store: Store
  as(agency: string): Client
  /** Does the work, and answers what it requested from the store. */
  during(work: () => Promise<unknown>): Promise<Watched>
  stop(): Promise<void>
}

const READS = ['read', 'readMany', 'vread', 'history', 'find', 'indexed'] as const

type WatchedHubOptions = {
  readonly store?: string
  /** Before each commit, other requests get a turn: more of them meet. */
  readonly interleaved?: boolean
  readonly settings?: Readonly<Record<string, string>>
}

export async function watchedHub({
  store: address = 'memory:',
  interleaved = false,
  settings,
}: WatchedHubOptions = {}) {
  const config = loadConfig({
    HUB_PORT: '0',
    HUB_STORE: address,
    HUB_LOG: 'silent',
    HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
    ...settings,
  })
  const clock = createClock()
  const store = await openStore(config.store, { clock: clock.now })
  let seen: Watched = { calls: [], guards: [], writes: [] }
  const reads = Object.fromEntries(
    READS.map((name) => [
      name,
      (...args: never[]) => {
        seen.calls.push(name)
        return (store[name] as (...args: never[]) => unknown)(...args)
      },
    ]),
  )
  const watched = {
    ...store,
    ...reads,
    async commit(work: Work) {
      if ((work.writes ?? []).length > 0) {
        seen.calls.push('commit')
        seen.guards.push(...(work.guards ?? []))
        seen.writes.push(...(work.writes ?? []))
      }
      if (interleaved) await nextTurn()
      return store.commit(work)
    },
  } as Store
  const hub = await createHub(config, {
    ...(await declaredFor(config)),
    log: createLog('silent'),
    clock,
    store: watched,
  })
  const { url } = await hub.listen()
  const made: WatchedHub = {
    store,
    as: (agency) => clientAt(url, agency),
    async during(work) {
      const during = (seen = { calls: [], guards: [], writes: [] })
      await work()
      seen = { calls: [], guards: [], writes: [] }
      return during
    },
    stop: () => hub.stop(),
  }
  return made
}
