/** No resource keeps the event loop from everybody else: what is small is checked at once, what is large elsewhere. */
import assert from 'node:assert/strict'
import path from 'node:path'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { createWorkerThread } from '../../server/validate/large/worker-thread.ts'
import { isLarge } from '../../server/fhir/size.ts'
import { attacks, type Attack } from './adversary.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')

/** ms of the processor: 50 are meant; the rest is for machines that are slow or busy with collecting garbage. */
const MOST = 150
/** Garbage of before may be collected in the midst of one. */
const TRIES = 5

describe('validate / adversaries', function () {
  this.timeout(120_000)
  let definitions: Definitions
  before(async () => {
    definitions = await loadDefinitions(ROOT)
  })

  it('that are small enough to be checked here are checked in no time', async () => {
    const { check } = createValidator(definitions, { rules: 'open' })
    const slow: string[] = []
    let count = 0
    for (const { name, resource } of attacks(90_000, 900)) {
      if (isLarge(resource)) continue
      count++
      // The schemas that it needs are compiled the first time.
      for (const { text, expression = '' } of await check(resource))
        assert.ok(text.length < 2000 && expression.length < 2000, `${name}: ${text.slice(0, 200)}`)
      const took = await leastOf(TRIES, () => check(resource))
      if (took > MOST) slow.push(`${name}: ${Math.round(took)} ms`)
    }
    assert.deepEqual(slow, [])
    assert.ok(count > 800, `${count} checked here`)
  })

  it('that are large get their verdict elsewhere, one soon after the other', async () => {
    const thread = createWorkerThread({ rules: 'open', timeLimit: 10_000 })
    try {
      const large: Attack[] = [...attacks(1_000_000, 3000)].filter(({ resource }) => isLarge(resource))
      // One of each kind; all of them take minutes.
      const chosen = large.filter(({ name }, index) => /^\d/.test(name) || index % 97 === 0)
      for (const { name, resource } of chosen) assert.ok(Array.isArray(await thread.check(definitions, resource)), name)
      assert.ok(chosen.length > 25, `${chosen.length} checked`)
    } finally {
      await thread.end()
    }
  })
})

/** ms of the processor that one of several tries took; it ends with the first that was quick enough. */
async function leastOf(tries: number, run: () => Promise<unknown>): Promise<number> {
  let least = Infinity
  for (let at = 0; at < tries && least > MOST; at++) {
    const begin = process.cpuUsage()
    await run()
    least = Math.min(least, process.cpuUsage(begin).user / 1000)
  }
  return least
}
