/** What an off-the-shelf client throws where the hub refuses: an error of its own kind, of which the message is compared. */
import assert from 'node:assert/strict'

export async function expectRejected(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.match(error instanceof Error ? error.message : JSON.stringify(error), message)
    return true
  })
}
