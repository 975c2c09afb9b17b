/** The thread that writes: when it ends, so does the process, since nobody knows what became of the writes under way. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../stores.ts'

describe('store / sqlite / writer', function () {
  this.timeout(30_000)

  it('ends the process with a sentence that says what to do when its thread ends', async () => {
    const folder = await temporaryFolder()
    const script = fileURLToPath(new URL('commit-without-file.ts', import.meta.url))
    const args = ['--import=./server/typescript/register.mjs', script, join(folder, 'hub.db')]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' })
    assert.match(stderr, /thread that writes to the store has ended \(`SQLITE_CANTOPEN: .*`\).*Start the hub again/)
    await rm(folder, { recursive: true })
  })
})
