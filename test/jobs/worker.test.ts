import assert from 'node:assert/strict'
import { createWorker, Interrupted, type JobHandler, type Worker, type WorkerNeeds } from '../../server/jobs/worker.ts'
import type { NewJob, Store } from '../../server/store/store.ts'
import { each, START, STORES } from '../store/stores.ts'
import { fakeTime } from './time.ts'

for (const kind of STORES) {
  describe(`jobs / worker over ${kind.name}`, () => {
    const opened = each(kind)
    let time: ReturnType<typeof fakeTime>
    let started: Worker[]
    beforeEach(() => {
      time = fakeTime(opened)
      started = []
    })
    afterEach(async () => {
      await Promise.all(started.map((worker) => worker.stop(0)))
    })

    const worker = (handler: JobHandler, more: Partial<WorkerNeeds> = {}): Worker => {
      const clock = { now: () => opened.clock.now }
      const made = createWorker({
        store: opened.store,
        clock,
        sleep: time.sleep,
        handlers: { work: handler },
        concurrency: 4,
        ...more,
      })
      started.push(made)
      return made
    }
    const enqueue = (...jobs: Partial<NewJob>[]) =>
      opened.store.commit({ jobs: jobs.map((job) => ({ kind: 'work', key: 'a', due: START, ...job })) })
    const done: JobHandler = async () => ({ done: true })

    it('runs what is due and leaves what is not, and what is of another kind', async () => {
      const ran: string[] = []
      await enqueue({ key: 'now' }, { key: 'later', due: START + 1 }, { key: 'now', kind: 'other' })
      await worker(async (job) => (ran.push(job.key), done(job, { signal: new AbortController().signal }))).runDue()
      assert.deepEqual(ran, ['now'])
      assert.deepEqual(
        (await opened.store.jobs.list({ kinds: ['work'], limit: Infinity })).jobs.map((job) => job.key),
        ['later'],
      )
      assert.equal((await opened.store.jobs.list({ kinds: ['other'], limit: Infinity })).jobs.length, 1)
    })

    it('sleeps until the next job is due, and is woken for one that comes earlier', async () => {
      const ran: string[] = []
      const made = worker(async (job) => (ran.push(job.key), { done: true }))
      await enqueue({ key: 'later', due: START + 3_000 })
      made.start()
      await time.settle()
      assert.deepEqual(ran, [])
      await enqueue({ key: 'sooner' })
      await time.settle()
      assert.deepEqual(ran, [])
      made.wake()
      await time.settle()
      assert.deepEqual(ran, ['sooner'])
      await time.pass(3_000)
      assert.deepEqual(ran, ['sooner', 'later'])
    })

    it('looks by itself after five seconds for what another process enqueued', async () => {
      const ran: string[] = []
      worker(async (job) => (ran.push(job.key), { done: true })).start()
      await time.settle()
      await enqueue({})
      await time.pass(4_999)
      assert.deepEqual(ran, [])
      await time.pass(1)
      assert.deepEqual(ran, ['a'])
    })

    it('runs at most as many jobs at once as it may, and the next as soon as one ends', async () => {
      const ends: (() => void)[] = []
      const made = worker(() => new Promise((resolve) => ends.push(() => resolve({ done: true }))), { concurrency: 2 })
      await enqueue({ key: 'a' }, { key: 'b' }, { key: 'c' })
      made.start()
      await time.settle()
      assert.equal(ends.length, 2)
      ends[0]!()
      await time.settle()
      assert.equal(ends.length, 3)
      ends[1]!()
      ends[2]!()
    })

    it('keeps its lease while the work goes on, so that nobody else begins it', async () => {
      let end: () => void = () => undefined
      let runs = 0
      const handler: JobHandler = () => new Promise((resolve) => (runs++, (end = () => resolve({ done: true }))))
      await enqueue({})
      const [one, other] = [worker(handler), worker(handler)]
      one.start()
      await time.settle()
      other.start()
      for (let seconds = 0; seconds < 300; seconds += 5) await time.pass(5_000)
      assert.equal(runs, 1)
      end()
      await time.settle()
      assert.deepEqual((await opened.store.jobs.list({ kinds: ['work'], limit: Infinity })).jobs, [])
    })

    it('interrupts the work when somebody else has the job, and leaves it to them', async () => {
      let interrupted = false
      await enqueue({})
      const handler: JobHandler = (_job, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            interrupted = true
            reject(new Interrupted())
          }),
        )
      worker(handler).start()
      await time.settle()
      // The process was asleep for longer than its lease; another one claimed the job.
      opened.clock.now += 60_000
      const ask = { kinds: ['work'], now: opened.clock.now, lease: 45_000, max: 1 }
      const [theirs] = await opened.store.jobs.claim(ask)
      await time.pass(0)
      assert.equal(interrupted, true)
      assert.equal(await opened.store.jobs.settle(theirs!, { done: true }), true)
    })

    it('takes over a job whose worker died when its lease runs out', async () => {
      await enqueue({})
      await opened.store.jobs.claim({ kinds: ['work'], now: START, lease: 45_000, max: 1 })
      const ran: number[] = []
      worker(async () => (ran.push(opened.clock.now - START), { done: true })).start()
      for (let seconds = 0; seconds < 60; seconds += 5) await time.pass(5_000)
      assert.deepEqual(ran, [45_000])
    })

    it('tries a job whose handler fails again, waiting longer each time, and keeps it as failed after a day', async () => {
      const faults: unknown[] = []
      const failed: unknown[] = []
      const made = worker(() => Promise.reject(new RangeError('no')), {
        onFault: (job, fault) => faults.push([job?.key, fault]),
        onFailed: (job, fault) => failed.push([job.key, fault]),
      })
      await enqueue({})
      const waits: number[] = []
      for (;;) {
        await made.runDue()
        const [job] = (await opened.store.jobs.list({ kinds: ['work'], limit: 1 })).jobs
        assert.equal(job!.error, 'RangeError')
        if (job!.state === 'failed') break
        waits.push(job!.due - opened.clock.now)
        opened.clock.now = job!.due
      }
      assert.deepEqual(waits.slice(0, 4), [1_000, 2_000, 4_000, 8_000])
      assert.equal(waits.length, 19)
      const [hours] = [waits.reduce((sum, wait) => sum + wait, 0) / 3_600_000]
      assert.ok(hours > 23 && hours < 25, `${hours} hours`)
      assert.deepEqual([faults.length, failed], [19, [['a', new RangeError('no')]]])
    })

    it('leaves a failed job alone until a person makes it ready, and then begins the series anew', async () => {
      let fails = true
      const ran: number[] = []
      const made = worker(async (job) => {
        ran.push(job.attempts)
        if (fails) throw new RangeError('no')
        return { done: true }
      })
      await enqueue({})
      for (let run = 0; run < 20; run += 1) {
        await made.runDue()
        opened.clock.now += 10 * 3_600_000
      }
      await made.runDue()
      assert.equal(ran.length, 20)
      assert.equal(await opened.store.jobs.retry('work', 'a', opened.clock.now), true)
      await made.runDue()
      assert.equal(ran.at(-1), 1)
      fails = false
      opened.clock.now += 1_000
      await made.runDue()
      assert.deepEqual((await opened.store.jobs.list({ kinds: ['work'], limit: 1 })).jobs, [])
    })

    it('goes on after the store could not be written to', async () => {
      let full = true
      const ran: string[] = []
      const jobs: Store['jobs'] = {
        ...opened.store.jobs,
        claim: (ask) => (full ? Promise.reject(new Error('full')) : opened.store.jobs.claim(ask)),
      }
      await enqueue({})
      worker(async (job) => (ran.push(job.key), { done: true }), { store: { ...opened.store, jobs } }).start()
      await time.settle()
      full = false
      await time.pass(1_000)
      assert.deepEqual(ran, ['a'])
    })

    it('ends what runs when it stops, claims no more, and releases what does not end in time', async () => {
      let end: () => void = () => undefined
      const handler: JobHandler = (job, { signal }) =>
        new Promise((resolve, reject) => {
          if (job.key === 'ends') end = () => resolve({ done: true })
          else signal.addEventListener('abort', () => reject(new Interrupted()))
        })
      const made = worker(handler, { concurrency: 2 })
      await enqueue({ key: 'ends' }, { key: 'hangs' }, { key: 'waits' })
      made.start()
      await time.settle()
      const stopped = made.stop(1_000)
      end()
      await time.settle()
      await time.pass(1_000)
      await stopped
      const left = (await opened.store.jobs.list({ kinds: ['work'], limit: Infinity })).jobs
      assert.deepEqual(left.map(({ key, due, leasedUntil }) => [key, due, leasedUntil]).sort(), [
        ['hangs', START, undefined],
        ['waits', START, undefined],
      ])
      assert.equal(time.sleeping(), 0)
    })
  })
}
