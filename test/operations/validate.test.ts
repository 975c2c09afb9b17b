/** $validate: modes, profiles, raw and in Parameters. https://hl7.org/fhir/R4/resource-operation-validate.html */
import assert from 'node:assert/strict'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'
import { goal, participant } from '../builders/index.ts'

const PROFILE = 'https://no-wrong-door.example/fhir/StructureDefinition/hub-participant'
const LIKE = { ...participant('es'), gender: 'sometimes' }

/** `code expression` of every error; of a 200 only. */
function errors({ status, body, text }: Answer): readonly string[] {
  assert.equal(status, 200, text)
  assert.equal(body.resourceType, 'OperationOutcome')
  type OutcomeIssue = { severity: string; details: { coding: { code: string }[] }; expression: string[] }
  const issues = (body.issue as OutcomeIssue[]).filter(({ severity }) => severity === 'error')
  return issues.map(({ details, expression }) => `${details.coding[0]?.code} ${expression[0]}`)
}

const parameters = (resource: object | undefined, more: Readonly<Record<string, string>> = {}) => ({
  resourceType: 'Parameters',
  parameter: [
    ...Object.entries(more).map(([name, value]) =>
      name === 'mode' ? { name, valueCode: value } : { name, valueUri: value },
    ),
    ...(resource ? [{ name: 'resource', resource }] : []),
  ],
})

