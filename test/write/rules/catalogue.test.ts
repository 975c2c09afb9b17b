/** Records that must agree with a catalogue, and wage records that must not come twice (hub-w-3). */
import assert from 'node:assert/strict'
import { participant, service, wages, type Body } from '../../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../../given.ts'

describe('write / rules / catalogue', () => {
  let hub: Given
  let abe: Client, ui: Client
  let subject: string
  before(async () => {
    hub = await given()
    ;[abe, ui] = [hub.as('abe'), hub.as('ui')]
  })
  after(() => hub.stop())
  beforeEach(async () => {
    subject = `Patient/${made(await ui.post('/Patient', participant('ui'))).id}`
  })

  it('takes a service in the category of the catalogue alone', async () => {
    const own = `Patient/${made(await abe.post('/Patient', participant('abe'))).id}`
    const right = service(own, 'abe')
    const category = JSON.parse(JSON.stringify(right.category).replace('"basic"', '"training"')) as object
    made(await abe.post('/Procedure', right))
    assert.match(
      refused(await abe.post('/Procedure', { ...right, category }), 422, 'catalogue-rule'),
      /`training`.*`basic`/,
    )
  })

  it('takes one wage record of a participant, a quarter and an employer', async () => {
    const first = made(await ui.post('/Observation', wages(subject, 'ui')))
    const second = await ui.post('/Observation', wages(subject, 'ui'))
    assert.match(refused(second, 422, 'catalogue-rule'), new RegExp(`Observation/${first.id}.*hub-w-3`))
    const earlier = { ...wages(subject, 'ui'), effectivePeriod: { start: '2025-07-01', end: '2025-09-30' } }
    made(await ui.post('/Observation', earlier))
    made(await ui.put(`/Observation/${first.id}`, { ...first, valueQuantity: { ...first.valueQuantity, value: 4300 } }))
  })

  it('takes one of two in a transaction, and one of two that come at the same time', async () => {
    const entry = [1, 2].map(() => ({
      resource: wages(subject, 'ui'),
      request: { method: 'POST', url: 'Observation' },
    }))
    refused(await ui.post('', { resourceType: 'Bundle', type: 'transaction', entry }), 422, 'catalogue-rule')
    const answers = await Promise.all([1, 2, 3].map(() => ui.post('/Observation', wages(subject, 'ui'))))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422, 422])
  })

  it('takes another wage record where the first was entered in error', async () => {
    const first = made(await ui.post('/Observation', wages(subject, 'ui'))) as Body & { readonly id: string }
    made(await ui.put(`/Observation/${first.id}`, { ...first, status: 'entered-in-error' }))
    made(await ui.post('/Observation', wages(subject, 'ui')))
  })
})
