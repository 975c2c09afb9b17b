/** The last commits in memory: the readers of the log follow right behind, so that they rarely read from the file. */
import type { Commit, Committed } from '../store.ts'

export type LogTail = {
  add(commit: Committed): void
  /** Commits after a sequence, oldest first; undefined where the first of them is not in memory any more. */
  after(sequence: number, limit: number): readonly Commit[] | undefined
}

/** How much is kept: characters of text, and so many for each commit. The last commit is kept whatever its size. */
const MOST = 500_000
const PER_COMMIT = 1_000

export function createLogTail(): LogTail {
  const commits: Commit[] = []
  let size = 0
  return {
    add({ sequence, at, versions }) {
      const commit = { sequence, at, versions: versions.filter((version) => version !== undefined) }
      commits.push(commit)
      size += sizeOf(commit)
      while (size > MOST && commits.length > 1) size -= sizeOf(commits.shift()!)
    },
    after(sequence, limit) {
      const [first] = commits
      if (first === undefined || sequence + 1 < first.sequence) return undefined
      const begin = sequence + 1 - first.sequence
      return commits.slice(begin, begin + limit)
    },
  }
}

const sizeOf = ({ versions }: Commit): number => versions.reduce((sum, { text }) => sum + text.length, PER_COMMIT)
