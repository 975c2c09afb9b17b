/** What must hold before a write: the version, the lookups of the board, the prefix of chosen ids. https://hl7.org/fhir/R4/http.html#concurrency */
import assert from 'node:assert/strict'
import { consent, goal, participant, plan, referral, task, transaction } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('write / preconditions', () => {
  let hub: Given
  let es: Client
  let subject: string
  let sent: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read it freely
  before(async () => {
    hub = await given()
    es = hub.as('es')
    subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
    made(await es.post('/Consent', consent(subject, 'es', 'vr')))
    const request = made(await es.post('/ServiceRequest', referral(subject, 'es', 'vr')))
    sent = made(await es.post('/Task', task(subject, `ServiceRequest/${request.id}`, 'es', 'vr')))
  })
  after(() => hub.stop())

  const newGoal = async () => made(await es.post('/Goal', goal(subject)))

  it('answer 412 to every If-Match where there is no current version', async () => {
    const answer = await es.put('/Goal/es.none', { ...goal(subject), id: 'es.none' }, 1)
    assert.match(refused(answer, 412, 'version-conflict'), /`Goal\/es\.none` has no current version/)
    const one = await newGoal()
    assert.equal((await es.delete(`/Goal/${one.id}`)).status, 204)
    refused(await es.put(`/Goal/${one.id}`, one, 2), 412, 'version-conflict')
  })

  const star = { headers: { 'If-Match': '*' } }
  const entryOf = (method: string, one: { resourceType: string; id: string }) => ({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        ...(method === 'PUT' ? { resource: one } : {}),
        request: { method, url: `${one.resourceType}/${one.id}`, ifMatch: '*' },
      },
    ],
  })

  it('answer 428 to If-Match: * where a version is required: it names none, by any way of a write', async () => {
    const careplan = made(await es.post('/CarePlan', plan('es', subject, `Goal/${(await newGoal()).id}`)))
    const patient = made(await es.get(`/${subject}`))
    for (const one of [patient, careplan, sent]) {
      const address = `/${one.resourceType}/${one.id}`
      const current = made(await es.get(address))
      // A participant is deleted by the board alone.
      const deleter = one === patient ? hub.as(undefined) : es
      for (const answer of [
        await es.send('PUT', address, { ...current, language: 'en' }, star),
        await deleter.send('DELETE', address, undefined, star),
        await es.post('', entryOf('PUT', { ...current, language: 'en' })),
        await deleter.post('', entryOf('DELETE', current)),
      ]) {
        const text = refused(answer, 428, 'version-required')
        assert.match(text, /`\*` names no version/)
        assert.match(text, /is at version `1`/)
      }
      const dryRun = await es.send('POST', `${address}/$validate?mode=update`, { ...current, language: 'en' }, star)
      assert.equal(made(dryRun).issue[0].details.coding[0].code, 'version-required')
      assert.equal(made(await es.get(address)).meta.versionId, '1')
    }
  })

  it('answer 400 to If-Match: * where no version is required, whether the record exists or not', async () => {
    const one = await newGoal()
    for (const id of [one.id, 'es.none']) {
      for (const answer of [
        await es.send('PUT', `/Goal/${id}`, { ...one, id }, star),
        await es.send('DELETE', `/Goal/${id}`, undefined, star),
        await es.post('', entryOf('PUT', { ...one, id })),
      ])
        assert.match(refused(answer, 400, 'invalid-header'), /names no version.*or leave the header out/)
    }
    assert.equal(made(await es.get(`/Goal/${one.id}`)).meta.versionId, '1')
  })

  it('require a version for every change of a referral', async () => {
    for (const answer of [
      await es.put(`/Task/${sent.id}`, { ...sent, priority: 'urgent' }),
      await es.post(
        '',
        transaction({ method: 'PUT', url: `Task/${sent.id}`, resource: { ...sent, priority: 'urgent' } }),
      ),
    ])
      assert.match(refused(answer, 428, 'version-required'), /is at version `1`/)
    const changed = await es.put(`/Task/${sent.id}`, { ...sent, priority: 'urgent' }, 1)
    assert.equal(made(changed).meta.versionId, '2')
  })

  it('name $reconcile only where the type has it, and the history elsewhere', async () => {
    const one = await newGoal()
    const referralText = refused(
      await es.put(`/Task/${sent.id}`, { ...sent, priority: 'stat' }, 7),
      412,
      'version-conflict',
    )
    const goalText = refused(await es.put(`/Goal/${one.id}`, one, 7), 412, 'version-conflict')
    const missing = refused(await es.put(`/Task/${sent.id}`, { ...sent, priority: 'stat' }), 428, 'version-required')
    for (const text of [referralText, goalText, missing]) {
      assert.doesNotMatch(text, /\$reconcile/)
      assert.match(text, /GET (Task|Goal)\/[^ ]+\/_history/)
    }
    const participantText = refused(
      await es.put(`/${subject}`, made(await es.get(`/${subject}`)), 7),
      412,
      'version-conflict',
    )
    assert.match(participantText, /GET Patient\/[^ ]+\/\$reconcile\?base=7/)
  })

  it('hold when one of several versions in If-Match is the current one', async () => {
    const one = await newGoal()
    const put = (tags: string, text: string) =>
      es.send('PUT', `/Goal/${one.id}`, { ...one, description: { text } }, { headers: { 'If-Match': tags } })
    refused(await put('W/"2", W/"3"', 'Two'), 412, 'version-conflict')
    assert.equal((await put('W/"3", W/"1"', 'Two')).status, 200)
  })

  it('require a version for the update and the deletion of a participant, and name the current one', async () => {
    for (const answer of [
      await es.put(`/${subject}`, { ...made(await es.get(`/${subject}`)) }),
      await hub.as('board').delete(`/${subject}`),
    ]) {
      assert.match(refused(answer, 428, 'version-required'), /is at version `1`/)
      assert.equal(answer.headers.get('etag'), 'W/"1"')
    }
  })

  it('are of the version before they are of anything else, so that a stale client reconciles first', async () => {
    const one = await newGoal()
    const invalid = { ...one, lifecycleStatus: 'nonsense' }
    refused(await es.put(`/Goal/${one.id}`, invalid, 7), 412, 'version-conflict')
    refused(await es.put(`/Goal/${one.id}`, invalid, 1), 422, 'code-invalid')
  })

  it('leave the lookups to the board, and ids without its prefix to no agency', async () => {
    refused(await es.post('/HealthcareService', { resourceType: 'HealthcareService' }), 403, 'forbidden')
    const chosen = (id: string) => es.put(`/Goal/${id}`, { ...goal(subject), id })
    for (const id of ['mine', 'abe.1', 'es1', 'ES.1'])
      assert.match(refused(await chosen(id), 403, 'id-not-yours'), /begins with `es\.`/)
    assert.equal((await chosen('es.1')).status, 201)
  })

  it('say of a hidden record what they say of one that does not exist', async () => {
    const one = await newGoal()
    const dhs = hub.as('dhs')
    const hidden = refused(await dhs.put(`/Goal/${one.id}`, one), 403, 'id-not-yours')
    const missing = refused(await dhs.put('/Goal/missing', { ...one, id: 'missing' }), 403, 'id-not-yours')
    assert.equal(hidden.replace(one.id, 'missing'), missing)
  })
})