describe('operations / validate', () => {
  let hub: Given
  let es: Client
  let person: { id: string }
  before(async () => {
    hub = await given()
    es = hub.as('es')
    person = made(await es.post('/Patient', participant('es', { number: 'ES-900' })))
  })
  after(() => hub.stop())

  it('takes a resource of any type at the system address, with the verdict of the address of its type', async () => {
    const bodies: readonly (readonly [string, object])[] = [
      ['', LIKE],
      ['', goal('Patient/nobody')],
      ['?mode=create', goal('Patient/nobody')],
      ['?mode=update', { ...participant('es'), id: person.id }],
    ]
    for (const [query, body] of bodies) {
      const { resourceType } = body as { readonly resourceType: string }
      const [atSystem, atType] = [
        await es.post(`/$validate${query}`, body),
        await es.post(`/${resourceType}/$validate${query}`, body),
      ]
      assert.deepEqual(errors(atSystem), errors(atType), `${resourceType} ${query}`)
      assert.equal(atSystem.headers.get('x-valid'), atType.headers.get('x-valid'))
    }
    assert.deepEqual(errors(await es.post('/$validate', parameters(LIKE))), [
      'code-invalid Parameters.parameter[0].resource.gender',
    ])
    for (const query of ['', '?mode=create'])
      assert.deepEqual(errors(await es.post(`/$validate${query}`, { resourceType: 'Encounter' })), [
        'unknown-type Encounter.resourceType',
      ])
    refused(await es.get('/$validate'), 400, 'body-missing')
    refused(await es.post('/$validate?mode=delete', participant('es')), 400, 'invalid-parameter')
  })

  it('takes the resource raw and in Parameters, of a type and of a record, with any mode that has content', async () => {
    assert.deepEqual(errors(await es.post('/Patient/$validate', LIKE)), ['code-invalid Patient.gender'])
    for (const mode of ['create', 'profile']) {
      const raw = await es.post(`/Patient/$validate?mode=${mode}`, LIKE)
      assert.deepEqual(errors(raw), ['code-invalid Patient.gender'], mode)
      const wrapped = await es.post('/Patient/$validate', parameters(LIKE, { mode }))
      assert.deepEqual(errors(wrapped), ['code-invalid Parameters.parameter[1].resource.gender'], mode)
    }
    const changed = { ...person, gender: 'sometimes' }
    const path = `/Patient/${person.id}/$validate`
    assert.deepEqual(errors(await es.post(`${path}?mode=update`, changed)), ['code-invalid Patient.gender'])
    assert.deepEqual(errors(await es.post('/Patient/$validate?mode=update', changed)), ['code-invalid Patient.gender'])
    assert.deepEqual(errors(await es.post(path, parameters(changed, { mode: 'update' }))), [
      'code-invalid Parameters.parameter[1].resource.gender',
    ])
  })

  it('checks the record that is stored when there is no body', async () => {
    const path = `/Patient/${person.id}/$validate`
    assert.deepEqual(errors(await es.get(path)), [])
    assert.deepEqual(errors(await es.get(`${path}?mode=profile&profile=${PROFILE}`)), [])
    assert.deepEqual(errors(await es.post(path, parameters(undefined, { mode: 'profile', profile: PROFILE }))), [])
    const wrong = await es.get(`${path}?profile=https://example.org/StructureDefinition/other`)
    assert.deepEqual(errors(wrong), ['profile-unknown Patient'])
    refused(await es.get('/Patient/nobody/$validate'), 404, 'not-found')
  })

  it('checks against further profiles', async () => {
    const { meta: _, ...plain } = LIKE as typeof LIKE & { meta?: object }
    const open = await given({ HUB_RULES: 'open' })
    try {
      const board = open.as(undefined)
      assert.ok(!errors(await board.post('/Patient/$validate', { resourceType: 'Patient' })).length)
      const reported = errors(await board.post(`/Patient/$validate?profile=${PROFILE}`, { resourceType: 'Patient' }))
      assert.ok(reported.includes('element-missing Patient.name'), reported.join())
      const wrapped = await board.post('/Patient/$validate', parameters(plain, { profile: PROFILE }))
      assert.ok(errors(wrapped).every((one) => one.includes('Parameters.parameter[1].resource')))
    } finally {
      await open.stop()
    }
  })

  it('says with `create` what a create would be refused for, and creates nothing', async () => {
    const orphan = goal('Patient/nobody')
    assert.deepEqual(errors(await es.post('/Goal/$validate', orphan)), [])
    assert.deepEqual(errors(await es.post('/Goal/$validate?mode=create', orphan)), ['reference-not-found Goal.subject'])
    const twin = participant('es', { number: 'ES-900' })
    assert.deepEqual(errors(await es.post('/Patient/$validate?mode=create', twin)), [
      'duplicate-participant Patient.identifier',
    ])
    const before = made(await es.get('/Goal?_total=accurate&_count=0')).total
    assert.deepEqual(errors(await es.post('/Goal/$validate?mode=create', goal(`Patient/${person.id}`))), [])
    assert.equal(made(await es.get('/Goal?_total=accurate&_count=0')).total, before)
  })

  it('says with `update` what an update would be refused for: the id, the version, the writer', async () => {
    const path = `/Patient/${person.id}/$validate?mode=update`
    assert.deepEqual(errors(await es.post(path, { ...person, gender: 'other' })), [])
    refused(await es.post(path, { ...person, id: 'another' }), 400, 'id-mismatch')
    refused(await es.post('/Patient/$validate?mode=update', participant('es')), 400, 'id-mismatch')
    const stale = await es.post(path, person, { headers: { 'If-Match': 'W/"7"' } })
    assert.equal(stale.body.issue[0].details.coding[0].code, 'version-conflict')
    const mine = made(await es.post('/Goal', goal(`Patient/${person.id}`)))
    const theirs = await hub.as('abe').post(`/Goal/${mine.id}/$validate?mode=update`, mine)
    assert.notEqual(theirs.body.issue[0].severity, 'information')
  })

  it('says with `delete` whether a record may be deleted, whatever the body', async () => {
    const board = hub.as('board')
    const { id } = made(await es.post('/Patient', participant('es', { number: 'ES-901' })))
    const path = `/Patient/${id}/$validate?mode=delete`
    assert.deepEqual(errors(await board.get(path)), [])
    assert.deepEqual(errors(await board.post(path, LIKE)), [])
    assert.equal(made(await es.get(path)).issue[0].details.coding[0].code, 'forbidden')
    assert.equal((await es.get(`/Patient/${id}`)).status, 200)
    refused(await es.get('/Patient/nobody/$validate?mode=delete'), 404, 'not-found')
    refused(await es.post('/Patient/$validate?mode=delete', LIKE), 400, 'invalid-parameter')
  })

  it('refuses what it cannot judge', async () => {
    refused(await es.post('/Patient/$validate?mode=guess', LIKE), 400, 'invalid-parameter')
    refused(await es.post('/Patient/$validate', goal('Patient/a')), 400, 'type-mismatch')
    refused(await es.post('/Patient/$validate', parameters(goal('Patient/a'))), 400, 'type-mismatch')
    refused(await es.post('/Patient/$validate', parameters(undefined)), 400, 'body-missing')
    refused(
      await es.post('/Patient/$validate', { resourceType: 'Parameters', parameter: [null, 1] }),
      400,
      'body-missing',
    )
  })

  it('says where, though a number that is taken out moves what is behind it', async () => {
    const ssn = { system: 'http://hl7.org/fhir/sid/us-ssn', value: '219-09-0008' }
    const [own] = participant('es', { number: 'ES-901' }).identifier as readonly object[]
    const sent = { ...participant('es'), identifier: [ssn, { ...own, use: 'sometimes' }] }
    const answer = await es.post('/Patient/$validate', sent)
    assert.deepEqual(errors(answer), ['code-invalid Patient.identifier[1].use'])
    assert.match(answer.text, /`Patient\.identifier\[1\]\.use` is `sometimes`/)
    assert.doesNotMatch(answer.text, /219/)
    const wrong = await es.post('/Patient/$validate', { ...sent, identifier: [{ ...ssn, value: '000-00-0000' }] })
    assert.deepEqual(errors(wrong), ['value-format Patient.identifier[0].value'])
  })
})
