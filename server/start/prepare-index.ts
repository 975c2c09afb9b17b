/**
 * Compares the search parameters in effect with those by which the store is indexed, and enqueues a reindex of every type
 * that differs. What the hub's own rules look for is reindexed before the hub listens (docs/decisions/0013).
 */
import { REINDEX_AT_START, reindex, type ReindexNeeds } from '../jobs/reindex.ts'
import type { Sleep } from '../jobs/sleep.ts'
import { unrestricted } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import { CommitConflict } from '../store/errors.ts'
import type { Store } from '../store/store.ts'
import {
  differingCodes,
  indexWrite,
  INTERNAL,
  readStoredIndex,
  REINDEX,
  USED_BY_RULES,
  type StoredIndex,
} from '../write/index-state.ts'
import { isNewer } from './software-version.ts'

export type IndexNeeds = ReindexNeeds & { readonly sleep: Sleep }

/** Milliseconds that a page of a reindex may take, and between two looks at what another process does. */
const LEASE = 60_000
const LOOK = 200

/** Errors: what the store throws, and what in a record cannot be extracted. */
export async function prepareIndex(needs: IndexNeeds): Promise<void> {
  const { state, software, write } = needs
  const stored = await readStoredIndex(write.store)
  // A newer hub indexes by its own parameters; those that it shares with this one are complete.
  if (isNewer(stored?.software, software)) return state.update(stored?.digests ?? {})
  await enqueue(needs, stored)
  await finishAtStart(needs)
}

async function enqueue(needs: IndexNeeds, stored: StoredIndex | undefined): Promise<void> {
  const { state, software, write, clock } = needs
  const { store } = write
  const isNew = stored === undefined && (await store.last()) === 0
  const differing = isNew ? [] : differingTypes(needs, stored)
  const [filled, empty] = await divide(store, differing)
  const complete = isNew ? state.current : pick(state.current, empty)
  const digests = { ...stored?.digests, ...complete }
  const jobs = filled.map((type) => {
    const kind = isUsedByRules(needs, stored, type) ? REINDEX_AT_START : REINDEX
    return { kind, key: type, due: clock.now() }
  })
  const writes = stored && empty.length === 0 ? [] : [indexWrite(stored, digests, software)]
  try {
    if (writes.length > 0 || jobs.length > 0) await store.commit({ writes, jobs })
    state.update(digests)
  } catch (error) {
    if (!(error instanceof CommitConflict)) throw error
    // Another process started at the same time.
    await enqueue(needs, await readStoredIndex(store))
  }
}

const differingTypes = ({ state }: IndexNeeds, stored: StoredIndex | undefined): readonly string[] =>
  Object.keys(state.current).filter(
    (type) => differingCodes(state.current[type] ?? {}, stored?.digests[type]).length > 0,
  )

function isUsedByRules({ state }: IndexNeeds, stored: StoredIndex | undefined, type: string): boolean {
  const codes = differingCodes(state.current[type] ?? {}, stored?.digests[type])
  return codes.some((code) => code === INTERNAL || USED_BY_RULES.includes(code))
}

/** Types that have records, and types that have none. */
async function divide(store: Store, types: readonly string[]): Promise<readonly [string[], string[]]> {
  const [filled, empty]: [string[], string[]] = [[], []]
  for (const type of types) {
    const { versions } = await unrestricted(store).find({ type, where: ALL, limit: 1, deleted: true })
    ;(versions.length > 0 ? filled : empty).push(type)
  }
  return [filled, empty]
}

const pick = <T>(from: Readonly<Record<string, T>>, names: readonly string[]): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))

/** Runs the jobs that the start waits for; where another process runs them, waits for that. */
async function finishAtStart(needs: IndexNeeds): Promise<void> {
  const { write, clock } = needs
  const { jobs } = write.store
  const run = reindex(needs)
  const { signal } = new AbortController()
  while ((await jobs.next([REINDEX_AT_START])) !== undefined) {
    const [job] = await jobs.claim({ kinds: [REINDEX_AT_START], now: clock.now(), lease: LEASE, max: 1 })
    if (!job) await needs.sleep(LOOK, signal)
    else {
      const settled = await run(job, { signal }).catch(async (fault: unknown) => {
        await jobs.settle(job, { again: clock.now() })
        throw fault
      })
      await jobs.settle(job, settled)
    }
  }
  needs.state.update((await readStoredIndex(write.store))?.digests ?? {})
}
