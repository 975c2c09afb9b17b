import assert from 'node:assert/strict'
import { createRequestMetrics, type AnsweredRequest } from '../../server/metrics/requests.ts'
import { parseExposition, valueOf } from './exposition.ts'

const READ: AnsweredRequest = { interaction: 'read', type: 'Patient', status: 200, ms: 3 }

describe('metrics / requests', () => {
  const observed = async (...requests: readonly AnsweredRequest[]) => {
    const { observe, registry } = createRequestMetrics((type) => type === 'Patient')
    for (const one of requests) observe(one)
    await registry.metrics()
    return parseExposition(await registry.metrics())
  }
  const total = 'hub_requests_total'

  it('are counted by interaction, type and class of the status, at every scrape the same', async () => {
    const families = await observed(READ, READ, { ...READ, status: 304 }, { ...READ, interaction: '$match' })
    assert.deepEqual(
      [...families.get(total)!.samples],
      [
        [`${total}{interaction="read",type="Patient",status="2xx"}`, 2],
        [`${total}{interaction="read",type="Patient",status="3xx"}`, 1],
        [`${total}{interaction="$match",type="Patient",status="2xx"}`, 1],
      ],
    )
  })

  it('add no label of their own: a type that the hub does not offer is another one', async () => {
    const foreign = Array.from({ length: 50 }, (_, index) => ({ ...READ, type: `Secret${index}`, status: 404 }))
    const families = await observed(...foreign, { interaction: 'none', status: 404, ms: 1 })
    assert.deepEqual(
      [...families.get(total)!.samples],
      [
        [`${total}{interaction="read",type="other",status="4xx"}`, 50],
        [`${total}{interaction="none",type="none",status="4xx"}`, 1],
      ],
    )
  })

  it('count as aborted when the client did not wait for the answer', async () => {
    const families = await observed({ ...READ, aborted: true })
    assert.equal(valueOf(families, `${total}{interaction="read",type="Patient",status="aborted"}`), 1)
  })

  it('have their duration in seconds', async () => {
    const families = await observed(READ, { ...READ, ms: 30 }, { ...READ, ms: 12_000 })
    const durations = families.get('hub_request_duration_seconds')!
    const bucket = (le: string) =>
      durations.samples.get(`hub_request_duration_seconds_bucket{le="${le}",interaction="read"}`)
    assert.deepEqual([bucket('0.0025'), bucket('0.005'), bucket('0.05'), bucket('10'), bucket('+Inf')], [0, 1, 2, 2, 3])
    assert.equal(durations.samples.get('hub_request_duration_seconds_sum{interaction="read"}'), 12.033)
  })
})
