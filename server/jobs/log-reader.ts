/**
 * Readers of the log: each reads every commit once, in order, from a cursor of its own, and begins again there after any
 * fault. What it produces and its moved cursor are one commit, so nothing is lost and nothing is done twice.
 *
 * - createLogReader: for readers that produce work. The cursor is in the store; of several processes one reads.
 * - createLogFollower: for what every process needs for itself. The cursor is in memory; nothing is committed.
 */
import { CommitConflict } from '../store/errors.ts'
import type { Commit, Work } from '../store/store.ts'
import { createLogLease, RENEW, type LeaseNeeds, type LogLease } from './log-lease.ts'
import { oneAtATime } from './one-at-a-time.ts'

export type LogReader = {
  readonly name: string
  /** The sequence up to which this process has read; undefined while it does not read: another one may. */
  position(): number | undefined
  /** Reads on, now and after every commit. */
  start(): void
  /** Reads to the end of the log, with or without the lease; for tests and tools. */
  drain(): Promise<void>
  /** Ends the batch under way, writes the cursor down and gives the lease back. */
  stop(): Promise<void>
}

export type ReaderSpec = {
  /** Names the cursor and the lease. */
  readonly name: string
  /** Commits that are handled together, at most. */
  readonly batch: number
  /** Builds what the reader keeps in memory, as it was after this sequence: at a start, and after every fault. */
  begin?(sequence: number): Promise<void>
  /** What these commits call for; `{}` for nothing. It must bear to be called again for the same commits. */
  handle(commits: readonly Commit[]): Promise<Work>
  /** Called after each batch that was handled. */
  handled?(): void
}

export type FollowerSpec = {
  readonly name: string
  readonly batch: number
  /** Builds what the process keeps in memory; answers the sequence after which it reads on. */
  begin(): Promise<number>
  handle(commits: readonly Commit[]): Promise<void>
}

export type LogReaderNeeds = LeaseNeeds & {
  readonly log: {
    error(event: string, fields: ReaderLogFields): void
    warn(event: string, fields: ReaderLogFields): void
  }
}

type ReaderLogFields = { readonly key: string; readonly fault: unknown }

/** The cursor is written down at the latest after so many sequences without work. */
const BOOKKEEPING = 1_000
/** Milliseconds to wait after a fault. */
const AFTER_FAULT = 1_000

/**
 * A reader whose work is committed with its cursor.
 * Errors of `drain`: what `begin`, `handle` and the store throw; a lost race for the cursor is read again from there.
 */
export function createLogReader(needs: LogReaderNeeds, spec: ReaderSpec): LogReader {
  const { store } = needs
  let at: { sequence: number; saved: number } | undefined

  async function begin(): Promise<{ sequence: number; saved: number }> {
    const saved = await store.cursor(spec.name)
    await spec.begin?.(saved)
    return { sequence: saved, saved }
  }

  async function save(work: Work): Promise<void> {
    if (!at || at.sequence === at.saved) return
    const cursor = { name: spec.name, from: at.saved, to: at.sequence }
    await store.commit({ ...work, cursors: [...(work.cursors ?? []), cursor] })
    at.saved = at.sequence
  }

  async function read(): Promise<boolean> {
    at ??= await begin()
    const commits = await store.feed(at.sequence, spec.batch)
    const last = commits.at(-1)
    if (!last) return false
    const work = await spec.handle(commits)
    at.sequence = last.sequence
    if (!isEmpty(work) || at.sequence - at.saved >= BOOKKEEPING) await save(work)
    spec.handled?.()
    return true
  }

  /** Reads one batch; answers whether there may be more. */
  async function step(): Promise<boolean> {
    try {
      return await read()
    } catch (fault) {
      at = undefined
      // Another process has read the same commits meanwhile.
      if (fault instanceof CommitConflict && fault.kind === 'cursor') return true
      throw fault
    }
  }

  return createLoop(needs, spec.name, {
    lease: createLogLease(needs, spec.name),
    position: () => at?.sequence,
    step,
    async end() {
      await save({})
      at = undefined
    },
    restart: () => (at = undefined),
  })
}

const isEmpty = ({ cursors: _cursors, claim: _claim, request: _request, ...work }: Work): boolean =>
  Object.values(work).every((list) => list === undefined || list.length === 0)

/** A reader that keeps what it reads in the memory of its process. Errors of `drain`: what `begin` and `handle` throw. */
export function createLogFollower(needs: LogReaderNeeds, spec: FollowerSpec): LogReader {
  let sequence: number | undefined

  async function step(): Promise<boolean> {
    try {
      sequence ??= await spec.begin()
      const commits = await needs.store.feed(sequence, spec.batch)
      if (commits.length > 0) await spec.handle(commits)
      sequence = commits.at(-1)?.sequence ?? sequence
      return commits.length > 0
    } catch (fault) {
      sequence = undefined
      throw fault
    }
  }
  return createLoop(needs, spec.name, {
    position: () => sequence,
    step,
    end: async () => undefined,
    restart: () => undefined,
  })
}

type ReadingSteps = {
  /** Absent: every process reads. */
  readonly lease?: LogLease
  position(): number | undefined
  step(): Promise<boolean>
  /** Writes down what is only remembered. */
  end(): Promise<void>
  /** Forgets what is remembered: another process may have read on. */
  restart(): void
}

function createLoop(needs: LogReaderNeeds, name: string, reading: ReadingSteps): LogReader {
  const { lease } = reading
  const step = oneAtATime(reading.step)
  const stopping = new AbortController()
  const { signal } = stopping
  let loop: Promise<void> | undefined
  /** Ends waits for a commit; the same for many, since most of them end with a commit. */
  let waiting: AbortSignal | undefined

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (lease && !(await lease.keep()) && !(await acquire(lease))) return
        if (!(await step())) await changed()
      } catch (fault) {
        needs.log.error('log reader failed', { key: name, fault })
        await needs.sleep(AFTER_FAULT, signal)
      }
    }
  }

  async function acquire(from: LogLease): Promise<boolean> {
    reading.restart()
    return (await from.acquire(signal)) !== undefined
  }

  /** Waits for a commit, no longer than the lease may go without being renewed. */
  async function changed(): Promise<void> {
    if (waiting === undefined || waiting.aborted) waiting = lease ? untilRenewal() : signal
    await needs.store.changed(reading.position() ?? 0, waiting)
  }

  function untilRenewal(): AbortSignal {
    const renewal = new AbortController()
    void needs.sleep(RENEW, signal).then(() => renewal.abort('renewal'))
    return renewal.signal
  }

  return {
    name,
    position: reading.position,
    start() {
      loop ??= run()
    },
    async drain() {
      while (await step());
    },
    async stop() {
      stopping.abort()
      await loop
      const warn = (fault: unknown): void => needs.log.warn('log reader not stopped in order', { key: name, fault })
      await reading.end().catch(warn)
      await lease?.release().catch(warn)
    },
  }
}
