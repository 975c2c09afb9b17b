/**
 * What each process keeps in memory of the store, such as posted definitions: read at a start, then kept current by
 * following the log, to which other processes write as well. One follower for all of it, so that a commit is read once.
 */
import type { Commit } from '../store/store.ts'
import { createLogFollower, type LogReader, type LogReaderNeeds } from './log-reader.ts'

export type ProcessState = {
  /** Reads all of it: at a start, and after a fault. */
  load(): Promise<void>
  /** Takes over what these commits change. */
  follow(commits: readonly Commit[]): Promise<void>
}

const BATCH = 200

export const createStateFollower = (needs: LogReaderNeeds, states: readonly ProcessState[]): LogReader =>
  createLogFollower(needs, {
    name: 'process-state',
    batch: BATCH,
    async begin() {
      const sequence = await needs.store.last()
      await Promise.all(states.map((state) => state.load()))
      return sequence
    },
    async handle(commits) {
      await Promise.all(states.map((state) => state.follow(commits)))
    },
  })
