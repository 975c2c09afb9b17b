/** Long reads are done by threads: they answer as the event loop would, see every commit, and a fault of one ends nothing else. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { CommitConflict, QueryTooLong, SequenceUnavailable } from '../../../server/store/errors.ts'
import { openSqlite, type SqliteStore } from '../../../server/store/sqlite/open.ts'
import { createReaders, type Readers } from '../../../server/store/sqlite/readers.ts'
import { question, work } from '../questions.ts'
import { temporaryFolder } from '../stores.ts'
import { EVERYTHING, ids, isToken, put, query, token } from '../writes.ts'
import { TIMES } from '../../times.ts'

const RUNS = 50 * TIMES

describe('store / sqlite / readers', function () {
  this.timeout(60_000 + RUNS * 200)
  let folder: string
  let path: string
  let store: SqliteStore
  let readers: Readers
  before(async () => {
    folder = await temporaryFolder()
    path = join(folder, 'hub.db')
    store = openSqlite(path, { clock: () => 0 })
    readers = createReaders({ path, timeLimit: 10_000 })
  })
  after(async () => {
    await readers.end()
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('answer what the event loop answers, at once after a commit, also by a parameter that is new', async () => {
    for (let count = 1; count <= 20; count++) {
      await store.commit({ writes: [put(`Novel/${count}`, { entries: [token(`param-${count}`, 'x')] })] })
      const found = await readers.read('find', query('Novel', { where: isToken(`param-${count}`, 'x') }))
      assert.equal(ids(found.versions), String(count))
    }
  })

  it('answer any query as the event loop does', async () => {
    const check = async (works: Parameters<SqliteStore['commit']>[0][], queries: ReturnType<typeof query>[]) => {
      for (const one of works)
        await store.commit(one).catch((error: unknown) => assert.ok(error instanceof CommitConflict))
      for (const { asOf: _, ...one } of queries)
        assert.deepEqual(await readers.read('find', one), await store.find(one))
    }
    const property = fc.asyncProperty(
      fc.array(work, { maxLength: 3 }),
      fc.array(question, { minLength: 5, maxLength: 5 }),
      check,
    )
    await fc.assert(property, { numRuns: RUNS })
  })

  it('answer several reads at the same time, each by its own result', async () => {
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        readers.read('find', query('Novel', { where: isToken(`param-${index + 1}`, 'x') })),
      ),
    )
    assert.equal(found.map(({ versions }) => ids(versions)).join(), Array.from({ length: 20 }, (_, i) => i + 1).join())
  })

  it('leave a turn to an agency whose read comes after the many reads of another one', async () => {
    const read = (agency: string) => readers.read('find', query('Novel', { total: true, viewer: { agency, at: 0 } }))
    // Both threads have started.
    await Promise.all([read('es'), read('abe')])
    // The order in which reads are given to threads is the readers'; the order of answers is the machine's.
    const given = mock.method(Worker.prototype, 'postMessage')
    try {
      await Promise.all([...Array.from({ length: 20 }, () => read('es')), read('abe'), read('vr')])
      const agencies = given.mock.calls.map(({ arguments: [{ argument }] }) => argument.viewer.agency as string)
      assert.equal(agencies.length, 22)
      assert.deepEqual(agencies.slice(0, 2), ['es', 'abe'])
      assert.ok(agencies.slice(2, 4).includes('vr'), agencies.join(' '))
    } finally {
      given.mock.restore()
    }
  })

  it('refuse what takes longer than the limit, and go on', async () => {
    const impatient = createReaders({ path, timeLimit: -1 })
    const total = query('Novel', { total: true })
    await assert.rejects(impatient.read('find', total), QueryTooLong)
    await assert.rejects(impatient.read('find', total), QueryTooLong)
    await impatient.end()
  })

  it('give up a read that is stopped, while it runs and while it waits, and go on', async () => {
    const stop = new AbortController()
    const total = query('Novel', { total: true })
    const stopped = Array.from({ length: 4 }, () =>
      assert.rejects(readers.read('find', total, stop.signal), /not needed/),
    )
    stop.abort(new Error('not needed'))
    await Promise.all(stopped)
    assert.equal((await readers.read('find', total)).total, 20)
  })

  it('carry the faults of a read from the thread', async () => {
    const last = await store.last()
    await assert.rejects(
      readers.read('find', query('Novel', { asOf: last + 5 })),
      (error: unknown) => error instanceof SequenceUnavailable && error.sequence === last + 5,
    )
    await assert.rejects(readers.read('find', { ...query('Novel'), where: { op: 'nothing' } as never }), /TypeError/)
    assert.equal((await readers.read('find', query('Novel', { total: true }))).total, 20)
  })

  it('reject what is under way when they are ended, and everything after', async () => {
    const others = createReaders({ path, timeLimit: 10_000 })
    const underWay = assert.rejects(others.read('find', query('Novel')), /closed/)
    await others.end()
    await underWay
    await assert.rejects(others.read('find', query('Novel')), /closed/)
  })

  it('do the reads of a store that take longer than a moment', async () => {
    const slow = openSqlite(join(folder, 'slow.db'), { clock: () => 0, shortRead: -1 })
    await slow.commit({ writes: Array.from({ length: 40 }, (_, index) => put(`Task/${index}`)) })
    const all = query('Task', { total: true, sort: [{ param: '_id', kind: 'id', descending: true }], limit: 2 })
    const first = await slow.find(all)
    assert.deepEqual([ids(first.versions), first.total], ['9 8', 40])
    assert.equal(ids((await slow.find({ ...all, after: first.next! })).versions), '7 6')
    await assert.rejects(slow.commit({ guards: [{ none: query('Task', { viewer: EVERYTHING }) }] }), CommitConflict)
    await slow.close()
  })
})
