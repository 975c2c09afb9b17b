/** What the store needs of a MongoDB server, on the server of the tests: the stand-in must do as MongoDB does. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { Binary, Long, MongoBulkWriteError, MongoClient } from 'mongodb'
import type { AnyBulkWriteOperation, Collection, MongoServerError, UpdateFilter } from 'mongodb'
import { ROOT } from '../checks/files.ts'
import { databaseUrl, freshDatabase, needsMongo, startMongo } from './mongo-server.ts'
import type { Database } from './mongo-server.ts'
import { temporaryFolder } from './stores.ts'

type Row = { _id: number | string; [field: string]: unknown }

const OPTIONS = { readConcern: { level: 'majority' }, writeConcern: { w: 'majority', journal: true } } as const
const PEOPLE: readonly Row[] = [
  {
    _id: 1,
    name: 'Ann',
    age: 30,
    keys: ['a', 'b'],
    entries: [
      { p: 'birth', v: 5 },
      { p: 'death', v: 90 },
    ],
  },
  {
    _id: 2,
    name: 'Bob',
    age: 40,
    keys: ['b'],
    entries: [
      { p: 'birth', v: 50 },
      { p: 'death', v: 6 },
    ],
  },
  { _id: 3, name: 'Cid', age: 50, keys: ['c', 'a'], entries: [] },
]

describe('store / mongo-server', function () {
  needsMongo()
  let database: Database
  let client: MongoClient
  let rows: Collection<Row>

  beforeEach(async () => {
    database = await freshDatabase()
    client = new MongoClient(database.url, OPTIONS)
    rows = client.db().collection('rows')
    await rows.insertMany([...PEOPLE])
  })
  afterEach(async () => {
    await client.close()
    await database.drop()
  })

  const ids = async (filter: object): Promise<unknown[]> =>
    (await rows.find(filter).sort({ _id: 1 }).toArray()).map((row) => row._id)

  it('answers a ping, and as MongoDB 4.4 or later', async () => {
    assert.equal((await client.db().command({ ping: 1 })).ok, 1)
    assert.ok((await client.db().admin().command({ isMaster: 1 })).maxWireVersion >= 9)
  })

  it('refuses a second document of an `_id` with 11000', async () => {
    await assert.rejects(rows.insertOne({ _id: 1 }), (error: MongoServerError) => error.code === 11000)
    assert.equal((await rows.findOne({ _id: 1 }))?.name, 'Ann')
  })

  it('lets one of many inserts of an `_id` win', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, by) => rows.insertOne({ _id: 'x', by })))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  it('stops an ordered insertMany at a duplicate, and keeps those before', async () => {
    const error: unknown = await rows.insertMany([{ _id: 4 }, { _id: 2 }, { _id: 5 }]).catch((one: unknown) => one)
    assert.ok(error instanceof MongoBulkWriteError)
    assert.equal(error.code, 11000)
    assert.deepEqual(await ids({}), [1, 2, 3, 4])
  })

  it('goes on after a duplicate in an unordered bulkWrite', async () => {
    const writes: AnyBulkWriteOperation<Row>[] = [
      { insertOne: { document: { _id: 4 } } },
      { insertOne: { document: { _id: 2 } } },
      { updateOne: { filter: { _id: 1 }, update: { $set: { age: 31 } } } },
      { replaceOne: { filter: { _id: 6 }, replacement: { name: 'Fay' }, upsert: true } },
      { deleteOne: { filter: { _id: 3 } } },
    ]
    const error: unknown = await rows.bulkWrite(writes, { ordered: false }).catch((one: unknown) => one)
    assert.ok(error instanceof MongoBulkWriteError)
    assert.deepEqual([error.code, error.upsertedCount, error.deletedCount], [11000, 1, 1])
    assert.deepEqual(
      [error.writeErrors].flat().map(({ index }) => index),
      [1],
    )
    assert.deepEqual(await ids({}), [1, 2, 4, 6])
    assert.equal((await rows.findOne({ _id: 1 }))?.age, 31)
  })

  it('upserts in an unordered bulkWrite, twice with the same result', async () => {
    const writes = [1, 7].map((_id) => ({ updateOne: { filter: { _id }, update: { $set: { age: 8 } }, upsert: true } }))
    assert.equal((await rows.bulkWrite(writes, { ordered: false })).upsertedCount, 1)
    assert.equal((await rows.bulkWrite(writes, { ordered: false })).upsertedCount, 0)
    assert.deepEqual(await ids({ age: 8 }), [1, 7])
  })

  it('compares and sets with findOneAndUpdate', async () => {
    const set = (from: number, to: number) =>
      rows.findOneAndUpdate({ _id: 1, age: from }, { $set: { age: to } }, { returnDocument: 'after' })
    assert.equal((await set(30, 31))?.age, 31)
    assert.equal(await set(30, 32), null)
    const tries = await Promise.all(Array.from({ length: 20 }, (_, by) => set(31, 100 + by)))
    assert.equal(tries.filter((one) => one !== null).length, 1)
  })

  it('claims in the order of a sort with findOneAndUpdate', async () => {
    const claimed = await rows.findOneAndUpdate({ age: { $lte: 50 } }, { $set: { by: 'me' } }, { sort: { age: -1 } })
    assert.equal(claimed?._id, 3)
  })

  it('updates many by $lt, with $set, $inc, $max, $min, $unset, $push and $addToSet', async () => {
    assert.equal((await rows.updateMany({ age: { $lt: 50 } }, { $set: { old: false } })).modifiedCount, 2)
    assert.equal(
      (await rows.updateMany({}, { $max: { age: 45 }, $inc: { n: 1 } } as object as UpdateFilter<Row>)).matchedCount,
      3,
    )
    assert.deepEqual(await ids({ age: 45, n: 1 }), [1, 2])
    await rows.updateMany({ _id: 2 }, { $min: { age: 9 }, $unset: { old: '' }, $push: { keys: 'z' } as object })
    await rows.updateOne({ _id: 2 }, { $addToSet: { keys: { $each: ['z', 'y'] } } as object })
    assert.deepEqual(await rows.findOne({ _id: 2 }, { projection: { age: 1, old: 1, keys: 1 } }), {
      _id: 2,
      age: 9,
      keys: ['b', 'z', 'y'],
    })
  })

  it('upserts with $max and $setOnInsert', async () => {
    for (const sequence of [5, 9, 7])
      await rows.updateOne({ _id: 's' }, { $max: { sequence }, $setOnInsert: { first: sequence } }, { upsert: true })
    assert.deepEqual(await rows.findOne({ _id: 's' }), { _id: 's', sequence: 9, first: 5 })
  })

  it('finds by comparisons, sets and logic', async () => {
    assert.deepEqual(await ids({ _id: { $in: [1, 3, 9] } }), [1, 3])
    assert.deepEqual(await ids({ _id: { $nin: [1, 3, 9] } }), [2])
    assert.deepEqual(await ids({ age: { $gt: 30, $lte: 50 }, _id: { $ne: 3 } }), [2])
    assert.deepEqual(await ids({ $or: [{ age: 30 }, { $and: [{ age: 50 }, { name: 'Cid' }] }] }), [1, 3])
    assert.deepEqual(await ids({ $nor: [{ age: 30 }] }), [2, 3])
    assert.deepEqual(await ids({ missing: { $exists: false }, name: { $gte: 'Bob' } }), [2, 3])
    assert.deepEqual(await ids({ missing: null }), [1, 2, 3])
    assert.deepEqual(await ids({ age: { $not: { $lt: 40 } } }), [2, 3])
  })

  it('finds a document by one element of an array', async () => {
    assert.deepEqual(await ids({ keys: 'a' }), [1, 3])
    assert.deepEqual(await ids({ keys: { $in: ['c', 'b'] } }), [1, 2, 3])
    assert.deepEqual(await ids({ keys: { $all: ['a', 'b'] } }), [1])
    assert.deepEqual(await ids({ $and: [{ keys: 'a' }, { keys: { $in: ['b', 'x'] } }] }), [1])
    assert.deepEqual(await ids({ keys: { $nin: ['a'] } }), [2])
    assert.deepEqual(await ids({ keys: { $not: { $elemMatch: { $in: ['a'] } } } }), [2])
  })

  it('finds a document by a range of one element with $elemMatch', async () => {
    assert.deepEqual(await ids({ keys: { $elemMatch: { $gte: 'b', $lt: 'c' } } }), [1, 2])
    assert.deepEqual(await ids({ keys: { $elemMatch: { $gte: 'aa', $lt: 'b' } } }), [])
    assert.deepEqual(await ids({ keys: { $elemMatch: { $in: ['c'], $gt: 'b' } } }), [3])
    assert.deepEqual(await ids({ entries: { $elemMatch: { p: 'birth', v: { $gte: 5, $lt: 10 } } } }), [1])
    assert.deepEqual(await ids({ entries: { $elemMatch: { p: 'death', v: { $lt: 10 } } } }), [2])
    assert.deepEqual(
      await ids({ $or: ['a', 'c'].map((from) => ({ keys: { $elemMatch: { $gte: from, $lt: `${from}~` } } })) }),
      [1, 3],
    )
  })

  it('takes each of two conditions from any element of an array', async () => {
    assert.deepEqual(await ids({ $and: [{ keys: { $gte: 'bb' } }, { keys: { $lt: 'b' } }] }), [3])
  })

  it('orders strings by their bytes', async () => {
    const names = ['Z', 'a', 'é', '\uFFFD', 'A', '', 'a\u0000b', 'a\u0001']
    await rows.insertMany(names.map((name) => ({ _id: `n${name}`, name, own: true })))
    const sorted = (await rows.find({ own: true }).sort({ name: 1 }).toArray()).map(({ name }) => name)
    assert.deepEqual(
      sorted,
      [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    )
    assert.equal(await rows.countDocuments({ own: true, name: { $gt: 'z' } }), 2)
  })

  it('keeps the order of numbers and types in a sort: nothing, numbers, strings', async () => {
    await rows.insertMany([{ _id: 10, age: '4' }, { _id: 11, age: 4.5 }, { _id: 12, age: -1 }, { _id: 13 }])
    const sorted = (await rows.find({}).sort({ age: 1, _id: -1 }).toArray()).map((row) => row._id)
    assert.deepEqual(sorted, [13, 12, 11, 1, 2, 3, 10])
    assert.deepEqual(await ids({ age: { $lt: 5 } }), [11, 12])
  })

  it('sorts, skips, limits and projects', async () => {
    const options = { sort: { age: -1, _id: 1 }, skip: 1, limit: 1 } as const
    assert.deepEqual(await rows.find({}, { ...options, projection: { name: 1 } }).toArray(), [{ _id: 2, name: 'Bob' }])
    assert.deepEqual(await rows.find({}, { ...options, projection: { _id: 0, age: 1, 'entries.p': 1 } }).toArray(), [
      { age: 40, entries: [{ p: 'birth' }, { p: 'death' }] },
    ])
    assert.deepEqual(await rows.find({}, { ...options, projection: { keys: 0, entries: 0, name: 0 } }).toArray(), [
      { _id: 2, age: 40 },
    ])
  })

  it('pages after a pair of sort key and tiebreak', async () => {
    const after = { $or: [{ age: { $gt: 30 } }, { age: 30, _id: { $gt: 1 } }] }
    assert.deepEqual(await ids(after), [2, 3])
  })

  it('gives more batches of a cursor', async () => {
    await rows.insertMany(Array.from({ length: 250 }, (_, index) => ({ _id: 1000 + index })))
    assert.equal((await rows.find({}).batchSize(20).toArray()).length, 253)
    const cursor = rows.find({}).batchSize(2)
    assert.ok(await cursor.next())
    await cursor.close()
  })

  it('counts, also up to a limit, estimates and lists distinct values', async () => {
    assert.equal(await rows.countDocuments({ age: { $gte: 40 } }), 2)
    assert.equal(await rows.countDocuments({ keys: 'b' }, { limit: 1 }), 1)
    assert.equal(await rows.estimatedDocumentCount(), 3)
    assert.deepEqual((await rows.distinct('keys')).sort(), ['a', 'b', 'c'])
  })

  it('aggregates with $match, $sort, $limit, $project and $group', async () => {
    const found = await rows
      .aggregate([{ $match: { age: { $gte: 30 } } }, { $sort: { age: -1 } }, { $limit: 2 }, { $project: { name: 1 } }])
      .toArray()
    assert.deepEqual(found, [
      { _id: 3, name: 'Cid' },
      { _id: 2, name: 'Bob' },
    ])
    const groups = await rows
      .aggregate([
        { $sort: { age: 1 } },
        { $unwind: '$keys' },
        { $group: { _id: '$keys', first: { $first: '$name' }, oldest: { $max: '$age' }, n: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    assert.deepEqual(groups, [
      { _id: 'a', first: 'Ann', oldest: 50, n: 2 },
      { _id: 'b', first: 'Ann', oldest: 40, n: 2 },
      { _id: 'c', first: 'Cid', oldest: 50, n: 1 },
    ])
    assert.deepEqual(await rows.aggregate([{ $match: { keys: 'a' } }, { $count: 'n' }]).toArray(), [{ n: 2 }])
  })

  it('accepts indexes, takes their hint, and keeps unique ones, partial ones too', async () => {
    await rows.createIndexes([
      { key: { keys: 1, age: 1 }, name: 'by-keys' },
      { key: { name: 1 }, name: 'by-name', unique: true },
    ])
    await rows.createIndexes([{ key: { keys: 1, age: 1 }, name: 'by-keys' }])
    assert.equal((await rows.find({ keys: 'a' }).hint('by-keys').toArray()).length, 2)
    await assert.rejects(rows.insertOne({ _id: 9, name: 'Ann' }), (error: MongoServerError) => error.code === 11000)
    assert.ok((await rows.indexes()).some(({ name, unique }) => name === 'by-name' && unique === true))
  })

  it('creates a collection that is there already with 48, and drops', async () => {
    await assert.rejects(client.db().createCollection('rows'), (error: MongoServerError) => error.code === 48)
    assert.equal(await rows.drop(), true)
    assert.deepEqual(await client.db().listCollections().toArray(), [])
  })

  it('takes a document of 12 MB and many in one batch', async function () {
    this.timeout(60_000)
    const text = 'é'.repeat(6 * 1024 * 1024)
    await rows.insertOne({ _id: 'large', text })
    assert.equal((await rows.findOne({ _id: 'large' }))?.text, text)
    await rows.insertMany(Array.from({ length: 4 }, (_, index) => ({ _id: `large${index}`, text })))
    assert.equal((await rows.find({ text: { $exists: true } }).toArray()).length, 5)
    await rows.insertMany(Array.from({ length: 3000 }, (_, index) => ({ _id: 5000 + index })))
    assert.equal(await rows.countDocuments({ _id: { $gte: 5000 } }), 3000)
  })

  it('refuses a document of 17 MB', async function () {
    this.timeout(60_000)
    await assert.rejects(rows.insertOne({ _id: 'large', text: 'x'.repeat(17 * 1024 * 1024) }))
    assert.equal(await rows.findOne({ _id: 'large' }), null)
  })

  it('returns long numbers, bytes, dates, numbers and text as they were', async () => {
    const value = {
      long: Long.fromString('9007199254740993'),
      big: 9007199254740993n,
      bytes: new Binary(Buffer.from([0, 1, 255])),
      date: new Date(-1),
      open: Number.MAX_SAFE_INTEGER,
      half: 0.1,
      negative: -0.5,
      text: 'a\u0000\u{1F600}é',
      nothing: null,
      nested: [[], {}, [{ a: [1] }]],
      yes: true,
    }
    await rows.insertOne({ _id: 'v', ...value })
    const big = 9007199254740993n
    const found = await rows.findOne({ _id: 'v' }, { useBigInt64: true })
    assert.deepEqual([found?.long, found?.big], [big, big])
    const plain = await rows.findOne({ _id: 'v' }, { projection: { long: 0, big: 0 } })
    const { long: _long, big: _big, bytes, ...others } = value
    assert.deepEqual({ ...plain, bytes: undefined }, { _id: 'v', ...others, bytes: undefined })
    assert.deepEqual((plain?.bytes as Binary).value(), bytes.value())
    assert.deepEqual(await ids({ open: Number.MAX_SAFE_INTEGER, long: { $gt: big - 1n, $lt: big + 1n } }), ['v'])
    assert.deepEqual(await ids({ open: { $gt: 3, $gte: Number.MAX_SAFE_INTEGER } }), ['v'])
  })

  it('keeps databases apart, and drops one', async () => {
    const other = await freshDatabase()
    const second = new MongoClient(other.url)
    assert.equal(await second.db().collection('rows').countDocuments(), 0)
    await second.db().collection<Row>('rows').insertOne({ _id: 1 })
    await second.close()
    await other.drop()
    assert.equal(await rows.countDocuments(), 3)
  })
})

describe('store / mongo-server / what the stand-in does otherwise than MongoDB', function () {
  needsMongo()
  let database: Database
  let client: MongoClient
  let rows: Collection<Row>

  before(async function () {
    if (process.env['HUB_TEST_MONGO_URL']) return this.skip()
    database = await freshDatabase()
    client = new MongoClient(database.url, OPTIONS)
    rows = client.db().collection('rows')
    await rows.insertMany([...PEOPLE])
  })
  after(async () => {
    await client?.close()
    await database?.drop()
  })

  const refused = (work: () => Promise<unknown>) => assert.rejects(work)

  it('knows no sessions, transactions, change streams, update pipelines, explain and bulkWrite over collections', async () => {
    await refused(() => client.withSession((session) => rows.findOne({}, { session })))
    await refused(() => rows.watch().tryNext())
    await refused(() => rows.updateOne({ _id: 1 }, [{ $set: { age: 1 } }]))
    await refused(() => rows.find({}).explain())
    await refused(() => client.bulkWrite([{ namespace: 'x.y', name: 'insertOne', document: { a: 1 } }]))
    for (const stage of [{ $unionWith: 'rows' }, { $setWindowFields: {} }, { $collStats: {} }])
      await refused(() => rows.aggregate([stage]).toArray())
  })

  it('knows `isMaster`, not `hello`', () => refused(() => client.db().command({ hello: 1 })))

  it('counts all documents of an insert as inserted, also those that it refused', async () => {
    const documents = [{ _id: 'n' }, { _id: 1 }, { _id: 'm' }]
    assert.equal((await client.db().command({ insert: 'rows', documents, ordered: true })).n, 3)
    assert.equal(await rows.countDocuments({ _id: { $in: ['n', 'm'] } }), 1)
  })

  it('does not name the key of a duplicate, except in the message', async () => {
    const error = (await rows.insertOne({ _id: 1 }).catch((one: unknown) => one)) as MongoServerError
    assert.equal(error.keyPattern, undefined)
    assert.match(error.message, /index: _id_ dup key/)
  })

  it('takes two bounds in one condition from the same element of an array', async () => {
    assert.equal(await rows.countDocuments({ keys: { $gte: 'bb', $lt: 'b' } }), 0)
  })

  it('orders strings by their UTF-16 units, as JavaScript does', async () => {
    await rows.insertMany(['\u{1F600}', '\uFFFD'].map((text) => ({ _id: text, text })))
    const sorted = await rows
      .find({ text: { $exists: true } })
      .sort({ text: 1 })
      .toArray()
    assert.deepEqual(
      sorted.map(({ text }) => text),
      ['\u{1F600}', '\uFFFD'],
    )
  })

  it('keeps no index that is not unique, takes any hint, and makes a partial unique index a whole one', async () => {
    await rows.createIndex({ age: 1 }, { name: 'by-age' })
    assert.equal((await rows.find({ age: 30 }).hint('there is none').toArray()).length, 1)
    const partialFilterExpression = { age: { $gt: 100 } }
    await rows.deleteMany({ name: { $exists: false } })
    await rows.createIndex({ name: 1 }, { unique: true, partialFilterExpression })
    await refused(() => rows.insertOne({ _id: 20, name: 'Ann', age: 1 }))
  })

  it('loses a write with w: 0', async () => {
    await rows.insertOne({ _id: 'w', name: 'w' }, { writeConcern: { w: 0 } })
    assert.equal(await rows.findOne({ _id: 'w' }), null)
  })

  it('ignores write concerns and read concerns', async () => {
    await rows.insertOne({ _id: 'w5', name: 'w5' }, { writeConcern: { w: 5, wtimeoutMS: 1 } })
    await rows.findOne({}, { readConcern: { level: 'snapshot' } })
  })
})

describe('store / mongo-server / with a file', function () {
  needsMongo()

  for (const end of ['stop', 'kill'] as const) {
    it(`has what it acknowledged after a ${end}`, async function () {
      this.timeout(60_000)
      const folder = await temporaryFolder()
      const file = join(folder, 'data')
      const first = await startMongo({ file })
      await within(first.url, (rows) => rows.insertMany([{ _id: 1 }, { _id: 2, text: 'x'.repeat(1_000_000) }]))
      await first[end]()
      const second = await startMongo({ file })
      await within(second.url, async (rows) => {
        assert.deepEqual(await rows.find({}, { projection: { text: 0 } }).toArray(), [{ _id: 1 }, { _id: 2 }])
        await assert.rejects(rows.insertOne({ _id: 2 }), (error: MongoServerError) => error.code === 11000)
      })
      await second.stop()
      await rm(folder, { recursive: true })
    })
  }
})

describe('store / mongo-server / its process', function () {
  needsMongo()
  const script = `
    import { mongoAddress } from './test/store/mongo-server.ts'
    console.log(await mongoAddress())
    if (process.argv[1] === 'wait') setInterval(() => {}, 1000)`
  const node = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    spawn(
      process.execPath,
      ['--import', './server/typescript/register.mjs', '--input-type=module', '-e', script, ...args],
      { cwd: ROOT, env: { ...process.env, HUB_TEST_MONGO_URL: '', HUB_TEST_MONGO: '', ...env } },
    )

  it('ends with the process that started it, however that ends', async function () {
    this.timeout(60_000)
    for (const signal of ['SIGKILL', undefined] as const) {
      const child = node({}, signal ? 'wait' : '')
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      const port = Number(/^mongodb:\/\/127\.0\.0\.1:(\d+)$/m.exec(line.toString())?.[1])
      if (signal) child.kill(signal)
      await once(child, 'close')
      while (await listens(port)) await setImmediate()
    }
  })

  it('is the one of HUB_TEST_MONGO_URL, and without Java none, which is an error where it is required', async function () {
    this.timeout(60_000)
    const end = async (env: NodeJS.ProcessEnv): Promise<[string, string]> => {
      const child = node(env)
      return Promise.all([text(child.stdout), text(child.stderr)])
    }
    assert.deepEqual(await end({ HUB_TEST_MONGO_URL: 'mongodb://a' }), ['mongodb://a\n', ''])
    const [none, why] = await end({ PATH: '/nowhere' })
    assert.equal(none, 'undefined\n')
    assert.match(why, /^There is no MongoDB server for the tests: `java` is not there: install it/)
    const [nothing, error] = await end({ PATH: '/nowhere', HUB_TEST_MONGO: 'required' })
    assert.equal(nothing, '')
    assert.match(error, /`java` is not there/)
  })

  it('has databases named in the place of that of its URL', () => {
    assert.equal(databaseUrl('mongodb://a:1', 'x'), 'mongodb://a:1/x')
    assert.equal(databaseUrl('mongodb+srv://u:p@a,b/y?w=1', 'x'), 'mongodb+srv://u:p@a,b/x?w=1')
    assert.throws(() => databaseUrl('http://a', 'x'), /HUB_TEST_MONGO_URL is no URL like/)
  })
})

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function within(server: string, use: (rows: Collection<Row>) => Promise<unknown>): Promise<void> {
  const client = new MongoClient(databaseUrl(server, 'hub'), OPTIONS)
  try {
    await use(client.db().collection('rows'))
  } finally {
    await client.close()
  }
}
