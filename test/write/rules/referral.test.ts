/** The lifecycle of a referral and its consent on every path that writes one. */
import assert from 'node:assert/strict'
import { FEW_SOURCES } from '../../../server/write/circle.ts'
import { made, refused, type Client } from '../../given.ts'
import {
  business,
  consent,
  output,
  participation,
  referral,
  service,
  task,
  transaction,
  type Body,
  type StoredBody,
} from '../../builders/index.ts'
import { attacked, newcomer, post, referred, type Scene } from '../../attack/scene.ts'

describe('write / rules / referral', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, dhs: Client, board: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, abe, vr, dhs, board] = ['es', 'abe', 'vr', 'dhs', 'board'].map((one) => scene.as(one)) as [
      Client,
      Client,
      Client,
      Client,
      Client,
    ]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
  })

  const put = (client: Client, record: StoredBody, more: object = {}) => client.change(record, more)
  const accepted = { status: 'accepted', ...business('accepted') }

  it('sends no Task for a referral that was revoked, completed or never made active', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    for (const status of ['revoked', 'draft']) {
      const request = await post(es, { ...referral(subject, 'es', 'abe'), status })
      refused(await es.post('/Task', task(subject, `ServiceRequest/${request.id}`, 'es', 'abe')), 422, 'referral-rule')
      const both = transaction(
        {
          method: 'POST',
          url: 'ServiceRequest',
          fullUrl: 'urn:uuid:0b1b7a5e-8f6f-4c0e-8d6c-3a4a4a3c0001',
          resource: { ...referral(subject, 'es', 'abe'), status },
        },
        {
          method: 'POST',
          url: 'Task',
          resource: task(subject, 'urn:uuid:0b1b7a5e-8f6f-4c0e-8d6c-3a4a4a3c0001', 'es', 'abe'),
        },
      )
      refused(await es.post('', both), 422, 'referral-rule')
    }
  })

  it('sends no Task while its referral is being revoked', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    const request = await post(es, referral(subject, 'es', 'abe'))
    scene.between(async () => made(await put(es, request as StoredBody, { status: 'revoked' })))
    refused(await es.post('/Task', task(subject, `ServiceRequest/${request.id}`, 'es', 'abe')), 422, 'referral-rule')
  })

  it('takes no Task whose referral or parties are not records of the hub', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    const request = await post(es, referral(subject, 'es', 'abe'))
    const good = task(subject, `ServiceRequest/${request.id}`, 'es', 'abe')
    const odd: object[] = [
      { focus: { reference: 'https://elsewhere.example/fhir/ServiceRequest/1' } },
      { focus: { reference: '#sr' }, contained: [{ ...referral(subject, 'es', 'abe'), id: 'sr' }] },
      { owner: { reference: 'https://elsewhere.example/fhir/Organization/abe' } },
      { owner: { reference: '#o' }, contained: [{ resourceType: 'Organization', id: 'o', name: 'O' }] },
      { requester: { reference: 'https://elsewhere.example/fhir/Organization/es' } },
      { for: { reference: 'https://elsewhere.example/fhir/Patient/1' } },
    ]
    for (const more of odd) {
      const answer = await es.post('/Task', { ...good, ...more })
      assert.equal(answer.status, 422, `${JSON.stringify(more).slice(0, 100)}: ${answer.text.slice(0, 300)}`)
    }
  })

  it('routes no Task, sent or open, to an owner who is no agency of the hub', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    const request = await post(es, referral(subject, 'es', 'abe'))
    const odd: object[] = [
      { owner: { reference: 'https://elsewhere.example/fhir/Organization/abe' } },
      { owner: { reference: 'urn:uuid:0b1b7a5e-8f6f-4c0e-8d6c-3a4a4a3c0001' } },
      { owner: { reference: '#o' }, contained: [{ resourceType: 'Organization', id: 'o', name: 'O' }] },
      { owner: { display: 'Adult education' } },
      { owner: { identifier: { system: 'https://elsewhere.example/agencies', value: 'abe' } } },
    ]
    for (const owner of ['abe', undefined]) {
      const sent = await post(es, task(subject, `ServiceRequest/${request.id}`, 'es', owner))
      for (const more of odd) {
        const answer = await put(es, sent as StoredBody, more)
        assert.equal(answer.status, 422, `${JSON.stringify(more).slice(0, 100)}: ${answer.text.slice(0, 300)}`)
      }
      assert.equal(made(await es.get(`/Task/${sent.id}`)).meta.versionId, '1')
    }
  })

  it('takes no Task about another participant, of another requester or for another agency’s referral', async () => {
    const other = await newcomer(es, 'es')
    for (const one of [subject, other]) await post(es, consent(one, 'es', 'abe'))
    const request = await post(es, referral(subject, 'es', 'abe'))
    const focus = `ServiceRequest/${request.id}`
    refused(await es.post('/Task', task(other, focus, 'es', 'abe')), 422, 'referral-rule')
    refused(await abe.post('/Task', task(subject, focus, 'es', 'abe')), 422, 'agency-not-yours')
    refused(await abe.post('/Task', task(subject, focus, 'abe')), 422, 'referral-rule')
    refused(await dhs.post('/Task', task(subject, focus, 'dhs')), 422, 'reference-not-found')
  })

  it('lets one of two claim an open referral', async () => {
    for (const one of ['abe', 'vr']) await post(es, consent(subject, 'es', one))
    const request = await post(es, referral(subject, 'es', 'abe'))
    const open = await post(es, task(subject, `ServiceRequest/${request.id}`, 'es'))
    const claim = (client: Client, name: string) =>
      put(client, open as StoredBody, { ...accepted, owner: { reference: `Organization/${name}` } })
    const answers = await Promise.all([claim(abe, 'abe'), claim(vr, 'vr')])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412])
    const claimed = made(await es.get(`/Task/${open.id}`)) as StoredBody
    const byAbe = answers[0]!.status === 200
    refused(
      await put(abe, claimed, { ...accepted, owner: { reference: 'Organization/vr' } }),
      422,
      byAbe ? 'element-immutable' : 'transition-illegal',
    )
  })

  it('holds the parties to their own steps', async () => {
    await post(es, consent(subject, 'es', 'vr'))
    const { task: sent } = await referred(es, subject, 'es', 'abe')
    const stored = sent as StoredBody
    refused(await put(es, stored, accepted), 422, 'transition-illegal')
    refused(await put(vr, stored, { ...accepted, owner: { reference: 'Organization/vr' } }), 422, 'transition-illegal')
    refused(await put(board, stored, accepted), 422, 'transition-illegal')
    refused(await put(dhs, stored, accepted), 412, 'version-conflict')
    refused(await put(abe, stored, { status: 'in-progress', ...business('in-service') }), 422, 'transition-illegal')
    refused(await put(abe, stored, { ...accepted, ...business('services-received') }), 422, 'referral-rule')
    refused(await abe.delete(`/Task/${stored.id}`, 1), 403, 'forbidden')
    refused(await es.delete(`/Task/${stored.id}`, 1), 403, 'forbidden')
    refused(
      await es.delete(`/ServiceRequest/${String((stored.focus as { reference: string }).reference).split('/')[1]}`),
      403,
      'forbidden',
    )
    const taken = made(await put(abe, stored, accepted))
    refused(await put(es, taken, { owner: { reference: 'Organization/vr' } }), 422, 'element-immutable')
    refused(await put(abe, taken, { owner: { reference: 'Organization/vr' } }), 422, 'element-immutable')
    refused(await put(abe, taken, { requester: { reference: 'Organization/abe' } }), 422, 'element-immutable')
    const { owner: _, ...without } = taken
    refused(await put(abe, without), 422, 'element-immutable')
  })

  it('lets nobody set a time of change that is still to come, to which all others would be bound', async () => {
    const { task: sent } = await referred(es, subject, 'es', 'abe')
    const answer = await put(abe, sent as StoredBody, { ...accepted, lastModified: '9999-12-31T00:00:00Z' })
    if (answer.status === 200) assert.ok(Date.parse(answer.body.lastModified) <= Date.now())
    else refused(answer, 422, 'referral-rule')
    made(await put(es, made(await es.get(`/Task/${sent.id}`)), { note: [{ text: 'Thank you.' }] }))
  })

  it('lets nobody reopen a referral, not by the board’s deletion either', async () => {
    const { task: sent } = await referred(es, subject, 'es', 'abe')
    const rejected = made(
      await put(abe, sent as StoredBody, {
        status: 'rejected',
        ...business('rejected-capacity'),
        statusReason: { text: 'Full.' },
      }),
    )
    for (const client of [es, abe, board])
      assert.equal(
        (await put(client, rejected, { status: 'requested', ...business('awaiting-contact'), statusReason: undefined }))
          .status,
        422,
      )
    refused(await board.delete(`/Task/${sent.id}`, 2), 403, 'forbidden')
  })

  it('accepts as proof only a service of the owner for the participant that was given', async () => {
    const { task: sent } = await referred(es, subject, 'es', 'abe')
    const other = await newcomer(abe, 'abe')
    const begun = made(
      await put(abe, made(await put(abe, sent as StoredBody, accepted)), {
        status: 'in-progress',
        ...business('in-service'),
      }),
    )
    const close = (key: string) =>
      put(abe, begun, {
        status: 'completed',
        ...business('services-received'),
        output: [
          output('outcome', 'referral-outcome', 'received-services'),
          { type: output('resulting-activity', '', '').type, valueReference: { reference: key } },
        ],
      })
    const bad = [
      await post(abe, service(other, 'abe')),
      await post(abe, service(subject, 'es')),
      await post(es, service(subject, 'es')),
      await post(abe, service(subject, 'abe', { status: 'not-done' })),
    ]
    for (const one of bad) refused(await close(`Procedure/${one.id}`), 422, 'referral-rule')
    refused(await close('Procedure/no-such'), 422, 'reference-not-found')
    assert.equal((await close('https://elsewhere.example/fhir/Procedure/1')).status, 422)
    const good = await post(abe, service(subject, 'abe'))
    scene.between(async () => made(await put(abe, good as StoredBody, { status: 'entered-in-error' })))
    refused(await close(`Procedure/${good.id}`), 422, 'referral-rule')
    made(await close(`Procedure/${(await post(abe, service(subject, 'abe'))).id}`))
  })

  // The circle names the consents where few records grant anything; else they are searched for.
  for (const [sources, more] of [
    ['few', 0],
    ['many', FEW_SOURCES],
  ] as const) {
    describe(`consent, where ${sources} records grant anything to the circle,`, () => {
      beforeEach(async () => {
        for (let count = 0; count < more; count += 1) await post(es, consent(subject, 'es', 'ui'))
      })

      const send = async (permit: Body | undefined, to = 'abe') => {
        if (permit) await post(es, permit)
        const request = await es.post('/ServiceRequest', { ...referral(subject, 'es', to), status: 'draft' })
        return es.post('/Task', task(subject, `ServiceRequest/${made(request).id}`, 'es', to))
      }

      it('must be there, in force, for the recipient and for a referral', async () => {
        const at = (text: string) => new Date(Date.now() + Number(text) * 86_400_000).toISOString()
        refused(await send(undefined), 422, 'consent-missing')
        refused(await send(consent(subject, 'es', 'vr')), 422, 'consent-missing')
        refused(await send(consent(subject, 'es', 'abe', { end: at('-1') })), 422, 'consent-missing')
        refused(await send(consent(subject, 'es', 'abe', { start: at('1') })), 422, 'consent-missing')
        refused(await send(consent(subject, 'es', 'abe', { more: { status: 'inactive' } })), 422, 'consent-missing')
        refused(await send(consent(await newcomer(es, 'es'), 'es', 'abe')), 422, 'consent-missing')
        const researched = consent(subject, 'es', 'abe') as Body & { provision: object }
        const purpose = [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/consent-purpose', code: 'research' }]
        refused(await send({ ...researched, provision: { ...researched.provision, purpose } }), 422, 'consent-missing')
      })

      it('may come in the transaction that uses it, made or put in force', async () => {
        const sent = { method: 'POST', url: 'ServiceRequest', resource: referral(subject, 'es', 'abe') }
        const given = { method: 'POST', url: 'Consent', resource: consent(subject, 'es', 'abe') }
        refused(await es.post('', transaction(sent)), 422, 'consent-missing')
        made(await es.post('', transaction(sent, given)))
        const other = await post(es, consent(subject, 'es', 'vr', { more: { status: 'draft' } }))
        const toVr = { ...sent, resource: referral(subject, 'es', 'vr') }
        refused(await es.post('', transaction(toVr)), 422, 'consent-missing')
        const inForce = { method: 'PUT', url: `Consent/${other.id}`, resource: { ...other, status: 'active' } }
        made(await es.post('', transaction(toVr, inForce)))
      })

      it('is not asked of an agency that does not exist: that is one fault, of the reference', async () => {
        await post(es, consent(subject, 'es', 'abe'))
        const request = await post(es, referral(subject, 'es', 'abe'))
        const refer = {
          resourceType: 'Parameters',
          parameter: [
            { name: 'service', valueCode: 'career-counseling' },
            { name: 'performer', valueReference: { reference: 'Organization/nobody' } },
          ],
        }
        for (const answer of [
          await es.post('/ServiceRequest', referral(subject, 'es', 'nobody')),
          await es.post('/Task', task(subject, `ServiceRequest/${request.id}`, 'es', 'nobody')),
          await es.post(`/${subject}/$refer`, refer),
        ]) {
          refused(answer, 422, 'reference-not-found')
          assert.equal(answer.body.issue.length, 1, answer.text)
        }
      })

      it('cannot be contained, nor be taken away in the transaction that uses it', async () => {
        const { resourceType: _, ...inner } = consent(subject, 'es', 'abe')
        const contained = {
          ...referral(subject, 'es', 'abe'),
          contained: [{ resourceType: 'Consent', id: 'c', ...inner }],
          supportingInfo: [{ reference: '#c' }],
        }
        assert.equal((await es.post('/ServiceRequest', contained)).status, 422)
        const permit = await post(es, consent(subject, 'es', 'abe'))
        const answer = await es.post(
          '',
          transaction(
            { method: 'DELETE', url: `Consent/${permit.id}` },
            { method: 'POST', url: 'ServiceRequest', resource: referral(subject, 'es', 'abe') },
          ),
        )
        refused(answer, 422, 'consent-missing')
      })

      it('that is revoked while the referral is sent stops it', async () => {
        const permit = await post(es, consent(subject, 'es', 'abe'))
        // abe knows the participant anyway: the circle does not move.
        await post(abe, participation(subject, 'abe'))
        const request = await post(es, referral(subject, 'es', 'abe'))
        scene.between(async () => made(await put(es, permit as StoredBody, { status: 'inactive' })))
        refused(
          await es.post('/Task', task(subject, `ServiceRequest/${request.id}`, 'es', 'abe')),
          422,
          'consent-missing',
        )
      })

      it('is collected in the agency’s own name, about a participant whom it may see', async () => {
        refused(await dhs.post('/Consent', consent(subject, 'dhs', 'dhs')), 422, 'reference-not-found')
        refused(await es.post('/Consent', consent(subject, 'dhs', 'abe')), 422, 'agency-not-yours')
        const nameless = {
          ...consent(subject, 'es', 'abe'),
          organization: [{ reference: 'https://elsewhere.example/fhir/Organization/es' }],
        }
        refused(await es.post('/Consent', nameless), 422, 'agency-not-yours')
        const permit = await post(es, consent(subject, 'es', 'abe'))
        refused(
          await put(abe, permit as StoredBody, { provision: { ...permit.provision, class: [] } }),
          422,
          'element-empty',
        )
        refused(await put(abe, permit as StoredBody), 403, 'forbidden')
        refused(await abe.delete(`/Consent/${permit.id}`), 403, 'forbidden')
      })
    })
  }
})
