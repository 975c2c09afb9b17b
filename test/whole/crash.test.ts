/** Three kill -9 of the real hub while it is written to. `npm run test:crash -- 300` does more. */
import assert from 'node:assert/strict'
import { checkEvents } from './crash/check.ts'
import { crashRound } from './crash/round.ts'

const CYCLES = 3

describe('a hub that is killed again and again', function () {
  this.timeout(120_000)

  it('loses and changes nothing that it acknowledged, sends every event in order, and runs every timer once', async () => {
    const { faults, ...report } = await crashRound({ seed: 1, cycles: CYCLES })
    console.log(
      `      ${report.cycles} kills: ${report.promised} versions acknowledged, ${report.counts.unanswered} requests cut off, ` +
        `${report.events} events in ${report.arrivals} arrivals, ${report.timers} timers`,
    )
    assert.deepEqual(faults.slice(0, 10), [])
    assert.ok(report.promised > 60 && report.events > 30 && report.timers > 6, JSON.stringify(report))
    assert.equal(report.counts.unanswered, CYCLES * 16)
  })
})

describe('the check of events', () => {
  const about = ['Patient/a/_history/2', 'Patient/b/_history/2']
  const first = { number: 1, focus: 'http://hub/fhir/Patient/a' }
  const second = { number: 2, focus: 'http://hub/fhir/Patient/b' }

  it('takes repetitions, and nothing else', () => {
    const faultsOf = (arrivals: { number: number; focus: string }[], expected = about) =>
      checkEvents({ id: 's', arrivals }, about, expected).length
    assert.equal(faultsOf([first, second]), 0)
    assert.equal(faultsOf([first, first, second, first]), 0)
    assert.equal(faultsOf([first]), 1, 'the last is missing')
    assert.ok(faultsOf([second]) > 0, 'the first is missing')
    assert.ok(faultsOf([second, first]) > 0, 'the order is wrong')
    assert.ok(faultsOf([first, { ...second, focus: first.focus }]) > 0, 'it is about something else')
    assert.ok(faultsOf([first, second], [...about, 'Patient/c/_history/2']) > 0, 'a change made no event')
  })
})
