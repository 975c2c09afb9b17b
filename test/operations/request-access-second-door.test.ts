/**
 * Nobody falls through: a person who comes in at a second door, with the hub id on a card, the social security number and
 * a signed consent, is found and served under the one record; and again years later.
 */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { lookUpConsent, matchParameters, participant, participation, tokenIn, type Body } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

const HUB_ID = 'https://no-wrong-door.example/fhir/NamingSystem/hub-id'
const SSN = 'http://hl7.org/fhir/sid/us-ssn'
const YEARS = 3 * 365 * 24 * 3_600_000

const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
const access = async (client: Client, token: string) =>
  made(await client.post('/Patient/$request-access', parameters({ name: 'token', valueString: token })))

describe('A person at a second door', function () {
  this.timeout(60_000)
  let hub: Given
  let es: Client
  let dhs: Client
  let board: Client
  let now = Date.parse('2026-03-02T15:00:00Z')
  let id: string
  let hubId: string
  const dawn: Body = {
    ...participant('es', { ssn: '219-09-3311', family: 'Okafor-Hill', given: 'Dawn' }),
    telecom: [{ system: 'phone', value: '662-555-0147' }],
    address: [{ line: ['80 Elm Street'], city: 'Tupelo', state: 'MS', postalCode: '38801', district: '28081' }],
  }
  /** What the second door knows of her: a card, the name that she goes by now, no address. */
  const known: Body = {
    resourceType: 'Patient',
    name: [{ use: 'official', family: 'Okafor', given: ['DAWN'] }],
    birthDate: '1990-01-08',
  }
  before(async () => {
    hub = await given(
      {},
      createClock(() => (now += 10)),
    )
    es = hub.as('es')
    dhs = hub.as('dhs')
    board = hub.as(undefined)
    const entered = made(await es.post('/Patient', dawn))
    id = entered.id
    hubId = entered.identifier.find((one: { system: string }) => one.system === HUB_ID).value
  })
  after(() => hub.stop())

  it('is unknown without her consent, and without more than a name', async () => {
    const identifier = [
      { system: HUB_ID, value: hubId },
      { system: SSN, value: '219-09-3311' },
    ]
    assert.equal(made(await dhs.post('/Patient/$match', matchParameters({ ...known, identifier }))).total, 0)
    const named = await dhs.post('/Patient/$match', matchParameters(known, { consent: lookUpConsent('dhs') }))
    assert.equal(tokenIn(made(named)), undefined)
  })

  for (const [what, identifier] of [
    ['her number', () => [{ system: SSN, value: '219-09-3311' }]],
    ['the hub id on her card', () => [{ system: HUB_ID, value: hubId }]],
  ] as const) {
    it(`is found by ${what} with her consent`, async () => {
      const sent = { ...known, identifier: identifier() }
      const answer = made(await dhs.post('/Patient/$match', matchParameters(sent, { consent: lookUpConsent('dhs') })))
      assert.equal(typeof tokenIn(answer), 'string')
    })
  }

  it('is served under the one record: from the match over the access to a referral', async () => {
    const sent = { ...known, identifier: [{ system: SSN, value: '219-09-3311' }] }
    const token = tokenIn(
      made(await dhs.post('/Patient/$match', matchParameters(sent, { consent: lookUpConsent('dhs') }))),
    )
    const { entry } = await access(dhs, token!)
    assert.equal(entry[0].resource.id, id)
    const episode = made(await dhs.post('/EpisodeOfCare', participation(`Patient/${id}`, 'dhs')))
    const referred = await dhs.post(
      `/Patient/${id}/$refer`,
      parameters(
        { name: 'service', valueCode: 'program-referral-coordination' },
        { name: 'text', valueString: 'Work' },
      ),
    )
    assert.equal(made(referred).entry[1].resource.for.reference, `Patient/${id}`)
    // Whoever would enter her once more is led to the record.
    const again = { ...dawn, managingOrganization: { reference: 'Organization/dhs' } }
    assert.ok(refused(await dhs.post('/Patient', again), 409, 'duplicate-participant').includes(`Patient/${id}`))
    made(await es.get(`/EpisodeOfCare/${episode.id}`))
    assert.equal(made(await board.get('/Patient?family=Okafor&_total=accurate')).total, 1)
    assert.equal(made(await board.get(`/AuditEvent?patient=${id}&subtype=request-access&_total=accurate`)).total, 1)
  })

  it('is the same participant when she comes back years later, at a third door', async () => {
    now += YEARS
    const college = hub.as('college')
    const later = { ...known, telecom: [{ system: 'phone', value: '(662) 555-0147' }] }
    const consent = lookUpConsent('college')
    const token = tokenIn(made(await college.post('/Patient/$match', matchParameters(later, { consent }))))
    const { entry } = await access(college, token!)
    assert.equal(entry[0].resource.id, id)
    made(await college.post('/EpisodeOfCare', participation(`Patient/${id}`, 'college')))
    assert.equal(made(await es.get(`/EpisodeOfCare?patient=${id}&_total=accurate`)).total, 2)
  })
})
