/** patch, in its two forms, by id and under a condition. https://hl7.org/fhir/R4/http.html#patch */
import assert from 'node:assert/strict'
import { consent, goal, labelled, condition, participant, profileAt, type Body } from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

type Headers = Readonly<Record<string, string>>

const patchWith = (client: Client, path: string, operations: unknown, headers: Headers = {}): Promise<Answer> =>
  client.send('PATCH', path, JSON.stringify(operations), {
    headers: { 'Content-Type': 'application/json-patch+json', ...headers },
  })

/** A FHIRPath Patch of one operation. */
const parametersOf = (...part: readonly object[]) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'operation', part }],
})
const replaced = (path: string, value: object) =>
  parametersOf({ name: 'type', valueCode: 'replace' }, { name: 'path', valueString: path }, { name: 'value', ...value })

describe('interactions / patch', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const newPatient = async () => made(await es.post('/Patient', participant('es')))
  const newGoal = async () => made(await es.post('/Goal', goal(`Patient/${(await newPatient()).id}`)))
  const text = (value: string) => [{ op: 'replace', path: '/description/text', value }]

  it('applies a JSON Patch, and a FHIRPath Patch, as the next version', async () => {
    const { id } = await newGoal()
    const first = await patchWith(es, `/Goal/${id}`, text('Second'))
    assert.deepEqual([first.status, first.headers.get('etag'), first.body.description.text], [200, 'W/"2"', 'Second'])
    assert.match(first.headers.get('content-location') ?? '', new RegExp(`/Goal/${id}/_history/2$`))
    const second = await es.send('PATCH', `/Goal/${id}`, replaced('Goal.description.text', { valueString: 'Third' }))
    assert.deepEqual([second.status, second.headers.get('etag'), second.body.description.text], [200, 'W/"3"', 'Third'])
    assert.deepEqual(made(await es.get(`/Goal/${id}`)), second.body)
  })

  it('answers with as much as Prefer asks for, as an update by an id or a condition does', async () => {
    const one = await newGoal()
    const WAYS = {
      patch: (value: string, headers: Record<string, string>) => patchWith(es, `/Goal/${one.id}`, text(value), headers),
      update: (value: string, headers: Record<string, string>) =>
        es.send('PUT', `/Goal/${one.id}`, { ...one, description: { text: value } }, { headers }),
      'conditional update': (value: string, headers: Record<string, string>) =>
        es.send('PUT', `/Goal?_id=${one.id}`, { ...one, description: { text: value } }, { headers }),
    }
    const SHAPES = { minimal: undefined, representation: 'Goal', OperationOutcome: 'OperationOutcome' }
    for (const [way, write] of Object.entries(WAYS))
      for (const [wish, type] of Object.entries(SHAPES)) {
        const answer = await write(`${way} ${wish}`, { Prefer: `return=${wish}` })
        assert.deepEqual([answer.status, answer.body?.resourceType], [200, type], `${way} ${wish}`)
        assert.equal(made(await es.get(`/Goal/${one.id}`)).description.text, `${way} ${wish}`)
      }
  })

  it('makes no version of a patch that changes nothing', async () => {
    const { id, description } = await newGoal()
    const answer = await patchWith(es, `/Goal/${id}`, text(description.text))
    assert.deepEqual([answer.status, answer.headers.get('etag')], [200, 'W/"1"'])
  })

  it('changes nothing where one operation does not apply: 409', async () => {
    const { id } = await newGoal()
    const operations = [...text('Second'), { op: 'test', path: '/lifecycleStatus', value: 'completed' }]
    assert.match(refused(await patchWith(es, `/Goal/${id}`, operations), 409, 'patch-conflict'), /Operation 2.*test/)
    assert.equal(made(await es.get(`/Goal/${id}`)).meta.versionId, '1')
  })

  it('demands, and honours, If-Match as an update does, before it looks at the patch', async () => {
    const { id } = await newPatient()
    const wrong = [{ op: 'remove', path: '/nothing' }]
    const gender = [{ op: 'replace', path: '/gender', value: 'other' }]
    const path = `/Patient/${id}`
    refused(await patchWith(es, path, wrong), 428, 'version-required')
    refused(await patchWith(es, path, gender, { 'If-Match': '*' }), 428, 'version-required')
    assert.equal((await patchWith(es, path, gender, { 'If-Match': 'W/"1"' })).status, 200)
    const stale = await patchWith(es, path, wrong, { 'If-Match': 'W/"1"' })
    assert.match(refused(stale, 412, 'version-conflict'), /version `2`, not `1`/)
    const record = await newGoal()
    refused(await patchWith(es, `/Goal/${record.id}`, text('x'), { 'If-Match': 'W/"7"' }), 412, 'version-conflict')
    refused(await patchWith(es, `/Goal/${record.id}`, text('x'), { 'If-Match': 'seven' }), 400, 'invalid-header')
  })

  it('refuses a patch of what the hub sets, whatever way it takes', async () => {
    const record = await newGoal()
    const path = `/Goal/${record.id}`
    const attempts: readonly (readonly object[])[] = [
      [{ op: 'replace', path: '/id', value: 'es.x' }],
      [{ op: 'remove', path: '/id' }],
      [{ op: 'replace', path: '/resourceType', value: 'Patient' }],
      [{ op: 'replace', path: '/meta/versionId', value: '7' }],
      [{ op: 'add', path: '/meta/lastUpdated', value: '2000-01-01T00:00:00Z' }],
      [{ op: 'replace', path: '/meta/source', value: 'Organization/vr' }],
      [{ op: 'remove', path: '/meta' }],
      [{ op: 'add', path: '/meta', value: { versionId: '7' } }],
      [{ op: 'replace', path: '', value: {} }],
      [{ op: 'replace', path: '', value: null }],
      [{ op: 'remove', path: '' }],
      [{ op: 'move', from: '/id', path: '/language' }],
      [
        { op: 'move', from: '/id', path: '/language' },
        { op: 'move', from: '/language', path: '/id' },
      ],
      [{ op: 'copy', from: '/resourceType', path: '/id' }],
      [{ op: 'add', path: '/_id', value: { extension: [] } }],
    ]
    for (const one of attempts) refused(await patchWith(es, path, one), 422, 'patch-reserved')
    for (const element of ['Goal.id', 'Goal.meta.versionId', 'Goal.meta'])
      refused(
        await es.send(
          'PATCH',
          path,
          parametersOf({ name: 'type', valueCode: 'delete' }, { name: 'path', valueString: element }),
        ),
        422,
        'patch-reserved',
      )
    assert.deepEqual(made(await es.get(path)), record)
    const same = [
      { op: 'test', path: '/meta/versionId', value: '1' },
      { op: 'replace', path: '/id', value: record.id },
    ]
    assert.equal((await patchWith(es, path, same)).status, 200)
  })

  it('validates the result as an update', async () => {
    const { id } = await newGoal()
    const answer = await patchWith(es, `/Goal/${id}`, [{ op: 'replace', path: '/lifecycleStatus', value: 'perhaps' }])
    refused(answer, 422, 'code-invalid')
    assert.deepEqual(answer.body.issue[0].expression, ['Goal.lifecycleStatus'])
    refused(await patchWith(es, `/Goal/${id}`, [{ op: 'add', path: '/__x', value: 1 }]), 422, 'element-unknown')
    refused(
      await patchWith(es, `/Goal/${id}`, [{ op: 'replace', path: '/subject/reference', value: 'Patient/nobody' }]),
      422,
      'reference-not-found',
    )
  })

  it('keeps the digits of decimals that it does not touch', async () => {
    const open = await given({ HUB_RULES: 'open', HUB_SEED: 'none' })
    try {
      const board = open.as(undefined)
      const body =
        '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
      made(await board.put('/Observation/o1', body))
      const answer = await patchWith(board, '/Observation/o1', [{ op: 'replace', path: '/status', value: 'amended' }])
      assert.match(answer.text, /"value":1\.50\}/)
      assert.equal(answer.body.status, 'amended')
      const added = '[{"op":"add","path":"/valueQuantity/value","value":2.00}]'
      const second = await board.send('PATCH', '/Observation/o1', added, {
        headers: { 'Content-Type': 'application/json-patch+json' },
      })
      assert.match(second.text, /"value":2\.00\}/)
    } finally {
      await open.stop()
    }
  })

  it('answers 415 with Accept-Patch for a merge patch and every other form', async () => {
    const { id } = await newGoal()
    for (const type of ['application/merge-patch+json', 'application/xml-patch+xml', 'text/plain']) {
      const answer = await es.send('PATCH', `/Goal/${id}`, '{}', { headers: { 'Content-Type': type } })
      assert.match(refused(answer, 415, 'media-type'), /json-patch\+json.*FHIRPath Patch/)
      assert.match(answer.headers.get('accept-patch') ?? '', /application\/json-patch\+json, application\/fhir\+json/)
    }
    refused(await es.send('PATCH', `/Goal/${id}`, goal('Patient/x')), 400, 'patch-malformed')
    refused(await es.send('PATCH', `/Goal/${id}`), 400, 'body-missing')
    refused(await patchWith(es, `/Goal/${id}`, { op: 'remove', path: '/x' }), 400, 'patch-malformed')
  })

  it('answers a record that the caller may not know as one that there is not', async () => {
    const { id } = await newPatient()
    const dhs = hub.as('dhs')
    const wrong = [{ op: 'test', path: '/gender', value: 'female' }]
    const hidden = await patchWith(dhs, `/Patient/${id}`, wrong, { 'If-Match': 'W/"1"' })
    const none = await patchWith(dhs, '/Patient/nothing', wrong, { 'If-Match': 'W/"1"' })
    assert.deepEqual([hidden.status, hidden.text.replaceAll(String(id), 'nothing')], [none.status, none.text])
    const byName = await patchWith(dhs, `/Patient?_id=${id}`, wrong)
    const byNone = await patchWith(dhs, '/Patient?_id=nothing', wrong)
    assert.deepEqual([byName.status, byName.text.replaceAll(String(id), 'nothing')], [byNone.status, byNone.text])
    refused(byNone, 404, 'not-found')
  })

  it('neither tests, copies nor overwrites what is hidden from the caller, and counts no index by it', async () => {
    const mark = {
      extension: [{ url: profileAt('ext-confidential'), valueReference: { reference: 'Organization/vr' } }],
    }
    const telecom = [
      { ...mark, system: 'phone', value: '662-555-0199' },
      { system: 'phone', value: '662-555-0100' },
    ]
    const patient = made(await es.post('/Patient', { ...participant('es'), telecom } as Body))
    made(await es.post('/Consent', consent(`Patient/${patient.id}`, 'es', 'abe')))
    const abe = hub.as('abe')
    const send = (operations: unknown) => patchWith(abe, `/Patient/${patient.id}`, operations, { 'If-Match': 'W/"1"' })
    const guess = { ...mark, system: 'phone', value: '662-555-0199' }
    refused(await send([{ op: 'test', path: '/telecom/0', value: guess }]), 409, 'patch-conflict')
    refused(await send([{ op: 'copy', from: '/telecom/1', path: '/contact' }]), 409, 'patch-conflict')
    const changed = await send([{ op: 'replace', path: '/telecom/0/value', value: '662-555-0101' }])
    assert.deepEqual(made(changed).telecom, [{ system: 'phone', value: '662-555-0101' }])
    const whole = made(await es.get(`/Patient/${patient.id}`)).telecom.map((one: { value: string }) => one.value)
    assert.deepEqual(whole, ['662-555-0101', '662-555-0199'])
  })

  it('takes no label of restriction off', async () => {
    const { id } = await newPatient()
    const record = made(await es.post('/Condition', labelled(condition(`Patient/${id}`, 'disability'), 'disability')))
    const off = [{ op: 'remove', path: '/meta/security' }]
    assert.match(refused(await patchWith(es, `/Condition/${record.id}`, off), 422, 'patch-reserved'), /\$meta-delete/)
  })

  it('patches the one record that meets a condition, and none where several do', async () => {
    const { id, subject } = await newGoal()
    const path = `/Goal?patient=${subject.reference}`
    assert.equal(made(await patchWith(es, path, text('Second'))).id, id)
    refused(await patchWith(es, path, text('Third'), { 'If-Match': 'W/"1"' }), 412, 'version-conflict')
    assert.equal(made(await patchWith(es, path, text('Third'), { 'If-Match': 'W/"2"' })).description.text, 'Third')
    made(await es.post('/Goal', goal(subject.reference)))
    refused(await patchWith(es, path, text('Fourth')), 412, 'multiple-matches')
    refused(await patchWith(es, '/Goal', text('x')), 400, 'invalid-parameter')
    refused(await patchWith(es, `/Goal/${id}?patient=x`, text('x')), 400, 'unknown-parameter')
  })

  it('answers 410 for a record that was deleted', async () => {
    const { id } = await newGoal()
    assert.equal((await es.delete(`/Goal/${id}`)).status, 204)
    refused(await patchWith(es, `/Goal/${id}`, text('x')), 410, 'deleted')
  })

  it('answers as Prefer says', async () => {
    const { id } = await newGoal()
    const answer = await patchWith(es, `/Goal/${id}`, text('Second'), { Prefer: 'return=minimal' })
    assert.deepEqual([answer.status, answer.text, answer.headers.get('etag')], [200, '', 'W/"2"'])
  })
})
