/** If-Match on every way of a write, by itself and as an entry: https://hl7.org/fhir/R4/http.html#concurrency */
import assert from 'node:assert/strict'
import { goal, participant, plan } from '../builders/index.ts'
import { given, made, type Client, type Given } from '../given.ts'

type Stored = { readonly resourceType: string; readonly id: string }
/** A write of the record: method, address without its type, and body. */
type Write = readonly [method: string, address: string, body?: object]

const JSON_PATCH = 'application/json-patch+json'
const PATCH = [{ op: 'add', path: '/language', value: 'en' }]
const fhirPathPatch = ({ resourceType }: Stored) => ({
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'add' },
        { name: 'path', valueString: resourceType },
        { name: 'name', valueString: 'language' },
        { name: 'value', valueCode: 'en' },
      ],
    },
  ],
})

const WRITES: Readonly<Record<string, (record: Stored) => Write>> = {
  'an update': (record) => ['PUT', `/${record.id}`, { ...record, language: 'en' }],
  'a conditional update': (record) => ['PUT', `?_id=${record.id}`, { ...record, language: 'en' }],
  'a JSON Patch': ({ id }) => ['PATCH', `/${id}`, PATCH],
  'a conditional JSON Patch': ({ id }) => ['PATCH', `?_id=${id}`, PATCH],
  'a FHIRPath Patch': (record) => ['PATCH', `/${record.id}`, fhirPathPatch(record)],
  'a conditional FHIRPath Patch': (record) => ['PATCH', `?_id=${record.id}`, fhirPathPatch(record)],
  'a delete': ({ id }) => ['DELETE', `/${id}`],
  'a conditional delete': ({ id }) => ['DELETE', `?_id=${id}`],
}

type Outcome = readonly [status: number, code: string | undefined]
type Send = (client: Client, type: string, write: Write, ifMatch?: string) => Promise<Outcome>

const codeOf = (
  outcome:
    | { readonly issue?: readonly { readonly details?: { readonly coding?: readonly { readonly code: string }[] } }[] }
    | undefined,
) => outcome?.issue?.[0]?.details?.coding?.[0]?.code

const itself: Send = async (client, type, [method, address, body], ifMatch) => {
  const headers = {
    ...(ifMatch ? { 'If-Match': ifMatch } : {}),
    ...(body === PATCH ? { 'Content-Type': JSON_PATCH } : {}),
  }
  const answer = await client.send(method, `/${type}${address}`, body && JSON.stringify(body), { headers })
  return [answer.status, answer.status < 300 ? undefined : codeOf(answer.body)]
}

const entryOf =
  (bundle: 'batch' | 'transaction'): Send =>
  async (client, type, [method, address, body], ifMatch) => {
    const data = Buffer.from(JSON.stringify(body ?? '')).toString('base64')
    const resource = body === PATCH ? { resourceType: 'Binary', contentType: JSON_PATCH, data } : body
    const request = { method, url: `${type}${address}`, ...(ifMatch ? { ifMatch } : {}) }
    const entry = [{ ...(resource ? { resource } : {}), request }]
    const answer = await client.post('/', { resourceType: 'Bundle', type: bundle, entry })
    // What is wrong with an entry refuses a transaction.
    if (answer.status >= 300) return [answer.status, codeOf(answer.body)]
    const { response } = answer.body.entry[0]
    const status = Number(response.status.slice(0, 3))
    return [status, status < 300 ? undefined : codeOf(response.outcome)]
  }

const WAYS: Readonly<Record<string, Send>> = {
  'by itself': itself,
  'in a batch': entryOf('batch'),
  'in a transaction': entryOf('transaction'),
}

describe('interactions / If-Match', () => {
  let hub: Given
  let es: Client
  let subject: string
  let aim: string
  before(async () => {
    hub = await given()
    es = hub.as('es')
    subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
    aim = `Goal/${made(await es.post('/Goal', goal(subject))).id}`
  })
  after(() => hub.stop())

  for (const [way, send] of Object.entries(WAYS))
    for (const [what, writeOf] of Object.entries(WRITES)) {
      it(`must name the current version for ${what} of a plan ${way}`, async () => {
        const first = made(await es.post('/CarePlan', plan('es', subject, aim)))
        const record = made(await es.change(first, { title: 'Second' })) as Stored
        const write = writeOf(record)
        assert.deepEqual(await send(es, 'CarePlan', write), [428, 'version-required'])
        assert.deepEqual(await send(es, 'CarePlan', write, '*'), [428, 'version-required'])
        assert.deepEqual(await send(es, 'CarePlan', write, 'W/"1"'), [412, 'version-conflict'])
        assert.deepEqual(await send(es, 'CarePlan', write, 'W/"3"'), [412, 'version-conflict'])
        assert.deepEqual(made(await es.get(`/CarePlan/${record.id}`)), record)
        const [status] = await send(es, 'CarePlan', write, 'W/"2"')
        assert.equal(status, write[0] === 'DELETE' ? 204 : 200)
      })

      it(`is honoured, and may be left out, for ${what} of a goal ${way}`, async () => {
        const first = made(await es.post('/Goal', goal(subject)))
        const record = made(await es.change(first, { description: { text: 'Second' } })) as Stored
        const write = writeOf(record)
        assert.deepEqual(await send(es, 'Goal', write, 'W/"1"'), [412, 'version-conflict'])
        assert.deepEqual(made(await es.get(`/Goal/${record.id}`)), record)
        const [status] = await send(es, 'Goal', write)
        assert.equal(status, write[0] === 'DELETE' ? 204 : 200)
      })
    }
})
