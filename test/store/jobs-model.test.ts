/** Jobs of every store against those in memory: the same random calls, the same answers. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { openMemory } from '../../server/store/memory/open.ts'
import { jobCalls, NOW, playJobs, type JobCall } from './job-calls.ts'
import { STORES } from './stores.ts'
import type { StoreKind } from './stores.ts'
import { TIMES } from '../times.ts'

const RUNS = 75 * TIMES

for (const kindOfStore of STORES.filter(({ name }) => name !== 'memory')) {
  describe(`store / ${kindOfStore.name} / model of jobs`, function () {
    this.timeout(60_000 + RUNS * 200)

    it('gives the answers of the jobs in memory to random calls', async () => {
      await fc.assert(
        fc.asyncProperty(jobCalls, (calls) => compare(kindOfStore, calls)),
        { numRuns: RUNS },
      )
    })
  })
}

async function compare(of: StoreKind, calls: readonly JobCall[]): Promise<void> {
  const { store, clock, close } = await of.open()
  clock.now = NOW
  try {
    assert.deepEqual(await playJobs(store, calls), await playJobs(openMemory({ clock: () => clock.now }), calls))
  } finally {
    await close()
  }
}
