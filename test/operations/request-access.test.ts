/** $request-access: a token of $match becomes the effect of the consent, once, for the agency that it was given to. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { attacked, type Scene } from '../attack/scene.ts'
import {
  condition,
  consent,
  denial,
  lookUpConsent,
  matchParameters,
  participant,
  tokenIn,
  type Body,
} from '../builders/index.ts'
import { made, refused, type Answer, type Client } from '../given.ts'
import { storeDeny } from '../write/deny.ts'

const HOUR = 3_600_000

describe('operations / $request-access', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client
  let dhs: Client
  let board: Client
  let time = Date.parse('2026-06-01T12:00:00Z')
  let count = 0
  before(async () => {
    scene = await attacked(
      {},
      createClock(() => (time += 10)),
    )
    es = scene.as('es')
    dhs = scene.as('dhs')
    board = scene.as('board')
  })
  after(() => scene.stop())

  const somebody = (): Body => {
    count += 1
    const body = participant('es', { family: `Family${'bdkmr'.charAt(count % 5)}`, given: 'Ida' })
    return {
      ...body,
      birthDate: `${1950 + count}-01-08`,
      telecom: [{ system: 'phone', value: `662-555-${1000 + count}` }],
    }
  }
  const access = (client: Client, token: string): Promise<Answer> =>
    client.post('/Patient/$request-access', {
      resourceType: 'Parameters',
      parameter: [{ name: 'token', valueString: token }],
    })
  /** Somebody whom es entered and dhs looked up: the id and the token. */
  async function lookedUp(more = {}): Promise<{ id: string; token: string; body: Body }> {
    const body = somebody()
    const { id } = made(await es.post('/Patient', body))
    const answer = await dhs.post('/Patient/$match', matchParameters(body, { consent: lookUpConsent('dhs', more) }))
    return { id, body, token: tokenIn(made(answer))! }
  }

  it('records the consent, by which the caller may know of the participant', async () => {
    const { id, token } = await lookedUp()
    const record = made(await es.post('/Condition', condition(`Patient/${id}`)))
    assert.equal((await dhs.get(`/Patient/${id}`)).status, 404)
    const { entry } = made(await access(dhs, token))
    const [patient, permit] = entry.map(({ resource }: { resource: Body }) => resource)
    assert.equal(patient.id, id)
    assert.equal(permit.resourceType, 'Consent')
    assert.deepEqual(
      [permit.patient, permit.performer],
      [{ reference: `Patient/${id}` }, [{ reference: `Patient/${id}` }]],
    )
    assert.equal(permit.organization[0].reference, 'Organization/dhs')
    for (const key of [`Patient/${id}`, `Condition/${record.id}`, `Consent/${permit.id}`])
      made(await dhs.get(`/${key}`))
    // The agency of entry sees by what the other came to know; the collector withdraws it.
    made(await es.get(`/Consent/${permit.id}`))
    made(await dhs.put(`/Consent/${permit.id}`, { ...permit, status: 'inactive' }, 1))
    assert.equal((await dhs.get(`/Patient/${id}`)).status, 404)
  })

  it('keeps the period of the consent', async () => {
    const { provision } = lookUpConsent('dhs')
    const { id, token } = await lookedUp({ provision: { ...(provision as object), period: { end: '2026-06-01' } } })
    made(await access(dhs, token))
    made(await dhs.get(`/Patient/${id}`))
    time += 24 * HOUR
    assert.equal((await dhs.get(`/Patient/${id}`)).status, 404)
  })

  it('takes a token once, within the hour, from the agency that it was given to: else the answer is the same', async () => {
    const unknown = await access(dhs, 'nothing')
    refused(unknown, 404, 'not-found')
    const { token, id } = await lookedUp()
    assert.equal((await access(scene.as('vr'), token)).text, unknown.text)
    made(await access(dhs, token))
    assert.equal((await access(dhs, token)).text, unknown.text)
    const late = await lookedUp()
    time += HOUR
    assert.equal((await access(dhs, late.token)).text, unknown.text)
    assert.equal((await dhs.get(`/Patient/${late.id}`)).status, 404)
    const denied = await lookedUp()
    await storeDeny(scene.store, denied.id, 'dhs')
    assert.equal((await access(dhs, denied.token)).text, unknown.text)
    assert.equal((await dhs.get(`/Patient/${denied.id}`)).status, 404)
    const deleted = await lookedUp()
    assert.equal((await board.delete(`/Patient/${deleted.id}`, 1)).status, 204)
    assert.equal((await access(dhs, deleted.token)).text, unknown.text)
    made(await dhs.get(`/Patient/${id}`))
  })

  it('is given again when the period of a denial is over, so that who comes back is found', async () => {
    const body = somebody()
    const { id } = made(await es.post('/Patient', body))
    const deny = denial(`Patient/${id}`, 'es', 'dhs') as Body & { provision: object }
    const period = { start: '2026-05-01', end: '2026-06-01' }
    const { id: denied } = made(await es.post('/Consent', { ...deny, provision: { ...deny.provision, period } }))
    const lookUp = async () =>
      tokenIn(made(await dhs.post('/Patient/$match', matchParameters(body, { consent: lookUpConsent('dhs') }))))
    time = Date.parse('2026-06-01T12:00:00Z')
    assert.equal(await lookUp(), undefined)
    time = Date.parse('2026-06-02T12:00:00Z')
    made(await access(dhs, (await lookUp())!))
    made(await dhs.get(`/Patient/${id}`))
    assert.equal(made(await es.get(`/Consent/${denied}`)).status, 'active')
  })

  it('lets one of several requests with a token succeed', async () => {
    const { token, id } = await lookedUp()
    const statuses = (await Promise.all([1, 2, 3, 4, 5, 6].map(() => access(dhs, token)))).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [200, 404, 404, 404, 404, 404])
    assert.equal(made(await es.get(`/Consent?patient=Patient/${id}&_total=accurate`)).total, 1)
  })

  it('gives no access when the participant denies it between the reading and the commit', async () => {
    const { token, id } = await lookedUp()
    scene.between(() => storeDeny(scene.store, id, 'dhs'))
    refused(await access(dhs, token), 404, 'not-found')
    assert.equal((await dhs.get(`/Patient/${id}`)).status, 404)
  })

  it('does not let the consent be posted without the token', async () => {
    const { id } = await lookedUp()
    const forged = consent(`Patient/${id}`, 'dhs', 'dhs')
    refused(await dhs.post('/Consent', forged), 422, 'reference-not-found')
  })

  it('is reported to the board, whether it succeeds or not', async () => {
    const { token, id } = await lookedUp()
    made(await access(dhs, token))
    await access(dhs, token)
    const of = async (query: string) =>
      made(await board.get(`/AuditEvent?subtype=request-access&${query}&_total=accurate`))
    const { total, entry } = await of(`patient=Patient/${id}`)
    assert.equal(total, 1)
    assert.equal(entry[0].resource.outcome, '0')
    assert.ok((await of('outcome=4')).total >= 1)
    assert.equal(made(await dhs.get('/AuditEvent?_total=accurate')).total, 0)
  })

  it('takes a token for a record that was merged since, for the record that it was merged into', async () => {
    const { id, token } = await lookedUp()
    const other = made(await es.post('/Patient', somebody())).id
    await merge(id, other)
    const bundle = made(await access(dhs, token))
    assert.equal(bundle.entry[0].resource.id, other)
    for (const patient of [id, other]) made(await dhs.get(`/Patient/${patient}`))
    assert.ok(refused(await access(dhs, token), 404, 'not-found'))
  })

  it('takes no token for a merged record whose survivor denies the caller, nor during the merge twice', async () => {
    const denied = await lookedUp()
    const other = made(await es.post('/Patient', somebody())).id
    made(await es.post('/Consent', denial(`Patient/${other}`, 'es', 'dhs')))
    await merge(denied.id, other)
    refused(await access(dhs, denied.token), 404, 'not-found')
    const { id, token } = await lookedUp()
    const third = made(await es.post('/Patient', somebody())).id
    scene.between(() => merge(id, third))
    assert.equal(made(await access(dhs, token)).entry[0].resource.id, third)
    made(await dhs.get(`/Patient/${third}`))
  })

  it('leaves what it reported of the source as it was when the source is merged', async () => {
    const { id, token } = await lookedUp()
    made(await access(dhs, token))
    const events = async () => made(await board.get('/AuditEvent?_count=200&_sort=_lastUpdated')).entry as object[]
    const before = await events()
    await merge(id, made(await es.post('/Patient', somebody())).id)
    assert.deepEqual(await events(), before)
  })

  const merge = async (source: string, target: string): Promise<void> =>
    void made(
      await board.post('/Patient/$merge', {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: `Patient/${source}` } },
          { name: 'target-patient', valueReference: { reference: `Patient/${target}` } },
        ],
      }),
    )
})
