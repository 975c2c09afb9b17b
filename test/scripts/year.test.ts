/** scripts/year: a year of referrals, a two-hundredth of the nomination's. `npm run test:year -- 1` runs the whole one. */
import assert from 'node:assert/strict'
import { planYear } from '../../scripts/year/plan.ts'
import { runYear } from '../../scripts/year/run.ts'

describe('a simulated year of referrals', function () {
  this.timeout(280_000)

  it('is planned with the counts of the nomination, whatever the seed', () => {
    for (const seed of [1, 2]) {
      const { referrals, expected } = planYear(1, seed)
      assert.deepEqual([referrals.length, expected.sent], [52_248, 52_248])
      const { outcomes, ended, open } = expected
      const closed = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
      assert.equal(closed + ended + open, 52_248)
      assert.deepEqual(
        Object.entries(outcomes).map(([name, count]) => [name, Math.round((100 * count) / closed)]),
        [
          ['received-services', 54],
          ['no-show', 33],
          ['declined', 9],
          ['ineligible', 4],
        ],
      )
      for (const [name, count] of Object.entries(outcomes))
        assert.equal(referrals.filter(({ ending }) => ending === name).length, count)
      assert.deepEqual([expected.customers, expected.before, expected.after], [13_713, 2_946, 5_179])
    }
    assert.notDeepEqual(planYear(100, 1).referrals, planYear(100, 2).referrals)
    assert.deepEqual(planYear(100, 1), planYear(100, 1))
  })

  it('ends with every referral accounted for, and with the shares that were planned', async () => {
    const plan = planYear(SCALE, 1)
    const { sent, closed, ended, armed, warned, unaccounted, outcomes, warnings, ...rest } = await runYear(plan, {
      store: 'sqlite',
    })
    const { expected } = plan
    assert.equal(unaccounted, 0)
    assert.deepEqual([sent, ended, armed + warned], [expected.sent, expected.ended, expected.open])
    assert.equal(closed, expected.sent - expected.ended - expected.open)
    assert.deepEqual({ ...outcomes }, { ...expected.outcomes })
    assert.deepEqual([rest.customers, rest.before, rest.after], [expected.customers, expected.before, expected.after])
    assert.ok(warnings > expected.sent / 10, `${warnings} versions by timers`)
  })
})

/** The year is divided by this. */
const SCALE = 400
