/** The store in a MongoDB database, for any number of hub processes. store/store.ts says what it must do. */
import { MongoClient } from 'mongodb'
import { allOf } from '../all.ts'
import { checkWork } from '../check-work.ts'
import { StoreUnusable } from '../errors.ts'
import type { Commit, Store } from '../store.ts'
import { watch } from '../watch.ts'
import { placeText, textsOfCommits } from './bodies.ts'
import { eventCount, events } from './events.ts'
import { explain } from './explain.ts'
import { history } from './history.ts'
import { JOB_INDEXES, mongoJobs } from './jobs.ts'
import { createLogWatch } from './log-watch.ts'
import { indexed, readMany, vread } from './read.ts'
import { collectionsOf, EVENT_INDEXES, PROJECTED, ROW_INDEXES, type Collections } from './schema.ts'
import { find } from './search.ts'
import { createTail } from './tail.ts'
import { createWriter } from './writer.ts'

type OpenOptions = {
  readonly clock: () => number
  /** The longest that one read may take, in ms. */
  readonly queryLimit?: number
}

const QUERY_LIMIT = 30_000
/** How long the server is looked for when the hub starts, and when it is gone later (ms). */
const PATIENCE = 10_000

/**
 * @param url of the server or replica set, with the name of the database as its path
 * @throws StoreUnusable
 */
export async function openMongo(url: string, { clock, queryLimit = QUERY_LIMIT }: OpenOptions): Promise<Store> {
  const client = new MongoClient(url, {
    ignoreUndefined: true,
    serverSelectionTimeoutMS: PATIENCE,
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true },
    retryWrites: false,
    waitQueueTimeoutMS: PATIENCE,
  })
  try {
    await client.connect()
    const collections = collectionsOf(client.db())
    await createIndexes(collections)
    return await storeOver(collections, client, { clock, queryLimit })
  } catch (error) {
    await client.close()
    throw error instanceof StoreUnusable ? error : new StoreUnusable(sentence(error), error)
  }
}

const sentence = (error: unknown): string =>
  `The MongoDB of HUB_STORE cannot be used: ${error instanceof Error ? error.message : String(error)}. Check its address, its user and that it runs.`

async function createIndexes({ rows, events, jobs }: Collections): Promise<void> {
  await rows.createIndexes(ROW_INDEXES.map(({ name, key }) => ({ name, key: { ...key } })))
  await events.createIndexes(EVENT_INDEXES.map(({ name, key }) => ({ name, key: { ...key } })))
  await jobs.createIndexes(JOB_INDEXES.map(({ name, key }) => ({ name, key: { ...key } })))
}

async function storeOver(
  collections: Collections,
  client: MongoClient,
  { clock, queryLimit }: Required<OpenOptions>,
): Promise<Store> {
  const jobs = mongoJobs(collections.jobs, clock)
  const watchers = watch(() => tail.last)
  const tail = createTail(collections, jobs, () => watchers.look())
  await tail.catchUp()
  const writer = createWriter({ collections, jobs, tail, clock })
  const logWatch = createLogWatch(() => tail.catchUp())
  let commits = 0

  /** The last sequence that everybody can read. */
  const projected = async (): Promise<number> =>
    Math.max((await collections.state.findOne({ _id: PROJECTED }))?.sequence ?? 0, tail.last)

  const store: Store = {
    async commit(work) {
      checkWork(work)
      const done = await writer.commit(work)
      commits += 1
      return done
    },
    read: async (key, viewer) => (await readMany([key], viewer, collections))[0],
    readMany: (keys, viewer) => readMany(keys, viewer, collections),
    vread: (key, version, viewer) => vread(key, version, viewer, collections),
    history: (scope, viewer, page) => history(scope, viewer, page, collections),
    find: async (query, signal) => find(query, collections, { last: await projected(), timeLimit: queryLimit, signal }),
    explain: async (query, signal) =>
      explain(query, collections, { last: await projected(), timeLimit: queryLimit, signal }),
    all: (query) => allOf(query, store),
    indexed: (key) => indexed(key, collections),
    feed: (after, limit) => feed(after, limit, collections, tail.catchUp),
    last: () => tail.catchUp(),
    seen: () => tail.last,
    lastAt: async (instant) =>
      (await collections.commits.find({ at: { $lte: instant } }, { projection: { _id: 1 } }).sort({ _id: -1 }).limit(1).next())?._id ?? 0, // prettier-ignore
    changed: (after, signal) => logWatch.while(watchers.changed(after, signal)),
    cursor: async (name) => (await collections.cursors.findOne({ _id: name }))?.value ?? 0,
    events: (stream, range) => events(stream, range, collections),
    eventCount: (stream) => eventCount(stream, collections),
    jobs,
    stats: async () => ({
      commits,
      groups: writer.groups,
      records: tail.created,
      bytes: await bytesOf(client),
    }),
    async close() {
      await writer.end()
      logWatch.end()
      watchers.close()
      await client.close()
    },
  }
  return store
}

/** Commits after a sequence, once everything is made of them. */
async function feed(
  after: number,
  limit: number,
  collections: Collections,
  catchUp: () => Promise<number>,
): Promise<readonly Commit[]> {
  const last = await catchUp()
  if (after >= last || limit === 0) return []
  const found = await collections.commits
    .find({ _id: { $gt: after, $lte: Math.min(last, after + limit) } })
    .sort({ _id: 1 })
    .toArray()
  const texts = await textsOfCommits(found, collections)
  return found.map(({ _id: sequence, at, versions }) => ({
    sequence,
    at,
    versions: versions.map(({ index, type, id, version, method, author, owner, audience }) => ({
      ...{ type, id, version, sequence, at, method, author, owner, audience },
      text: texts.get(placeText({ sequence, index })) ?? '',
    })),
  }))
}

/** What the database takes on disk; 0 where the server does not say. */
async function bytesOf(client: MongoClient): Promise<number> {
  const stats = (await client
    .db()
    .command({ dbStats: 1 })
    .catch(() => ({}))) as { storageSize?: number; indexSize?: number }
  return (stats.storageSize ?? 0) + (stats.indexSize ?? 0)
}
