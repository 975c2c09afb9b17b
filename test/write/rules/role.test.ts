/** Wage records are written by the agency that keeps them: 20 CFR 603. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../../attack/scene.ts'
import { consent, transaction, wages, type Body } from '../../builders/index.ts'
import { made, refused, type Client } from '../../given.ts'

describe('write / rules / role', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, board: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, board] = [scene.as('es'), scene.as('board')] as [Client, Client]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  it('takes wage records from the wage agency alone, however they are coded', async () => {
    const record = wages(subject, 'ui')
    refused(await es.post('/Observation', record), 403, 'role-required')
    const dressed: Body[] = [
      {
        ...record,
        code: {
          coding: [...(record.code as { coding: object[] }).coding, { system: 'https://x.example', code: 'other' }],
        },
      } as Body,
      { ...record, code: { coding: [{ ...(record.code as { coding: object[] }).coding[0], code: 'hourly' }] } } as Body,
      { ...record, meta: {} },
    ]
    for (const one of dressed) assert.ok((await es.post('/Observation', one)).status >= 400)
    refused(
      await es.post('', transaction({ method: 'POST', url: 'Observation', resource: record })),
      403,
      'role-required',
    )
    const stored = await post(board, record)
    assert.equal((await es.get(`/Observation/${stored.id}`)).status, 404)
    assert.equal((await scene.as('ui').get(`/Observation/${stored.id}`)).status, 200)
    refused(await es.put(`/Observation/es.1`, { ...record, id: 'es.1' }), 403, 'role-required')
  })

  it('changes who keeps wages only while there are none, because the audiences of wages depend on it', async () => {
    await post(board, wages(subject, 'ui'))
    const vr = made(await board.get('/Organization/vr'))
    const role = { system: 'https://no-wrong-door.example/fhir/CodeSystem/agency-type', code: 'wage-agency' }
    refused(await board.put('/Organization/vr', { ...vr, type: [...vr.type, { coding: [role] }] }), 422, 'agency-rule')
  })
})
