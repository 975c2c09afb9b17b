/** HUB_RULES=open: any R4 type, base definitions, no rules between agencies. */
import assert from 'node:assert/strict'
import { given, made, refused, type Given } from '../given.ts'

describe('interactions / HUB_RULES=open', () => {
  let hub: Given
  before(async () => {
    hub = await given({ HUB_RULES: 'open', HUB_SEED: 'none' })
  })
  after(() => hub.stop())

  it('keeps a type that no hub profile is about, under an id of the client', async () => {
    const board = hub.as(undefined)
    made(
      await board.put('/Encounter/e1', {
        resourceType: 'Encounter',
        id: 'e1',
        status: 'planned',
        class: { code: 'AMB' },
      }),
    )
    const found = made(await board.get('/Encounter?status=planned&class=AMB'))
    assert.deepEqual(
      found.entry.map((entry: { resource: { id: string } }) => entry.resource.id),
      ['e1'],
    )
  })

  it('searches by any identifier, a social security number too, which only the rules of a hub keep secret', async () => {
    const board = hub.as(undefined)
    const identifier = [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '123-45-6789' }]
    const patient = { reference: 'Patient/nobody' }
    made(await board.post('/RelatedPerson', { resourceType: 'RelatedPerson', patient, identifier }))
    const query = 'identifier=http://hl7.org/fhir/sid/us-ssn|123-45-6789&_total=accurate'
    assert.equal(made(await board.get(`/RelatedPerson?${query}`)).total, 1)
    assert.equal(made(await board.get(`/Patient?${query}`)).total, 0)
  })

  it('searches the numbers of R4 by their precision and by prefixes', async () => {
    const board = hub.as(undefined)
    const assessment = (id: string, probability: object) =>
      board.put(`/RiskAssessment/${id}`, {
        resourceType: 'RiskAssessment',
        id,
        status: 'final',
        subject: { reference: 'Patient/nobody' },
        prediction: [{ outcome: { text: 'fall' }, ...probability }],
      })
    made(await assessment('low', { probabilityDecimal: 0.2 }))
    made(await assessment('high', { probabilityDecimal: 0.9 }))
    const percent = (value: number) => ({ value, system: 'http://unitsofmeasure.org', code: '%' })
    made(await assessment('wide', { probabilityRange: { low: percent(0.1), high: percent(0.95) } }))
    const found = async (query: string) =>
      made(await board.get(`/RiskAssessment?${query}`)).entry?.map(
        (one: { resource: { id: string } }) => one.resource.id,
      )
    assert.deepEqual(await found('probability=gt0.8&_sort=probability'), ['wide', 'high'])
    assert.deepEqual(await found('probability=0.9'), ['high'])
    assert.deepEqual(await found('probability=lt2e-1,sa0.5&_sort=-probability'), ['high', 'wide'])
    assert.deepEqual(await found('probability:missing=true'), undefined)
    refused(await board.get('/RiskAssessment?probability=likely'), 400, 'invalid-parameter')
    const { rest } = made(await board.get('/metadata'))
    const declared = rest[0].resource.find((one: { type: string }) => one.type === 'RiskAssessment').searchParam
    assert.equal(declared.find((one: { name: string }) => one.name === 'probability')?.type, 'number')
  })

  it('checks the base definition', async () => {
    const answer = await hub
      .as(undefined)
      .post('/Encounter', { resourceType: 'Encounter', status: 'nowhere', class: {} })
    refused(answer, 422, 'code-invalid')
  })

  it('updates a Patient without If-Match, as R4 does by default', async () => {
    const board = hub.as(undefined)
    made(await board.put('/Patient/p1', { resourceType: 'Patient', id: 'p1' }))
    assert.equal((await board.put('/Patient/p1', { resourceType: 'Patient', id: 'p1', active: true })).status, 200)
  })

  it('declares every type that it takes', async () => {
    const { rest } = made(await hub.as(undefined).get('/metadata'))
    const types = rest[0].resource.map((one: { type: string }) => one.type)
    assert.ok(types.includes('Encounter') && types.includes('Observation') && types.length > 140)
  })
})
