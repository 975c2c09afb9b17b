import assert from 'node:assert/strict'
import fc from 'fast-check'
import { openEndpoint, type EndpointAnswer } from './endpoint.ts'
import { openScene, subscription, task } from './scene.ts'

type QueueStep =
  | { readonly write: number }
  | { readonly answers: readonly EndpointAnswer[] }
  | { readonly pass: true }
  | { readonly crash: true }

const failure = fc.constantFrom<EndpointAnswer>(
  500,
  503,
  404,
  302,
  { status: 429, headers: { 'Retry-After': '9' } },
  (response) => response.destroy(),
)
const act: fc.Arbitrary<QueueStep> = fc.oneof(
  fc.record({ write: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ answers: fc.array(fc.oneof(failure, fc.constant<EndpointAnswer>(200)), { maxLength: 5 }) }),
  fc.constant<QueueStep>({ pass: true }),
  fc.constant<QueueStep>({ crash: true }),
)

describe('subscriptions / the largest notification', () => {
  it('is what the setting says, unless one event alone is larger', async () => {
    const together = async (notificationLimit: number): Promise<readonly (readonly number[])[]> => {
      const scene = await openScene({ needs: { notificationLimit } })
      const endpoint = await openEndpoint()
      try {
        await scene.subscribe(subscription('s', endpoint.url, { maxCount: 100, content: 'full-resource' }))
        for (const number of [1, 2, 3]) await scene.put(task(`t${number}`, { description: 'x'.repeat(3000) }))
        await scene.run()
        return endpoint.received.map(({ numbers }) => numbers).filter((numbers) => numbers.length > 0)
      } finally {
        await endpoint.close()
        await scene.close()
      }
    }
    assert.deepEqual(await together(20_000), [[1, 2, 3]])
    assert.deepEqual(await together(10_000), [[1, 2], [3]])
    assert.deepEqual(await together(1024), [[1], [2], [3]])
  })
})

describe('subscriptions / the delivery queue over any history of failures', () => {
  it('ends with every event delivered, in the order of its number, and each repeated only under its own webhook-id', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (acts, maxCount) => {
          // Never gives up, so that each history ends well; giving up has its own tests.
          let crashing = false
          const scene = await openScene({
            needs: { retrySchedule: Array.from({ length: 100 }, () => 5) },
            store: (store) => ({
              ...store,
              commit: async (work) => {
                const sent = work.cursors?.some((one) => one.name.startsWith('sent/')) ?? false
                if (crashing && sent) throw new Error('killed before the acceptance was recorded')
                return store.commit(work)
              },
            }),
          })
          const endpoint = await openEndpoint()
          try {
            await scene.subscribe(subscription('s', endpoint.url, { maxCount }))
            await scene.run()
            let written = 0
            for (const one of acts) {
              if ('answers' in one) endpoint.answer(...one.answers)
              crashing = 'crash' in one
              const last = written + ('write' in one ? one.write : 0)
              while (written < last) await scene.put(task(`t${++written}`))
              if ('pass' in one) await scene.runNext()
              else await scene.run()
            }
            crashing = false
            while (await scene.runNext());

            const numbers = endpoint.accepted()
            const firsts = [...new Set(numbers)]
            assert.deepEqual(
              firsts,
              Array.from({ length: written }, (_, index) => index + 1),
            )
            assert.equal(await scene.store.cursor('sent/s'), written)
            const ids = new Map<number, Set<unknown>>()
            for (const { headers, numbers: delivered } of endpoint.received.slice(1)) {
              assert.equal(headers['webhook-id'], `s-${delivered[0]}-${delivered.at(-1)}`)
              for (const number of delivered) ids.set(number, (ids.get(number) ?? new Set()).add(headers['webhook-id']))
            }
            assert.ok([...ids.values()].every((one) => one.size === 1))
            assert.equal(endpoint.together(), 1)
          } finally {
            await endpoint.close()
            await scene.close()
          }
        },
      ),
      { numRuns: 60 },
    )
  }).timeout(60_000)
})
