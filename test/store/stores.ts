/** The stores that the contract suites run over: memory and SQLite, or those that `STORES=mongodb` names. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import { freshDatabase } from './mongo-server.ts'

/** A clock that a test sets. */
export type Clock = { now: number }
export type Opened = { readonly store: Store; readonly clock: Clock; close(): Promise<void> }
export type StoreKind = { readonly name: string; open(): Promise<Opened> }

export const START = Date.UTC(2026, 10, 24, 5)

const KINDS: readonly StoreKind[] = [
  {
    name: 'memory',
    open: async () => {
      const clock = { now: START }
      const store = await openStore({ kind: 'memory' }, { clock: () => clock.now })
      return { store, clock, close: () => store.close() }
    },
  },
  {
    name: 'sqlite',
    open: async () => {
      const folder = await temporaryFolder()
      const clock = { now: START }
      const store = await openStore({ kind: 'sqlite', path: join(folder, 'hub.db') }, { clock: () => clock.now })
      return {
        store,
        clock,
        close: async () => {
          await store.close()
          await rm(folder, { recursive: true })
        },
      }
    },
  },
  {
    name: 'mongodb',
    open: async () => {
      const database = await freshDatabase()
      const clock = { now: START }
      const store = await openStore({ kind: 'mongodb', url: database.url }, { clock: () => clock.now })
      return {
        store,
        clock,
        close: async () => {
          await store.close()
          await database.drop()
        },
      }
    },
  },
]

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'hub-store-'))

const names = (process.env['STORES'] ?? 'memory,sqlite').split(',')

export const STORES: readonly StoreKind[] = KINDS.filter(({ name }) => names.includes(name))

/** Opens a store before each test of a suite and closes it afterwards. */
export function each(kind: StoreKind): { readonly store: Store; readonly clock: Clock } {
  let opened: Opened | undefined
  beforeEach(async () => {
    opened = await kind.open()
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
  })
  return {
    get store() {
      return opened!.store
    },
    get clock() {
      return opened!.clock
    },
  }
}
