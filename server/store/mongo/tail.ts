/** How far this process has seen the log; what other processes committed is projected where they did not come to it. */
import type { MongoJobs } from './jobs.ts'
import { project } from './projection.ts'
import { PROJECTED, type Collections, type CommitDocument } from './schema.ts'

/** Commits that are projected together. */
const PIECE = 200

export type Tail = {
  /** The last sequence that this process has seen, and its instant (ms). */
  readonly last: number
  readonly at: number
  /** How many records were created by then. */
  readonly created: number
  /** Projects commits that this process made, of which every earlier one is projected. */
  add(commits: readonly CommitDocument[]): Promise<void>
  /** Reads and projects what others committed; answers the last sequence. */
  catchUp(): Promise<number>
  /** Did another process commit since? */
  isBehind(): Promise<boolean>
}

/** `onSeen` is called after more of the log was seen. */
export function createTail(collections: Collections, jobs: MongoJobs, onSeen: () => void): Tail {
  let [last, at, created] = [0, 0, 0]

  function saw(commit: Pick<CommitDocument, '_id' | 'at' | 'created'> | undefined): void {
    if (commit === undefined || commit._id <= last) return
    ;[last, at, created] = [commit._id, commit.at, commit.created]
    onSeen()
  }

  async function add(commits: readonly CommitDocument[]): Promise<void> {
    await project(commits, collections, jobs)
    saw(commits.at(-1))
  }

  async function catchUp(): Promise<number> {
    for (;;) {
      const projected = (await collections.state.findOne({ _id: PROJECTED }))?.sequence ?? 0
      if (projected > last)
        saw((await collections.commits.findOne({ _id: projected }, { projection: { at: 1, created: 1 } })) ?? undefined)
      const found = await collections.commits
        .find({ _id: { $gt: last } })
        .sort({ _id: 1 })
        .limit(PIECE)
        .toArray()
      if (found.length === 0) return last
      await add(found)
    }
  }

  return {
    get last() {
      return last
    },
    get at() {
      return at
    },
    get created() {
      return created
    },
    add,
    catchUp,
    isBehind: async () => (await collections.commits.findOne({ _id: last + 1 }, { projection: { _id: 1 } })) !== null,
  }
}
