/** $refer: an ad hoc referral in one step. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import { agency, condition, consent, ROOT } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

describe('operations / $refer', function () {
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

  it('refers to another agency alone, a participant whom the caller may see, with consent, and on records that exist', async () => {
    const subject = await newcomer(es, 'es')
    const other = await referred(es, await newcomer(es, 'es'), 'es', 'abe')
    const refer = (client: Client, ...more: readonly object[]) =>
      client.post(`/${subject}/$refer`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'service', valueCode: 'program-referral-coordination' }, ...more],
      })
    const to = (agency: string) => ({ name: 'performer', valueReference: { reference: `Organization/${agency}` } })
    refused(await refer(es, to('abe')), 422, 'consent-missing')
    refused(await refer(es, to('es')), 422, 'referral-rule')
    refused(await refer(dhs, to('abe')), 404, 'not-found')
    await post(es, consent(subject, 'es', 'abe'))
    refused(await refer(es, to('no-such')), 422, 'reference-not-found')
    for (const odd of ['Patient/1', 'https://elsewhere.example/fhir/Organization/abe', 'abe', '', '#x']) {
      const answer = await refer(es, { name: 'performer', valueReference: { reference: odd } })
      assert.ok(answer.status >= 400 && answer.status < 500, `${odd}: ${answer.status} ${answer.text.slice(0, 400)}`)
    }
    refused(await refer(es, to('abe'), { name: 'priority', valueCode: '__proto__' }), 400, 'invalid-parameter')
    refused(
      await refer(es, to('abe'), { name: 'reason', valueReference: { reference: 'Condition/no-such' } }),
      422,
      'reference-not-found',
    )
    assert.equal(
      (await refer(es, to('abe'), { name: 'partOf', valueReference: { reference: `Task/${other.task.id}` } })).status,
      422,
      'a referral of another participant',
    )
    const numbered = await Promise.all(
      Array.from({ length: 8 }, () => refer(es, to('abe'), { name: 'identifier', valueString: 'R-1' })),
    )
    assert.equal(new Set(numbered.map((answer) => made(answer).entry[1].resource.id)).size, 1)
    assert.equal(made(await es.get(`/Task?patient=${subject}&_total=accurate`)).total, 1)
  })

  const SERVICE = { name: 'service', valueCode: 'program-referral-coordination' }
  const toAbe = { name: 'performer', valueReference: { reference: 'Organization/abe' } }
  const refer = (...parameter: readonly object[]) =>
    es.post(`/${subject}/$refer`, { resourceType: 'Parameters', parameter })

  it('makes the ServiceRequest and the Task that sends it, on the consent that covers the recipient', async () => {
    const permit = `Consent/${made(await es.get(`/Consent?patient=${subject}`)).entry[0].resource.id}`
    const barrier = await post(es, condition(subject))
    const reason = { name: 'reason', valueReference: { reference: `Condition/${barrier.id}` } }
    const priority = { name: 'priority', valueCode: 'urgent' }
    const { type, entry } = made(
      await refer(SERVICE, toAbe, priority, reason, { name: 'text', valueString: 'Please call.' }),
    )
    const [request, task] = entry.map(({ resource }: { resource: unknown }) => resource)
    assert.deepEqual([type, entry.length], ['collection', 2])
    assert.deepEqual(
      [
        request.status,
        request.intent,
        request.priority,
        request.requester,
        request.performer,
        request.supportingInfo,
        request.reasonReference,
      ],
      ['active', 'order', 'urgent', agency('es'), [agency('abe')], [{ reference: permit }], [reason.valueReference]],
    )
    assert.equal(request.code.coding[0].code, SERVICE.valueCode)
    assert.deepEqual(
      [task.status, task.focus, task.for, task.requester, task.owner],
      ['requested', { reference: `ServiceRequest/${request.id}` }, { reference: subject }, agency('es'), agency('abe')],
    )
    assert.deepEqual(made(await scene.as('abe').get(`/Task/${task.id}`)), task)
  })

  it('leaves a referral without a performer open to claim', async () => {
    const { entry } = made(await refer(SERVICE))
    assert.deepEqual([entry[0].resource.performer, entry[1].resource.owner], [undefined, undefined])
  })

  it('gives both the number of the requester, and answers the same two when the number comes again', async () => {
    const numbered = [SERVICE, toAbe, { name: 'identifier', valueString: 'R-2' }]
    const first = made(await refer(...numbered))
    for (const { resource } of first.entry)
      assert.deepEqual(
        resource.identifier.map(({ system, value }: { system: string; value: string }) => [system, value]),
        [[`${ROOT}/NamingSystem/agency/es/referral`, 'R-2']],
      )
    assert.deepEqual(made(await refer(...numbered)), first)
  })

  it('refuses a call without a service, of an unknown one, or with parameters that it does not have', async () => {
    assert.match(refused(await refer(toAbe), 400, 'invalid-parameter'), /`service` is missing/)
    assert.match(refused(await refer({ name: 'service', valueCode: 'magic' }), 422, 'code-invalid'), /`magic`/)
    assert.match(
      refused(await refer(SERVICE, { name: 'urgency', valueCode: 'stat' }), 400, 'unknown-parameter'),
      /`urgency`/,
    )
    refused(
      await refer(SERVICE, { name: 'performer', valueReference: { reference: subject } }),
      400,
      'invalid-parameter',
    )
    refused(await refer(SERVICE, { name: 'priority', valueCode: 'soon' }), 400, 'invalid-parameter')
    assert.equal(made(await es.get(`/Task?patient=${subject}&_total=accurate`)).total, 0)
  })

  it('is called by POST, for it writes', async () => {
    const answer = await es.get(`/${subject}/$refer?service=program-referral-coordination`)
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST'])
  })
})
