/**
 * Makes everything else from the log: rows, events, cursors and jobs. To project a commit again, whole or in part, or beside
 * another process that projects it, changes nothing: rows and events are added under ids of their own, and what is updated
 * remembers the sequence of its last change.
 */
import type { AnyBulkWriteOperation } from 'mongodb'
import { placeText, readTexts, textsOfCommits } from './bodies.ts'
import { keysOf } from './keys.ts'
import {
  entriesIn,
  OPEN,
  PROJECTED,
  rowId,
  type Collections,
  type CommitDocument,
  type LoggedEntries,
  type LoggedVersion,
  type Row,
} from './schema.ts'
import type { MongoJobs } from './jobs.ts'

/** Projects commits, in order, of which every earlier one is projected, and says so in the database. */
export async function project(
  commits: readonly CommitDocument[],
  collections: Collections,
  jobs: MongoJobs,
): Promise<void> {
  const last = commits.at(-1)
  if (last === undefined) return
  await Promise.all([
    projectRows(commits, collections),
    projectEvents(commits, collections),
    projectCursors(commits, collections),
    projectJobs(commits, jobs),
  ])
  await collections.state.updateOne({ _id: PROJECTED }, { $max: { sequence: last._id } }, { upsert: true })
}

async function projectRows(commits: readonly CommitDocument[], collections: Collections): Promise<void> {
  if (commits.every(({ versions, entries, audiences }) => versions.length + entries.length + audiences.length === 0))
    return
  const [texts, earlierTexts] = await Promise.all([
    textsOfCommits(commits, collections),
    readTexts(
      commits.flatMap(({ entries }) => entries.map(({ made }) => made)),
      collections,
    ),
  ])
  const operations = commits.flatMap((commit) => [
    ...commit.versions.flatMap((one) => addVersion(one, texts.get(placeText(placeOf(commit, one))) ?? '', commit)),
    ...commit.entries.flatMap((one) => addEntries(one, earlierTexts.get(placeText(one.made)) ?? '', commit)),
    ...commit.audiences.map(({ row, audience, firsts }) => ({
      updateOne: {
        filter: { _id: row, audienceFrom: { $lt: commit._id } },
        update: { $set: { audience, firsts, audienceFrom: commit._id } },
      },
    })),
  ])
  await collections.rows.bulkWrite(operations as AnyBulkWriteOperation<Row>[], { ordered: true })
}

const placeOf = ({ _id }: CommitDocument, { index }: LoggedVersion) => ({ sequence: _id, index })

function addVersion(logged: LoggedVersion, text: string, commit: CommitDocument): readonly object[] {
  const { index, audience, closes, ...version } = logged
  const { _id: from, at, request } = commit
  const row: Row = {
    ...version,
    ...{ _id: rowId(from, index), from, to: OPEN, made: { sequence: from, index }, earlier: [], isVersion: true, at },
    ...{ written: audience, audience, audienceFrom: from, keys: keysOf(entriesIn(version.entries)), ...sized(text) },
    ...(request ? { request } : {}),
  }
  if (closes.length === 0) return [add(row)]
  const replaced = { updateMany: { filter: { _id: { $in: closes } }, update: { $set: { replacedAt: at } } } }
  return [add(row), close(closes, from), replaced]
}

function addEntries(logged: LoggedEntries, text: string, { _id: from }: CommitDocument): readonly object[] {
  const { index, closes, ...version } = logged
  const row: Row = {
    ...version,
    ...{ _id: rowId(from, index), from, to: OPEN, earlier: closes, isVersion: false, audienceFrom: from },
    ...{ keys: keysOf(entriesIn(version.entries)), ...sized(text) },
  }
  return [add(row), close(closes, from)]
}

const sized = (text: string) => ({ text, size: Buffer.byteLength(text) })

const add = ({ _id, ...row }: Row): object => ({
  updateOne: { filter: { _id }, update: { $setOnInsert: row }, upsert: true },
})

/** Ends the row that was current; its text is in the log. */
const close = (rows: readonly string[], to: number): object => ({
  updateOne: { filter: { _id: rows.at(-1), to: OPEN }, update: { $set: { to }, $unset: { text: '' } } },
})

async function projectEvents(commits: readonly CommitDocument[], { events }: Collections): Promise<void> {
  const operations = commits.flatMap((commit) => [
    ...commit.events.map((event) => ({
      updateOne: {
        filter: { _id: `${event.stream} ${event.number}` },
        update: { $setOnInsert: event },
        upsert: true,
      },
    })),
  ])
  if (operations.length > 0) await events.bulkWrite(operations, { ordered: true })
  for (const { stream, to } of commits.flatMap(({ purges }) => purges)) {
    const last = await events.find({ stream }).sort({ number: -1 }).limit(1).next()
    // The last one holds the next number.
    if (last) await events.deleteMany({ stream, number: { $lte: Math.min(to, last.number - 1) } })
  }
}

async function projectCursors(commits: readonly CommitDocument[], { cursors }: Collections): Promise<void> {
  const operations = commits.flatMap(({ _id: sequence, cursors: moves }) =>
    moves.flatMap(({ name, to }) => [
      { updateOne: { filter: { _id: name }, update: { $setOnInsert: { value: to, sequence } }, upsert: true } },
      {
        updateOne: {
          filter: { _id: name, sequence: { $lt: sequence } },
          update: { $set: { value: to, sequence } },
        },
      },
    ]),
  )
  if (operations.length > 0) await cursors.bulkWrite(operations, { ordered: true })
}

const projectJobs = (commits: readonly CommitDocument[], jobs: MongoJobs): Promise<void> =>
  jobs.enqueue(
    commits.flatMap((commit) =>
      commit.jobs.map(({ payload, ...job }) =>
        payload === undefined ? job : { ...job, payload: JSON.parse(payload) as unknown },
      ),
    ),
  )
