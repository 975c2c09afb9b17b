/** What must hold before a write: the version, the lookups of the board, the prefix of chosen ids. https://hl7.org/fhir/R4/http.html#concurrency */
import assert from 'node:assert/strict'
import { goal, participant } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('write / preconditions', () => {
  let hub: Given
  let es: Client
  let subject: string
  before(async () => {
    hub = await given()
    es = hub.as('es')
    subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
  })
  after(() => hub.stop())

  const newGoal = async () => made(await es.post('/Goal', goal(subject)))

  it('answer 412 to every If-Match where there is no current version', async () => {
    for (const tag of ['W/"1"', '*']) {
      const answer = await es.send(
        'PUT',
        '/Goal/es.none',
        { ...goal(subject), id: 'es.none' },
        { headers: { 'If-Match': tag } },
      )
      assert.match(refused(answer, 412, 'version-conflict'), /`Goal\/es\.none` has no current version/)
    }
    const one = await newGoal()
    assert.equal((await es.delete(`/Goal/${one.id}`)).status, 204)
    refused(await es.put(`/Goal/${one.id}`, one, 2), 412, 'version-conflict')
  })

  it('hold for If-Match: * where there is a current version', async () => {
    const one = await newGoal()
    const changed = { ...one, description: { text: 'Changed' } }
    assert.equal((await es.send('PUT', `/Goal/${one.id}`, changed, { headers: { 'If-Match': '*' } })).status, 200)
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
      await es.delete(`/${subject}`),
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
