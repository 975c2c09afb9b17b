/** Bodies in XML and in JSON are the same to a whole hub. https://hl7.org/fhir/R4/xml.html */
import assert from 'node:assert/strict'
import { createDefinitions } from '../../server/definitions/load.ts'
import { createXmlFormat } from '../../server/definitions/xml/format.ts'
import { serialize } from '../../server/fhir/json.ts'
import { given, type Given } from '../given.ts'
import { resident, triple } from '../builders/index.ts'

const XML = 'application/fhir+xml'
const xml = createXmlFormat(createDefinitions([]).structures)

type XmlAnswer = { readonly status: number; readonly body: any; readonly text: string; readonly location: string } // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read it freely

describe('a hub that is spoken to in XML', () => {
  let hub: Given
  let open: Given
  before(async () => {
    hub = await given()
    open = await given({ HUB_RULES: 'open' })
  })
  after(() => Promise.all([hub.stop(), open.stop()]))

  /** Sends XML, and reads the XML that comes back as JSON. */
  async function send(to: Given, method: string, path: string, body?: object | string, more = {}): Promise<XmlAnswer> {
    const text = typeof body === 'object' ? await xml.write(JSON.stringify(body)) : body
    const headers = {
      'X-Agency': to === hub ? 'es' : 'board',
      Accept: XML,
      ...(text === undefined ? {} : { 'Content-Type': XML }),
      ...more,
    }
    const response = await fetch(`${to.url}${path}`, { method, headers, ...(text === undefined ? {} : { body: text }) })
    const answer = await response.text()
    if (answer !== '') assert.equal(response.headers.get('content-type'), `${XML}; charset=utf-8`)
    return {
      status: response.status,
      body: answer === '' ? undefined : JSON.parse(serialize(await xml.read(answer))),
      text: answer,
      location: response.headers.get('location') ?? '',
    }
  }

  it('stores what it would store of JSON', async () => {
    const made = await send(hub, 'POST', '/Patient', resident('es', 'xml'))
    assert.equal(made.status, 201, made.text)
    const inJson = await hub.as('es').get(`/Patient/${made.body.id}`)
    assert.deepEqual(made.body, inJson.body)
    const changed = { ...made.body, language: 'en' }
    const put = await send(hub, 'PUT', `/Patient/${made.body.id}`, changed, { 'If-Match': 'W/"1"' })
    assert.equal(put.status, 200, put.text)
    assert.equal(put.body.language, 'en')
    const found = await send(hub, 'GET', `/Patient?_id=${made.body.id}`)
    assert.equal(found.body.entry[0].resource.language, 'en')
    assert.equal((await send(hub, 'GET', `/Patient/${made.body.id}/_history`)).body.entry.length, 2)
    assert.equal((await send(hub, 'GET', '/metadata')).body.resourceType, 'CapabilityStatement')
  })

  it('executes transactions and operations', async () => {
    const done = await send(hub, 'POST', '', triple('es', 'xml-triple'))
    assert.equal(done.status, 200, done.text)
    assert.ok(done.body.entry.every((one: { response: { status: string } }) => one.response.status === '201 Created'))
    const parameters = {
      resourceType: 'Parameters',
      parameter: [{ name: 'resource', resource: { ...resident('es', 'v'), birthDate: '2000-13-01' } }],
    }
    const checked = await send(hub, 'POST', '/Patient/$validate', parameters)
    assert.equal(checked.status, 200)
    assert.ok(checked.body.issue.some((one: { code: string }) => one.code === 'value'))
  })

  it('takes a FHIRPath Patch', async () => {
    const made = await send(open, 'POST', '/Basic', { resourceType: 'Basic', code: { text: 'a' } })
    const part = (name: string, value: object) => ({ name, ...value })
    const operation = {
      name: 'operation',
      part: [
        part('type', { valueCode: 'replace' }),
        part('path', { valueString: 'Basic.code.text' }),
        part('value', { valueString: 'b' }),
      ],
    }
    const patch = { resourceType: 'Parameters', parameter: [operation] }
    const patched = await send(open, 'PATCH', `/Basic/${made.body.id}`, patch)
    assert.equal(patched.status, 200, patched.text)
    assert.equal(patched.body.code.text, 'b')
  })

  it('says where in the XML a fault is', async () => {
    const body = `<Patient xmlns="http://hl7.org/fhir">\n  <hobby value="song"/>\n  <birthDate value="1985-02-30"/>\n</Patient>`
    const refused = await send(open, 'POST', '/Patient', body)
    assert.equal(refused.status, 422)
    const places = refused.body.issue.map((one: { expression: string[]; extension: { valueInteger: number }[] }) => [
      one.expression[0],
      ...one.extension.map(({ valueInteger }) => valueInteger),
    ])
    assert.deepEqual(places.sort(), [
      ['Patient.birthDate', 3, 3],
      ['Patient.hobby', 2, 3],
    ])
  })

  it('keeps digits and narratives through both formats', async () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a &lt; b&#160;<b>c</b></p></div>'
    const text =
      `<Observation xmlns="http://hl7.org/fhir"><text><status value="generated"/>${div}</text><status value="final"/>` +
      '<code><text value=" two  spaces "/></code><valueQuantity><value value="1.50"/></valueQuantity></Observation>'
    const made = await send(open, 'POST', '/Observation', text)
    assert.equal(made.status, 201, made.text)
    assert.ok(made.text.includes('<value value="1.50"/>') && made.text.includes(div), made.text)
    const inJson = await open.as('board').get(`/Observation/${made.body.id}`)
    assert.ok(inJson.text.includes('"value":1.50'))
    assert.equal(inJson.body.code.text, ' two  spaces ')
    assert.equal(inJson.body.text.div, div)
  })
})
