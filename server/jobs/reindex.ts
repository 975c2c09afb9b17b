/**
 * The reindex job: goes through all records of a type in creation order, deleted ones too, and writes the index entries
 * that they have by the search parameters in effect. One page for each claim; cursor and progress are committed with the
 * page, so it goes on where it was after a crash. A record that is written meanwhile has its new entries already.
 */
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { inTurns, nextTurn } from '../fhir/turns.ts'
import { ALL, type Cursor, type Filter } from '../search/query.ts'
import { CommitConflict } from '../store/errors.ts'
import type { Commit, Job, NewJob, Store, Version, Write } from '../store/store.ts'
import { PAGE_BYTES } from '../store/page-bytes.ts'
import {
  differingCodes,
  INDEX,
  indexWrite,
  INTERNAL,
  readStoredIndex,
  type IndexState,
  type TypeDigests,
} from '../write/index-state.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { storedEntries } from '../write/stored-entries.ts'
import type { ProcessState } from './process-state.ts'
import type { JobHandler } from './worker.ts'

/** The work of REINDEX for what the hub's own rules need: a start waits for it. */
export const REINDEX_AT_START = 'reindex-at-start'

/** Records in one page, and bytes: each record is parsed, and its entries are made twice. */
const PAGE = 100
const BYTES = PAGE_BYTES / 8

export type ReindexNeeds = {
  readonly write: WriteNeeds
  readonly state: IndexState
  readonly clock: { now(): number }
  /** The version of this hub (semver). */
  readonly software: string
  readonly log: { info(event: string, fields: { readonly key: string; readonly count: number }): void }
}

/** Where the job of a type is. `target` says for which parameters: for others it begins again. */
type ReindexProgress = {
  readonly target: string
  readonly after?: Cursor
  readonly done: number
  readonly total: number
}

export const reindex =
  (needs: ReindexNeeds): JobHandler =>
  async (job) => {
    const { state, write } = needs
    // Another process may have posted the parameter that the job is for.
    await write.policy.posted?.load()
    const digests = state.current[job.key]
    const stored = await readStoredIndex(write.store)
    if (!digests || sameDigests(digests, stored?.digests[job.key])) return { done: true }
    const progress = await progressOf(needs, job, JSON.stringify(digests))
    const { after, done, total } = progress
    state.progress(job.key, done, total)
    const query = {
      type: job.key,
      where: ALL,
      limit: PAGE,
      bytes: BYTES,
      deleted: true,
      ...(after ? { after } : {}),
    }
    const { versions, next } = await unrestricted(write.store).find(query)
    const written = done + versions.length
    const changed = differingCodes(digests, stored?.digests[job.key]).filter((code) => code !== INTERNAL)
    if (next) {
      const payload: ReindexProgress = { ...progress, after: next, done: written }
      await commitPage(needs, job, versions, {
        jobs: [{ kind: job.kind, key: job.key, due: needs.clock.now(), payload }],
      })
      await checkCoverage(needs, versions, changed)
      return { again: needs.clock.now() }
    }
    await commitPage(needs, job, versions, {})
    await checkCoverage(needs, versions, changed)
    await complete(needs, job, digests)
    needs.log.info('index complete', { key: job.key, count: written })
    return { done: true }
  }

async function progressOf({ write }: ReindexNeeds, job: Job, target: string): Promise<ReindexProgress> {
  const stored = job.payload as ReindexProgress | undefined
  if (stored?.target === target) return stored
  const query = { type: job.key, where: ALL, limit: 0, total: true, deleted: true }
  const { total = 0 } = await unrestricted(write.store).find(query)
  return { target, done: 0, total }
}

/** Commits the entries of a page under the claim; a record with a newer version by now is left out, and the others are tried again. */
async function commitPage(
  { write }: ReindexNeeds,
  claim: Job,
  versions: readonly Version[],
  { jobs = [] }: { readonly jobs?: readonly NewJob[] },
): Promise<void> {
  let writes: readonly Write[] = await inTurns(versions, (version) => entriesWrite(write, version))
  for (;;) {
    try {
      await write.store.commit({ writes, jobs, claim })
      return
    } catch (error) {
      if (!(error instanceof CommitConflict) || error.kind !== 'write') throw error
      const { index } = error
      writes = writes.filter((_, position) => position !== index)
    }
  }
}

/**
 * Coverage is verified, not assumed: the store finds by each parameter exactly the records of the page that have a value
 * of it. @throws Error when it does not, so that the job is tried again and fails visibly
 */
async function checkCoverage(
  { write }: ReindexNeeds,
  versions: readonly Version[],
  codes: readonly string[],
): Promise<void> {
  if (versions.length === 0) return
  await nextTurn()
  const [{ type } = { type: '' }] = versions
  const ids = versions.map(({ id }) => id)
  const view = unrestricted(write.store)
  for (const param of codes) {
    const where: Filter = {
      op: 'and',
      of: [
        { op: 'id', ids },
        { op: 'not', of: { op: 'missing', param } },
      ],
    }
    const { versions: found } = await view.find({ type, where, limit: PAGE })
    await nextTurn()
    const indexed = new Map(found.map((one) => [one.id, one.version]))
    const lost = await lostIn(write, versions, param, indexed)
    if (lost === undefined) continue
    throw new Error(`The index of \`${param}\` does not fit ${type}/${lost}, although it was just written.`)
  }
}

/** The id of a record that is found and has no value, or has one and is not found; one that was written meanwhile counts for nothing. */
async function lostIn(
  write: WriteNeeds,
  versions: readonly Version[],
  param: string,
  indexed: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  const suspects = versions.filter((one) => {
    const resource = currentResource(one)
    const has = resource !== undefined && write.index.extract(resource).some((entry) => entry.param === param)
    return has !== indexed.has(one.id)
  })
  const now = await unrestricted(write.store).readMany(suspects)
  return suspects.find((one, index) => now[index]?.version === one.version)?.id
}

async function entriesWrite(needs: WriteNeeds, version: Version): Promise<Write> {
  const { type, id } = version
  const entries = await storedEntries(needs, version)
  return { kind: 'entries', key: { type, id }, entries, expect: { version: [version.version] } }
}

/** Records that the entries of the type are complete. Another type's job may do so at the same time. */
async function complete({ state, write, software }: ReindexNeeds, claim: Job, target: TypeDigests): Promise<void> {
  for (;;) {
    const stored = await readStoredIndex(write.store)
    const digests = { ...stored?.digests, [claim.key]: target }
    try {
      await write.store.commit({ writes: [indexWrite(stored, digests, software)], claim })
      state.update(digests)
      return
    } catch (error) {
      if (!(error instanceof CommitConflict) || error.kind !== 'write') throw error
    }
  }
}

const sameDigests = (one: object, other: object = {}): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
const sorted = (digests: object): unknown => Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1))

/** Each process learns of an index that another one has completed. */
export function indexProcessState(store: Store, state: IndexState): ProcessState {
  const load = async (): Promise<void> => state.update((await readStoredIndex(store))?.digests ?? {})
  return {
    load,
    async follow(commits) {
      if (changesIndex(commits)) await load()
    },
  }
}

const changesIndex = (commits: readonly Commit[]): boolean =>
  commits.some(({ versions }) => versions.some(({ type, id }) => type === INDEX.type && id === INDEX.id))
