/** The jobs of the MongoDB store by themselves: what every store does with jobs, and several processes on the same jobs. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MongoClient, type Collection, type CommandStartedEvent } from 'mongodb'
import { CommitConflict } from '../../../server/store/errors.ts'
import { openMemory } from '../../../server/store/memory/open.ts'
import { JOB_INDEXES, mongoJobs, type JobRow, type MongoJobs } from '../../../server/store/mongo/jobs.ts'
import { mergeJobs, type EnqueuedJob } from '../../../server/store/new-jobs.ts'
import type { Job, Jobs, Store } from '../../../server/store/store.ts'
import { TIMES } from '../../times.ts'
import { jobs as contract } from '../contract/jobs.ts'
import { jobCalls, NOW, playJobs } from '../job-calls.ts'
import { freshDatabase, needsMongo } from '../mongo-server.ts'
import type { Clock } from '../stores.ts'

const RUNS = 25 * TIMES
const PROCESSES = 2

type Opened = {
  /** One for each process, with a connection pool of its own. */
  readonly processes: readonly MongoJobs[]
  readonly collection: Collection<JobRow>
  readonly clock: Clock
  /** The commands that were sent since it was called. */
  commands(): () => readonly string[]
  close(): Promise<void>
}

const WRITES = ['bulkWrite', 'updateOne', 'findOneAndUpdate']

/**
 * The collection of a process that is slow: before each of its first `count` writes, and after it has read what it decides
 * by, something else happens.
 */
function slow(collection: Collection<JobRow>, event: () => Promise<unknown>, count = 1): Collection<JobRow> {
  let left = count
  return new Proxy(collection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (!WRITES.includes(String(name))) return value.bind(target) as unknown
      return async (...args: unknown[]): Promise<unknown> => {
        if (left-- > 0) await event()
        return Reflect.apply(value, target, args)
      }
    },
  })
}

async function open(count = PROCESSES): Promise<Opened> {
  const database = await freshDatabase()
  const clock = { now: 0 }
  const clients = Array.from({ length: count }, () => new MongoClient(database.url, { monitorCommands: true }))
  const collections = clients.map((client) => client.db().collection<JobRow>('jobs'))
  await collections[0]!.createIndexes(JOB_INDEXES.map((index) => ({ ...index })))
  const sent: string[] = []
  for (const client of clients)
    client.on('commandStarted', ({ commandName }: CommandStartedEvent) => void sent.push(commandName))
  return {
    processes: collections.map((collection) => mongoJobs(collection, () => clock.now)),
    collection: collections[0]!,
    clock,
    commands: () => {
      const from = sent.length
      return () => sent.slice(from)
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()))
      await database.drop()
    },
  }
}

/** As much of a store as the tests of jobs need. Each call goes to the next process; each commit is projected by all. */
function storeOf(processes: readonly MongoJobs[]): Store {
  let [sequence, turn] = [0, 0]
  const any = (): MongoJobs => processes[turn++ % processes.length]!
  const jobs: Jobs = {
    claim: (query) => any().claim(query),
    renew: (job, until) => any().renew(job, until),
    settle: (job, end) => any().settle(job, end),
    retry: (kind, key, now) => any().retry(kind, key, now),
    next: (kinds) => any().next(kinds),
    list: (query) => any().list(query),
    count: () => any().count(),
  }
  const commit: Store['commit'] = async (work) => {
    if (work.claim && !(await any().holds(work.claim))) throw new CommitConflict('claim', 0)
    const enqueued = mergeJobs(work.jobs ?? [], ++sequence)
    const mine = sequence
    await Promise.all(processes.map((process) => process.enqueue(enqueued)))
    return { sequence: mine, at: 0, versions: [] }
  }
  return { jobs, commit } as Partial<Store> as Store
}

const enqueued = (key: string, due: number, parts: Partial<EnqueuedJob> = {}): EnqueuedJob => ({
  kind: 'k',
  key,
  due,
  sequence: 1,
  ...parts,
})
const many = (count: number): readonly EnqueuedJob[] =>
  Array.from({ length: count }, (_, index) => enqueued(`j${index}`, index))
const claimAll = (jobs: Jobs, parts: { max?: number; now?: number; lease?: number } = {}): Promise<readonly Job[]> =>
  jobs.claim({ kinds: ['k'], now: 1e6, lease: 1e6, max: 99, ...parts })

