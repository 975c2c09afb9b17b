import assert from 'node:assert/strict'
import { createRecent, type Computed } from '../../server/metrics/recent.ts'
import type { Store } from '../../server/store/store.ts'
import { fakeTime } from '../jobs/time.ts'

const EVERY = 30_000
/** There is nothing that waits to be written. */
const NO_STORE = { jobs: { renew: async () => false } } as unknown as Store

describe('metrics / figures that are costly to compute', () => {
  const given = () => {
    const clock = { now: 1_000_000 }
    const time = fakeTime({ clock, store: NO_STORE })
    const faults: unknown[] = []
    const ends: ((failure?: Error) => void)[] = []
    const recent = createRecent(
      { clock: { now: () => clock.now }, sleep: time.sleep, fault: (error) => faults.push(error) },
      {
        every: EVERY,
        compute: (now) =>
          new Promise<number>((resolve, reject) => ends.push((failure) => (failure ? reject(failure) : resolve(now)))),
      },
    )
    return { clock, time, faults, ends, recent }
  }
  const valueOf = (computed: Computed<number> | undefined) => computed?.value

  it('are computed once for all who come meanwhile, as of the time when that began', async () => {
    const { recent, ends, clock } = given()
    const both = [recent.get(), recent.get()]
    clock.now += 500
    ends[0]!()
    const [one, other] = await Promise.all(both)
    assert.deepEqual([valueOf(one), valueOf(other), one?.at], [1_000_000, 1_000_000, 1_000_000])
    assert.equal(ends.length, 1)
    assert.ok(one!.seconds >= 0)
  })

  it('stay for a while, and are then computed anew', async () => {
    const { recent, ends, clock } = given()
    const first = recent.get()
    ends[0]!()
    await first
    clock.now += EVERY - 1
    assert.equal(valueOf(await recent.get()), 1_000_000)
    assert.equal(ends.length, 1)
    clock.now += 1
    const second = recent.get()
    ends[1]!()
    assert.equal(valueOf(await second), 1_000_000 + EVERY)
  })

  it('are computed anew when the clock was set back', async () => {
    const { recent, ends, clock } = given()
    const first = recent.get()
    ends[0]!()
    await first
    clock.now -= 3_600_000
    const second = recent.get()
    ends[1]!()
    assert.equal(valueOf(await second), clock.now)
  })

  it('keep nobody waiting for a second: the ones before are answered, or none', async () => {
    const { recent, ends, clock, time } = given()
    const first = recent.get()
    await time.pass(999)
    assert.equal(await first, undefined)
    ends[0]!()
    await time.settle()
    clock.now += EVERY
    const second = recent.get()
    await time.pass(999)
    assert.equal(valueOf(await second), 1_000_000)
    ends[1]!()
    await time.settle()
    assert.equal(valueOf(await recent.get()), 1_000_000 + 999 + EVERY)
    assert.equal(time.sleeping(), 0)
  })

  it('stay when a computation fails, which is reported; the next one who comes begins another', async () => {
    const { recent, ends, clock, faults } = given()
    const first = recent.get()
    ends[0]!()
    await first
    clock.now += EVERY
    const second = recent.get()
    ends[1]!(new RangeError('no'))
    assert.equal(valueOf(await second), 1_000_000)
    assert.equal(faults.length, 1)
    void recent.get()
    assert.equal(ends.length, 3)
  })

  it('are computed in slices, which end when the hub stops, without a fault', async () => {
    const clock = { now: 0 }
    const time = fakeTime({ clock, store: NO_STORE })
    const faults: unknown[] = []
    let steps = 0
    const recent = createRecent(
      { clock: { now: () => clock.now }, sleep: time.sleep, fault: (error) => faults.push(error) },
      {
        every: EVERY,
        async compute(_now, turn) {
          for (;;) {
            await turn()
            // Longer than a slice.
            for (const until = performance.now() + 11; performance.now() < until;);
            steps += 1
          }
        },
      },
    )
    void recent.get()
    await time.settle()
    assert.equal(steps, 1, 'a pause follows')
    await time.pass(30)
    assert.equal(steps, 2)
    await recent.stop()
    assert.deepEqual([steps, faults, await recent.get()], [2, [], undefined])
  })

  it('rest after a long computation for many times as long', async () => {
    const clock = { now: 0 }
    const { sleep } = fakeTime({ clock, store: NO_STORE })
    let computed = 0
    const recent = createRecent(
      { clock: { now: () => clock.now }, sleep, fault: (error) => assert.fail(String(error)) },
      {
        every: 1,
        async compute() {
          for (const until = performance.now() + 20; performance.now() < until;);
          return (computed += 1)
        },
      },
    )
    await recent.get()
    clock.now += 399
    await recent.get()
    assert.equal(computed, 1)
    clock.now += 60_000
    await recent.get()
    assert.equal(computed, 2)
  })
})
