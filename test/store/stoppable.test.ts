import assert from 'node:assert/strict'
import { stoppable } from '../../server/store/stoppable.ts'
import { STORES } from './stores.ts'
import { EVERYTHING, key, put, query } from './writes.ts'

for (const kind of STORES)
  describe(`store / stoppable, ${kind.name}`, () => {
    it('is the store until it is stopped, and rejects every call with the reason afterwards', async () => {
      const opened = await kind.open()
      const stop = new AbortController()
      const store = stoppable(opened.store, stop.signal)
      await store.commit({ writes: [put('Task/a')] })
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.read(key('Task/a'), EVERYTHING),
        () => store.readMany([key('Task/a')], EVERYTHING),
        () => store.vread(key('Task/a'), 1, EVERYTHING),
        () => store.history('system', EVERYTHING, { limit: 1 }),
        () => store.find(query('Task')),
        () => store.explain(query('Task')),
        () => store.indexed(key('Task/a')),
        () => store.all(query('Task'))[Symbol.asyncIterator]().next(),
        () => store.commit({ writes: [put('Task/b')] }),
      ]
      for (const call of calls) await call()
      const last = await store.last()
      stop.abort(new Error('stopped'))
      for (const call of calls) await assert.rejects(call(), /stopped/)
      assert.equal(await store.last(), last)
      await opened.close()
    })
  })
