/** Line and column of what is wrong with a body, over HTTP. */
import assert from 'node:assert/strict'
import { given, type Answer, type Client, type Given } from '../given.ts'

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-'

const PATIENT = `{
  "resourceType": "Patient",
  "birthDate": "1985-02-30",
  "name": [{ "family": "Presley" }],
    "hobby": "song"
}`

type Outcome = { readonly resourceType: string; readonly issue: Issue[] }
type Issue = { expression?: string[]; extension?: { url: string; valueInteger: number }[] }

/** `Patient.birthDate 3:16` for every issue that has a position. */
const places = (answer: Answer): string[] =>
  (answer.body.issue as Issue[]).flatMap(({ expression, extension }) => {
    const number = (name: string) => extension?.find(({ url }) => url === EXTENSION + name)?.valueInteger
    return extension ? [`${expression?.[0] ?? '-'} ${number('line')}:${number('col')}`] : []
  })

describe('positions over HTTP', () => {
  let hub: Given
  let board: Client
  before(async () => {
    hub = await given({ HUB_RULES: 'open' })
    board = hub.as(undefined)
  })
  after(() => hub.stop())

  it('stand in the answer of $validate', async () => {
    const answer = await board.post('/Patient/$validate', PATIENT)
    assert.equal(answer.status, 200)
    assert.deepEqual(places(answer).sort(), ['Patient.birthDate 3:16', 'Patient.hobby 5:14'])
  })

  it('are those of the text that was sent when Parameters hold the resource', async () => {
    const body = `{ "resourceType": "Parameters", "parameter": [
{ "name": "mode", "valueCode": "create" },
{ "name": "resource", "resource": ${PATIENT} } ] }`
    const answer = await board.post('/Patient/$validate', body)
    assert.deepEqual(places(answer).sort(), [
      'Parameters.parameter[1].resource.birthDate 5:16',
      'Parameters.parameter[1].resource.hobby 7:14',
    ])
  })

  it('stand in the refusal of a write', async () => {
    const answer = await board.post('/Patient', PATIENT)
    assert.equal(answer.status, 422)
    assert.deepEqual(places(answer).sort(), ['Patient.birthDate 3:16', 'Patient.hobby 5:14'])
  })

  it('stand in the refusal of a transaction', async () => {
    const body = `{ "resourceType": "Bundle", "type": "transaction", "entry": [
{ "request": { "method": "POST", "url": "Patient" }, "resource": ${PATIENT} } ] }`
    const answer = await board.post('', body)
    assert.equal(answer.status, 422)
    assert.deepEqual(places(answer).sort(), [
      'Bundle.entry[0].resource.birthDate 4:16',
      'Bundle.entry[0].resource.hobby 6:14',
    ])
  })

  it('stand in the outcomes of a batch: of a write, of $validate, of what is wrong with the request', async () => {
    const parameters = `{ "resourceType": "Parameters", "parameter": [{ "name": "resource", "resource":
${PATIENT} }] }`
    const body = `{ "resourceType": "Bundle", "type": "batch", "entry": [
{ "request": { "method": "POST", "url": "Patient" }, "resource": ${PATIENT} },
{ "request": { "method": "POST", "url": "Patient/$validate" }, "resource": ${PATIENT} },
{ "request": { "method": "POST", "url": "Patient/$validate" }, "resource": ${parameters} },
{ "request": { "method": "POST", "url": "Patient/$validate" }, "resource": { "resourceType": "Patient" } },
{ "request": { "method": "POST", "url": "Nothing/at/all" }, "resource": ${PATIENT} },
{ "request": { "method": "GET", "url": "Patient/nobody" } } ] }`
    const answer = await board.post('', body)
    assert.equal(answer.status, 200)
    const outcomes = (answer.body.entry as { resource?: Outcome; response: { outcome?: Outcome } }[]).map(
      ({ resource, response }) => places({ ...answer, body: response.outcome ?? resource }).sort(),
    )
    assert.deepEqual(outcomes, [
      ['Bundle.entry[0].resource.birthDate 4:16', 'Bundle.entry[0].resource.hobby 6:14'],
      ['Bundle.entry[1].resource.birthDate 10:16', 'Bundle.entry[1].resource.hobby 12:14'],
      [
        'Bundle.entry[2].resource.parameter[0].resource.birthDate 17:16',
        'Bundle.entry[2].resource.parameter[0].resource.hobby 19:14',
      ],
      [],
      ['Bundle.entry[4].request.url 22:41'],
      ['Bundle.entry[5] 28:1'],
    ])
  })

  it('name the entry of a transaction for an issue about no element', async () => {
    const body = `{ "resourceType": "Bundle", "type": "transaction", "entry": [
{ "request": { "method": "DELETE", "url": "Patient/a" } },
{ "request": { "method": "PUT", "url": "Patient/b", "ifMatch": "W/\\"7\\"" }, "resource": { "resourceType": "Patient", "id": "b" } } ] }`
    const answer = await board.post('', body)
    assert.equal(answer.status, 412)
    assert.deepEqual(places(answer), ['Bundle.entry[1].resource 3:89'])
  })

  it('stand in the refusal of text that is not JSON', async () => {
    const answer = await board.post('/Patient', '{\n  "resourceType": "Patient",\n  "active": yes\n}')
    assert.equal(answer.status, 400)
    assert.deepEqual(places(answer), ['- 3:13'])
  })

  it('are given for the first hundred issues', async () => {
    const given = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`odd${index}`, index]))
    const answer = await board.post('/Patient', { resourceType: 'Patient', ...given })
    assert.equal(answer.body.issue.length, 150)
    assert.equal(places(answer).length, 100)
  })

  it('are not there when the record is not about the body', async () => {
    const answer = await board.get('/Patient/nobody')
    assert.equal(answer.status, 404)
    assert.deepEqual(places(answer), [])
  })
})
