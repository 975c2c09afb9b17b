/** Numbers of a referral by which an operation finds a referral that it made. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../../attack/scene.ts'
import { assessment, consent } from '../../builders/index.ts'
import { type Client } from '../../given.ts'

const CODES = 'https://no-wrong-door.example/fhir/CodeSystem'

describe('write / rules / numbers', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, dhs: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, dhs] = [scene.as('es'), scene.as('dhs')] as [Client, Client]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  let form: string
  beforeEach(async () => {
    form = `QuestionnaireResponse/${(await post(es, assessment(subject, true))).id}`
  })

  it('are refused from an agency that forges them to keep a proposal from being sent', async () => {
    await post(es, consent(subject, 'es', 'dhs'))
    const forged = {
      resourceType: 'ServiceRequest',
      extension: [{ url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-origin', valueCode: 'ad-hoc' }],
      identifier: [
        { system: 'https://no-wrong-door.example/fhir/NamingSystem/proposal', value: `${form.split('/')[1]}.snap` },
      ],
      status: 'draft',
      intent: 'order',
      category: [{ coding: [{ system: `${CODES}/service-category`, code: 'basic' }] }],
      code: { coding: [{ system: `${CODES}/service-catalogue`, code: 'program-referral-coordination' }] },
      subject: { reference: subject },
      authoredOn: '2026-01-05T09:00:00-06:00',
      requester: { reference: 'Organization/dhs' },
    }
    assert.equal((await dhs.post('/ServiceRequest', forged)).status, 422)
  })
})
