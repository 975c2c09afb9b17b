/**
 * A hub whose store a test can reach: what it holds can be looked at, and another request can be put between what a
 * write looked at and its commit, so that a race is played, not hoped for.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createClock, type Clock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import type { OVER_STORES } from '../given.ts'
import { clientAt, declaredFor, made, type Client } from '../given.ts'
import { temporaryFolder } from '../store/stores.ts'
import { consent, participant, referral, task, type Body } from '../builders/index.ts'

export type Scene = {
  readonly url: string
  /** Where it listens, whatever its public address says. */
  readonly port: number
  readonly store: Store
  as(agency: string): Client
  /** Before the next commit with writes goes to the store, this happens. */
  between(happens: () => Promise<unknown>): void
  /** Before a record of this type is read next, this happens. */
  beforeReading(type: string, happens: () => Promise<unknown>): void
  stop(): Promise<void>
}

export async function attacked(
  settings: Readonly<Record<string, string>> = {},
  clock: Clock = createClock(),
): Promise<Scene> {
  const config = loadConfig({
    HUB_PORT: '0',
    HUB_STORE: 'memory:',
    HUB_LOG: 'silent',
    HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
    ...settings,
  })
  const store = await openStore(config.store, { clock: clock.now })
  let next: (() => Promise<unknown>) | undefined
  let reading: { readonly type: string; readonly happens: () => Promise<unknown> } | undefined
  const beforeRead = async (keys: readonly { readonly type: string }[]): Promise<void> => {
    const { type, happens } = reading ?? {}
    if (!happens || !keys.some((key) => key.type === type)) return
    reading = undefined
    await happens()
  }
  const watched: Store = {
    ...store,
    async read(key, viewer) {
      await beforeRead([key])
      return store.read(key, viewer)
    },
    async readMany(keys, viewer) {
      await beforeRead(keys)
      return store.readMany(keys, viewer)
    },
    async find(query) {
      if (typeof query.type === 'string') await beforeRead([{ type: query.type }])
      return store.find(query)
    },
    async commit(work) {
      const happens = (work.writes ?? []).length > 0 ? next : undefined
      if (happens) {
        next = undefined
        await happens()
      }
      return store.commit(work)
    },
  }
  const hub = await createHub(config, {
    ...(await declaredFor(config)),
    log: createLog('silent'),
    clock,
    store: watched,
  })
  const { url, port } = await hub.listen()
  return {
    url,
    port,
    store,
    as: (agency) => clientAt(url, agency),
    between(happens) {
      next = happens
    },
    beforeReading(type, happens) {
      reading = { type, happens }
    },
    stop: () => hub.stop(),
  }
}

/** The same over one of the stores, an SQLite file in a folder of its own, which `stop()` removes. */
export async function attackedOver(store: (typeof OVER_STORES)[number], clock?: Clock): Promise<Scene> {
  if (store === 'memory') return attacked({}, clock)
  const folder = await temporaryFolder()
  const scene = await attacked({ HUB_STORE: `sqlite:${join(folder, 'hub.db')}` }, clock)
  return {
    ...scene,
    async stop() {
      await scene.stop()
      await rm(folder, { recursive: true })
    },
  }
}

export const post = async (client: Client, body: Body) => made(await client.post(`/${body.resourceType}`, body))

/** A participant whom the agency entered, as `Patient/...`. */
export const newcomer = async (client: Client, entry: string): Promise<string> =>
  `Patient/${(await post(client, participant(entry))).id}`

/** A referral from one agency to another, with the consent it needs: the stored consent, ServiceRequest and Task. */
export async function referred(from: Client, subject: string, requester: string, owner: string) {
  const permit = await post(from, consent(subject, requester, owner))
  const request = await post(from, referral(subject, requester, owner))
  const sent = await post(from, task(subject, `ServiceRequest/${request.id}`, requester, owner))
  return { permit, request, task: sent }
}