describe('store / mongo / jobs', () => {
  needsMongo()

  contract({
    name: 'mongo, two processes',
    open: async () => {
      const opened = await open()
      return { store: storeOf(opened.processes), clock: opened.clock, close: opened.close }
    },
  })

  describe('of two processes', function () {
    this.timeout(60_000 + RUNS * 1_000)
    let opened: Opened
    let one: MongoJobs
    let other: MongoJobs
    const all = () =>
      one.list({ kinds: ['k'], states: ['ready', 'scheduled', 'running', 'failed', 'done'], limit: 999 })
    beforeEach(async () => {
      opened = await open()
      ;[one, other] = opened.processes as [MongoJobs, MongoJobs]
    })
    afterEach(() => opened.close())

    it('gives the answers of the jobs in memory to random calls, whichever process has them', async () => {
      await fc.assert(
        fc.asyncProperty(jobCalls, async (calls) => {
          const { processes, clock, close } = await open()
          clock.now = NOW
          try {
            const expected = await playJobs(openMemory({ clock: () => NOW }), calls)
            assert.deepEqual(await playJobs(storeOf(processes), calls), expected)
          } finally {
            await close()
          }
        }),
        { numRuns: RUNS },
      )
    })

    it('gives each job to one of many who claim at the same time, and all of them while there is room', async () => {
      await one.enqueue(many(200))
      const claims = await Promise.all(
        Array.from({ length: 30 }, (_, index) => claimAll(index % 2 ? one : other, { max: 10 })),
      )
      const keys = claims.flat().map(({ key }) => key)
      assert.deepEqual([keys.length, new Set(keys).size], [200, 200])
      assert.ok(claims.every((jobs) => jobs.length <= 10))
    })

    it('gives each claim of a job a fence of its own, later claims a greater one', async () => {
      await one.enqueue([enqueued('a', 0)])
      const fences: number[] = []
      for (let now = 0; now < 5; now++) {
        const claims = await Promise.all([one, other, one].map((jobs) => claimAll(jobs, { now, lease: 1 })))
        fences.push(...claims.flat().map(({ fence }) => fence))
      }
      await one.settle((await claimAll(one, { now: 5 }))[0]!, { done: true })
      await one.enqueue([enqueued('a', 0, { sequence: 2 })])
      fences.push((await claimAll(other))[0]!.fence)
      assert.equal(new Set(fences).size, 6)
      assert.deepEqual(
        fences,
        [...fences].sort((a, b) => a - b),
      )
    })

    it('lets one of several settlements of a claim win, whatever is enqueued meanwhile', async () => {
      for (let sequence = 1; sequence <= 20; sequence++) {
        await one.enqueue([enqueued('a', 0, { sequence: 2 * sequence })])
        const [mine] = await claimAll(one)
        const [settled] = await Promise.all([
          Promise.all([one.settle(mine!, { done: true }), other.settle(mine!, { done: true })]),
          other.enqueue([enqueued('a', 5, { sequence: 2 * sequence + 1 })]),
        ])
        assert.deepEqual([...settled].sort(), [false, true])
        const [again] = await claimAll(other)
        assert.equal(again?.key, 'a', 'what was enqueued during the claim, or after it, is not lost')
        await other.settle(again!, { done: true })
      }
    })

    it('takes enqueueings of one key at the same time: the earliest due time and the last sequence', async () => {
      const sequences = Array.from({ length: 30 }, (_, index) => index + 1)
      await Promise.all(
        sequences.map((sequence) => (sequence % 2 ? one : other).enqueue([enqueued('a', 50, { sequence: 30 })])),
      )
      assert.deepEqual(
        (await all()).jobs.map(({ due, sequence }) => [due, sequence]),
        [[50, 30]],
      )
      await Promise.all(
        sequences.map((sequence) =>
          (sequence % 2 ? one : other).enqueue([
            enqueued('a', 30 - sequence, { sequence: 30 + sequence }),
            enqueued(`of ${sequence}`, 0),
          ]),
        ),
      )
      const { jobs } = await all()
      assert.deepEqual([jobs.length, jobs.find(({ key }) => key === 'a')?.sequence], [31, 60])
    })

    it('changes nothing for a commit that is projected again while its jobs go on', async () => {
      const jobs = many(20)
      await Promise.all([one.enqueue(jobs), other.enqueue(jobs)])
      const claims = await claimAll(one, { max: 10 })
      await Promise.all(claims.slice(0, 5).map((job) => one.settle(job, { done: true })))
      const before = await all()
      await Promise.all([one.enqueue(jobs), other.enqueue(jobs)])
      assert.deepEqual(await all(), before)
    })

    it('takes the jobs of several commits at once as those of one after the other', async () => {
      await one.enqueue([enqueued('a', 5, { payload: 1 }), enqueued('b', 0)])
      await one.settle((await claimAll(one, { now: 0 }))[0]!, { done: true })
      await one.enqueue([
        enqueued('a', 3),
        enqueued('b', 1),
        enqueued('a', 9, { sequence: 2, payload: 2 }),
        enqueued('b', 8, { sequence: 2 }),
        enqueued('b', 7, { sequence: 3 }),
        enqueued('c', 4, { sequence: 2 }),
        enqueued('c', 6, { sequence: 3, payload: 3 }),
      ])
      assert.deepEqual(
        (await all()).jobs.map(({ key, due, sequence, payload }) => [key, due, sequence, payload]),
        [
          ['c', 4, 3, 3],
          ['a', 5, 2, 2],
          ['b', 7, 3, undefined],
        ],
      )
    })

    it('looks again when another process changed the job between its read and its write', async () => {
      const slowed = (event: () => Promise<unknown>, count?: number) =>
        mongoJobs(slow(opened.collection, event, count), () => 0)
      const dues = async () => (await all()).jobs.map(({ key, due, state }) => `${key} ${due} ${state}`)

      await slowed(() => other.enqueue([enqueued('a', 5)])).enqueue([enqueued('a', 3, { sequence: 2 })])
      assert.deepEqual(await dues(), ['a 3 scheduled'], 'enqueued by both for the first time')
      await slowed(() => claimAll(other)).enqueue([enqueued('a', 2, { sequence: 3 }), enqueued('b', 9)])
      assert.deepEqual(await dues(), ['a 3 running', 'b 9 scheduled'], 'claimed before it was brought forward')
      const [a] = await claimAll(one, { now: 2e6, max: 1 })
      await slowed(() => other.enqueue([enqueued('a', 1, { sequence: 4 })])).settle(a!, { done: true })
      assert.deepEqual(await dues(), ['a 1 scheduled', 'b 9 scheduled'], 'enqueued before it was settled')

      const [brought] = await claimAll(
        slowed(() => other.enqueue([enqueued('a', 0, { sequence: 5 })])),
        { now: 1 },
      )
      assert.deepEqual([brought?.key, brought?.due, brought?.attempts], ['a', 0, 1], 'enqueued before it was claimed')
      const [third] = await claimAll(slowed(() => claimAll(other)))
      assert.equal(third, undefined, 'claimed before it was claimed')
      let sequence = 5
      const busy = slowed(() => other.enqueue([enqueued('a', 0, { sequence: ++sequence })]), Infinity)
      await assert.rejects(busy.settle(brought!, { done: true }), /Other processes change the same jobs/)
    })

    it('keeps a payload as JSON has it, whatever BSON would make of it', async () => {
      const deep = Array.from({ length: 150 }).reduce<unknown>((inner) => [inner], 'x')
      const payload = { b: 1, a: { $set: 1, 'x.y': null }, 1: -0.1, big: 2 ** 53, deep, '': '\u0000' }
      await one.enqueue([enqueued('a', 0, { payload })])
      const [job] = await claimAll(other)
      assert.equal(JSON.stringify(job!.payload), JSON.stringify(payload))
    })

    it('tells kinds and keys apart that look alike when they are put together', async () => {
      const names = [
        ['k', 'a","b'],
        ['k","a', 'b'],
        ['k', '$a.b'],
        ['', 'k'],
        ['k', ''],
      ] as const
      await one.enqueue(names.map(([kind, key]) => enqueued(key, 0, { kind })))
      const { jobs } = await other.list({ limit: 9 })
      assert.deepEqual(jobs.map(({ kind, key }) => [kind, key]).sort(), [...names].sort())
    })

    it('lists more than one answer of the database holds, in the order of due time, kind and key', async () => {
      const jobs = many(250).map((job, index) => ({ ...job, due: index % 3, kind: index % 2 ? 'k' : 'l' }))
      await one.enqueue(jobs)
      const found = []
      let after
      do {
        const page = await one.list({ limit: 40, ...(after ? { after } : {}) })
        found.push(...page.jobs.map(({ due, kind, key }) => `${due} ${kind} ${key}`))
        after = page.next
      } while (after)
      assert.deepEqual(found, jobs.map(({ due, kind, key }) => `${due} ${kind} ${key}`).sort())
      assert.equal((await one.list({ limit: Infinity })).jobs.length, 250)
    })

    it('makes as many round trips as it says, whatever the number of jobs', async () => {
      const trips = async (call: () => Promise<unknown>): Promise<string> => {
        const sent = opened.commands()
        await call()
        return sent().join(' ')
      }
      const jobs = many(150)
      assert.equal(await trips(() => one.enqueue([])), '')
      assert.equal(await trips(() => one.enqueue(jobs)), 'find update')
      assert.equal(await trips(() => one.enqueue(jobs)), 'find', 'a replay')
      assert.equal(await trips(() => claimAll(one, { now: -1 })), 'find')
      assert.equal(await trips(() => claimAll(one, { max: 0 })), '')
      let claims: readonly Job[] = []
      assert.equal(
        await trips(async () => (claims = await claimAll(one, { max: 3 }))),
        'find findAndModify findAndModify findAndModify',
      )
      assert.equal(await trips(() => one.holds(claims[0]!)), 'find')
      assert.equal(await trips(() => one.renew(claims[0]!, 9)), 'update')
      assert.equal(await trips(() => one.settle(claims[0]!, { failed: 'no' })), 'find update')
      assert.equal(await trips(() => one.settle(claims[0]!, { failed: 'no' })), 'find')
      assert.equal(await trips(() => one.retry('k', claims[0]!.key, 0)), 'update')
      assert.equal(await trips(() => one.next(['k'])), 'find')
      assert.equal(await trips(() => one.next([])), '')
      assert.equal(await trips(() => one.list({ limit: 149 })), 'find')
      assert.equal(await trips(() => one.count()), 'aggregate')
    })
  })
})
