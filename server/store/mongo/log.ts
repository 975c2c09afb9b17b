/**
 * The log: a commit takes its sequence by being the first to insert a document of that `_id`. What became of an insert whose
 * answer was lost, or that failed after it was applied, is decided by reading the place again and comparing the token.
 */
import { MongoError } from 'mongodb'
import type { CommitDocument, Collections } from './schema.ts'

/** Attempts to find out what became of an insert. */
const ATTEMPTS = 5

export class CommitUnknown extends Error {}

/**
 * Inserts documents of consecutive sequences, in order. Answers how many of them, from the first on, have their place: fewer
 * than all when another process has taken the next one.
 * @throws CommitUnknown when the database cannot say what became of them
 */
export async function insertCommits(documents: readonly CommitDocument[], { commits }: Collections): Promise<number> {
  let fault: unknown
  for (let attempt = 0, done = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      await commits.insertMany(documents.slice(done) as CommitDocument[], { ordered: true })
      return documents.length
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      fault = error
    }
    const placed = await placedOf(documents, commits).catch((error: unknown) => void (fault = error))
    if (placed === undefined) continue
    if (placed.isTaken || placed.count === documents.length) return placed.count
    done = placed.count
  }
  throw new CommitUnknown('The database does not answer whether a commit was made.', { cause: fault })
}

/** How many of the documents have their place, and whether another process has the next one. */
async function placedOf(documents: readonly CommitDocument[], commits: Collections['commits']) {
  const first = documents[0]!._id
  const found = await commits
    .find({ _id: { $gte: first, $lt: first + documents.length } }, { projection: { token: 1 } })
    .toArray()
  const tokens = new Map(found.map(({ _id, token }) => [_id, token]))
  const lost = documents.findIndex(({ _id, token }) => tokens.get(_id) !== token)
  const count = lost < 0 ? documents.length : lost
  return { count, isTaken: lost >= 0 && tokens.has(documents[lost]!._id) }
}
