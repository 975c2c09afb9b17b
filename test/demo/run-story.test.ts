/** The demo fails when it should: a story with a failed expectation is not a success. */
import assert from 'node:assert/strict'
import { runStory } from '../../scripts/demo/run-story.ts'
import { createPrinter } from '../../scripts/demo/print.ts'
import { given, type Given } from '../given.ts'

describe('the demo', function () {
  this.timeout(60_000)
  let hub: Given
  const lines: string[] = []
  const print = createPrinter((line) => lines.push(line), false)
  after(() => hub.stop())

  it('fails, and prints why, at a hub that does not notify loopback addresses', async () => {
    hub = await given()
    assert.equal(await runStory({ hub: hub.url, print }), false)
    const printed = lines.join('\n')
    assert.match(printed, /failed: \w+ POST Subscription: .* is answered 201 \(seen: 422 /)
    assert.match(printed, /[1-9]\d* failed$/)
  })

  it('prints without colours where there is no terminal', () => {
    assert.ok(lines.every((line) => !line.includes('\u001b')))
  })
})
