/** Large resources are checked in a thread of their own; everybody else goes on. */
import assert from 'node:assert/strict'
import path from 'node:path'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { withPosted } from '../../server/definitions/posted.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { createScheduledValidator } from '../../server/validate/scheduled-validator.ts'
import {
  createWorkerThread,
  type WorkerThread,
  type WorkerThreadOptions,
} from '../../server/validate/large/worker-thread.ts'
import { isLarge } from '../../server/fhir/size.ts'
import { createTimeSlicer } from '../../server/validate/time-slice.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

const bundleOf = (count: number, gender: string) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: many(count, (index) => ({
    fullUrl: `http://example.org/Patient/p${index}`,
    resource: { resourceType: 'Patient', id: `p${index}`, gender, birthDate: '2020-13-01' },
  })),
})

describe('validate / large resources', function () {
  this.timeout(60_000)
  let definitions: Definitions
  const threads: WorkerThread[] = []
  const startThread = (options: Partial<WorkerThreadOptions> = {}): WorkerThread => {
    const made = createWorkerThread({ rules: 'open', ...options })
    threads.push(made)
    return made
  }
  before(async () => {
    definitions = await loadDefinitions(ROOT)
  })
  after(() => Promise.all(threads.map((one) => one.end())))

  it('are those of some thousand values, or of much text', () => {
    assert.equal(isLarge(bundleOf(100, 'other')), false)
    assert.equal(isLarge(bundleOf(1000, 'other')), true)
    assert.equal(isLarge({ resourceType: 'Basic', text: { div: 'x'.repeat(300_000) } }), true)
    assert.equal(isLarge('x'), false)
  })

  it('get the verdict that they get here, while the event loop goes on', async () => {
    const resource = bundleOf(1000, 'nope')
    const expected = await createValidator(definitions, { rules: 'open' }).check(resource, { at: 'Bundle' })
    assert.ok(expected.length > 0)
    const thread = startThread()
    const gap = longestGap()
    const found = await thread.check(definitions, resource, { at: 'Bundle' })
    assert.ok(gap() < 100, `${gap()} ms without a turn of the event loop`)
    assert.deepEqual(found, expected)
  })

  it('go there by themselves, the others stay', async () => {
    const requests: unknown[] = []
    const thread: WorkerThread = {
      check: (_definitions, resource) => Promise.resolve(void requests.push(resource)).then(() => []),
      end: () => Promise.resolve(),
    }
    const validator = createScheduledValidator(definitions, {
      rules: 'open',
      workerThread: thread,
      inTimeSlice: createTimeSlicer(),
    })
    const large = bundleOf(1000, 'other')
    assert.deepEqual(await validator.check(large), [])
    assert.ok((await validator.check(bundleOf(1, 'nope'))).length > 0)
    assert.deepEqual(requests, [large])
  })

  it('are checked with the definitions of the time of the request', async () => {
    const url = 'http://example.org/StructureDefinition/one-name'
    const profile = {
      resourceType: 'StructureDefinition',
      ...{ url, name: 'OneName', status: 'active', kind: 'resource', abstract: false, type: 'Patient' },
      ...{ baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient', derivation: 'constraint' },
      differential: { element: [{ id: 'Patient.name', path: 'Patient.name', min: 1 }] },
    }
    const posted = withPosted(definitions, [{ file: 'one-name', content: profile }])
    const resource = { resourceType: 'Patient', meta: { profile: [url] } }
    const thread = startThread()
    const codes = async (these: Definitions) => (await thread.check(these, resource)).map(({ detail }) => detail)
    assert.deepEqual(await codes(definitions), ['profile-unknown'])
    assert.deepEqual(await codes(posted), ['element-missing'])
    assert.deepEqual(await codes(definitions), ['profile-unknown'])
  })

  it('are refused when the check takes longer than the limit, and the next one is checked', async () => {
    // No thread starts in a millisecond.
    const impatient = startThread({ timeLimit: 1 })
    await assert.rejects(impatient.check(definitions, { resourceType: 'Patient' }), (error) => {
      assert.ok(error instanceof OutcomeError)
      assert.deepEqual([error.status, error.issues[0]?.detail], [413, 'check-too-long'])
      return true
    })
    const patient = startThread({ timeLimit: 30_000 })
    assert.deepEqual(await patient.check(definitions, { resourceType: 'Patient' }), [])
  })

  it('wait for each other, and fail when the hub stops', async () => {
    const thread = startThread()
    const requests = many(3, () => thread.check(definitions, { resourceType: 'Patient' }))
    const done = Promise.allSettled(requests)
    await thread.end()
    assert.deepEqual(
      (await done).map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
  })
})

describe('validate / turns', () => {
  it('leave the event loop a turn whenever theirs is over', async () => {
    let now = 0
    const inTurn = createTimeSlicer(() => now)
    let others = 0
    let stopped = false
    const tick = (): void => {
      others++
      if (!stopped) setImmediate(tick)
    }
    setImmediate(tick)
    await Promise.all(
      many(50, () =>
        inTurn(async () => {
          now += await Promise.resolve(7)
        }),
      ),
    )
    stopped = true
    // 50 checks of 7 ms in turns of 20 ms: three at a time.
    assert.ok(others >= 16, `${others} turns of others`)
  })

  it('go on after a piece that failed', async () => {
    const inTurn = createTimeSlicer()
    const failed = inTurn(() => Promise.reject(new Error('no')))
    const next = inTurn(() => Promise.resolve('yes'))
    await assert.rejects(failed, /no/)
    assert.equal(await next, 'yes')
  })
})

/** The longest time between two turns of the event loop from now on, in ms; the call of the result ends it. */
function longestGap(): () => number {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return Math.round(longest)
  }
}
