import assert from 'node:assert/strict'
import { loadConfig } from '../../server/config.ts'
import { parseRetryAfter, waitAfter } from '../../server/jobs/retry.ts'

const SCHEDULE = loadConfig({}).retrySchedule

describe('jobs / retry', () => {
  it('follows the schedule for more than three days, and then ends', () => {
    const waits = SCHEDULE.map((_, index) => waitAfter(index + 1, SCHEDULE, 0.5))
    assert.deepEqual(
      waits,
      SCHEDULE.map((seconds) => seconds * 1000),
    )
    assert.ok(SCHEDULE.reduce((sum, seconds) => sum + seconds, 0) > 72 * 3600)
    assert.equal(waitAfter(SCHEDULE.length + 1, SCHEDULE, 0.5), undefined)
  })

  it('spreads each wait by up to a fifth either way', () => {
    assert.equal(waitAfter(1, [100], 0), 80_000)
    assert.equal(waitAfter(1, [100], 1), 120_000)
  })

  it('hears Retry-After between one and two times the scheduled wait', () => {
    assert.deepEqual(
      [0, 99_000, 150_000, 9_999_000].map((retryAfter) => waitAfter(1, [100], 0, retryAfter)),
      [100_000, 100_000, 150_000, 200_000],
    )
  })

  it('reads Retry-After as seconds or as a date, and nothing else', () => {
    const now = Date.UTC(2026, 10, 24)
    const texts = ['120', 'Tue, 24 Nov 2026 00:01:00 GMT', 'Mon, 23 Nov 2026 00:00:00 GMT', 'soon', '', undefined]
    assert.deepEqual(
      texts.map((text) => parseRetryAfter(text, now)),
      [120_000, 60_000, 0, undefined, undefined, undefined],
    )
  })
})
