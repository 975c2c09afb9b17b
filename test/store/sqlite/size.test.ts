/** How much room a referral takes on disk. */
import assert from 'node:assert/strict'
import { LIMIT, measureStoreSize } from '../../../bench/store-size.ts'

describe('store / sqlite / size', function () {
  this.timeout(120_000)

  it('keeps a ServiceRequest of 1.1 KB, its index entries and its one version in at most 2,100 bytes', async () => {
    const { textBytes, bytesPerRecord } = await measureStoreSize(8_000)
    assert.ok(textBytes > 1100, `${textBytes} bytes of JSON`)
    assert.ok(bytesPerRecord <= LIMIT, `${bytesPerRecord} bytes on disk`)
  })
})
