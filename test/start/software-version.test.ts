import assert from 'node:assert/strict'
import { isNewer } from '../../server/start/software-version.ts'

describe('start / software version', () => {
  const ORDERED = [undefined, '0.9.9', '1.0.0-rc.1', '1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0']
  for (const [index, version] of ORDERED.entries()) {
    it(`finds ${version ?? 'no version'} newer than those before it, and than no other`, () => {
      const older = ORDERED.map((other) => isNewer(version, other))
      assert.deepEqual(
        older,
        ORDERED.map((_, other) => other < index),
      )
    })
  }

  it('takes what is no semantic version for the oldest', () => {
    assert.equal(isNewer('latest', '0.0.1'), false)
    assert.equal(isNewer('0.0.1', 'latest'), true)
  })
})
