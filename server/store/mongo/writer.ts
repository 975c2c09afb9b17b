/**
 * Commits, one group after another: those that wait are judged together upon the state of the last sequence and inserted into
 * the log together. Where another process has taken the next sequence, its commits are projected and the rest of the group is
 * judged again.
 */
import { randomUUID } from 'node:crypto'
import { CommitConflict, StoreClosed } from '../errors.ts'
import type { Committed, Work } from '../store.ts'
import type { MongoJobs } from './jobs.ts'
import { judge, type Judged } from './judge.ts'
import { insertCommits } from './log.ts'
import type { Collections } from './schema.ts'
import { readState } from './state.ts'
import type { Tail } from './tail.ts'

/** Commits that are judged and inserted together. */
const GROUP = 64

export type Writer = {
  commit(work: Work): Promise<Committed>
  /** Groups so far. */
  readonly groups: number
  /** Finishes what waits. */
  end(): Promise<void>
}

export type WriterNeeds = {
  readonly collections: Collections
  readonly jobs: MongoJobs
  readonly tail: Tail
  clock(): number
}

type Waiting = {
  readonly work: Work
  resolve(done: Committed): void
  reject(error: unknown): void
}

export function createWriter(needs: WriterNeeds): Writer {
  const queue: Waiting[] = []
  let running: Promise<void> | undefined
  let closed = false
  let groups = 0

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const group = queue.splice(0, GROUP)
      groups += 1
      try {
        queue.unshift(...(await commitGroup(group, needs)))
      } catch (error) {
        for (const one of group) one.reject(error)
      }
    }
    running = undefined
  }

  return {
    commit: (work) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new StoreClosed())
        queue.push({ work, resolve, reject })
        running ??= run()
      }),
    get groups() {
      return groups
    },
    async end() {
      closed = true
      await running
    },
  }
}

type JudgedWork = { readonly waiting: Waiting; readonly result: Judged | CommitConflict }

/** Answers those that must be judged again. */
async function commitGroup(group: readonly Waiting[], needs: WriterNeeds): Promise<readonly Waiting[]> {
  const { collections, tail } = needs
  const judged = await judgeGroup(group, needs)
  const made = judged.flatMap(({ result }) => (result instanceof CommitConflict ? [] : [result]))
  const bodies = made.flatMap((one) => one.bodies)
  if (bodies.length > 0) await collections.bodies.insertMany([...bodies])
  const documents = made.map(({ document }) => document)
  const count = documents.length === 0 ? 0 : await insertCommits(documents, collections)
  await tail.add(documents.slice(0, count))
  // A refusal holds only if nobody committed meanwhile, which an insert behind it proves.
  const isWhole = count === documents.length && (count > 0 || !(await tail.isBehind()))
  if (!isWhole) await tail.catchUp()
  return settle(judged, isWhole ? Infinity : count)
}

async function judgeGroup(
  group: readonly Waiting[],
  { collections, jobs, tail, clock }: WriterNeeds,
): Promise<readonly JudgedWork[]> {
  const { last } = tail
  const at = Math.max(clock(), tail.at)
  const works = group.map(({ work }) => work)
  const state = await readState(works, collections, last)
  const judged: JudgedWork[] = []
  let [sequence, created] = [last, tail.created]
  for (const waiting of group) {
    const { claim } = waiting.work
    try {
      if (claim && !(await jobs.holds(claim))) throw new CommitConflict('claim', 0)
      const result = await judge(waiting.work, state, { sequence: sequence + 1, at, token: randomUUID(), created })
      judged.push({ waiting, result })
      ;[sequence, created] = [sequence + 1, result.document.created]
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error
      judged.push({ waiting, result: error })
    }
  }
  return judged
}

/** Answers those whose commit is among the first `count`, and refusals before the last of them; the others come again. */
function settle(judged: readonly JudgedWork[], count: number): readonly Waiting[] {
  const again: Waiting[] = []
  let made = 0
  for (const { waiting, result } of judged) {
    if (made >= count) again.push(waiting)
    else if (result instanceof CommitConflict) waiting.reject(result)
    else {
      made += 1
      waiting.resolve(result.committed)
    }
  }
  return again
}
