/** Requests that break a rule of HTTP or of FHIR's REST: the address, the headers, the body. */
import type { ErrorCode } from '../../server/fhir/outcome.ts'
import { goal, participant } from '../builders/index.ts'
import { made, type Client } from '../given.ts'
import type { ErrorCase } from './case.ts'

const MALFORMED = '{\n  "resourceType": "Patient",\n  "active": yes\n}'
const TWICE = '{\n  "resourceType": "Patient",\n  "active": true,\n  "active": false\n}'
const XML = { headers: { 'Content-Type': 'application/fhir+xml' } }
const xml = (type: string, content: string) => `<${type} xmlns="http://hl7.org/fhir">${content}</${type}>`
const UNCLOSED = xml('Patient', '\n  <name>\n')
const DISORDER = xml('Patient', '\n  <birthDate value="2000-01-01"/>\n  <active value="true"/>\n')
const DEEP_XML = xml('Basic', '<extension url="x">'.repeat(40))
const entry = (method: string, url: string) => ({ request: { method, url } })
const bundle = (type: string, ...entries: readonly object[]) => ({ resourceType: 'Bundle', type, entry: entries })
const deep = `{"resourceType":"Basic","extension":${'[{"extension":'.repeat(40)}[]${'}]'.repeat(40)}}`
const many = (one: object) => Array.from({ length: 4000 }, () => one)
const jpeg = { headers: { 'Content-Type': 'image/jpeg' } }

/** A JSON Patch of a new goal. */
async function patched(es: Client, ...operations: readonly object[]) {
  const person = made(await es.post('/Patient', participant('es')))
  const { id } = made(await es.post('/Goal', goal(`Patient/${person.id}`)))
  return es.send('PATCH', `/Goal/${id}`, operations, { headers: { 'Content-Type': 'application/json-patch+json' } })
}

/** What HTTP carries: the address, the headers, the body. */
export const HTTP = {
  'json-malformed': { what: 'Text that is not JSON.', send: ({ es }) => es.post('/Patient', MALFORMED) },
  'json-duplicate-key': { what: 'A property that is named twice.', send: ({ es }) => es.post('/Patient', TWICE) },
  'json-too-deep': { what: 'Extensions within extensions, without end.', send: ({ es }) => es.post('/Basic', deep) },
  'xml-malformed': { what: 'XML that does not end.', send: ({ es }) => es.post('/Patient', UNCLOSED, XML) },
  'xml-structure': { what: 'An element that comes too late.', send: ({ es }) => es.post('/Patient', DISORDER, XML) },
  'xml-too-deep': { what: 'Extensions within extensions, in XML.', send: ({ es }) => es.post('/Basic', DEEP_XML, XML) },
  'body-missing': { what: 'A create without a body.', send: ({ es }) => es.send('POST', '/Patient') },
  'body-too-large': {
    what: 'A body larger than `HUB_BODY_LIMIT`, here 1024 bytes.',
    settings: { HUB_BODY_LIMIT: '1024' },
    send: ({ es }) => es.post('/Basic', { resourceType: 'Basic', implicitRules: `urn:x:${'x'.repeat(1100)}` }),
  },
  'request-malformed': { what: 'A `%` that begins no encoded character.', send: ({ es }) => es.get('/Patient/100%') },
  'address-too-long': {
    what: 'A search with hundreds of values in the address.',
    send: ({ es }) => es.get(`/Patient?_id=${'abcdefgh,'.repeat(1000)}`),
  },
  'headers-too-large': {
    what: 'Headers of more than 16 KiB.',
    send: ({ es }) => es.get('/Patient', { headers: { 'X-Request-Id': 'x'.repeat(20_000) } }),
  },
  'media-type': { what: 'A picture as the body.', send: ({ es }) => es.post('/Patient', '{}', jpeg) },
  'not-acceptable': {
    what: 'Turtle asked for.',
    send: ({ es }) => es.get('/Patient', { headers: { Accept: 'text/turtle' } }),
  },
  'method-not-allowed': {
    what: 'A POST to the address of a record.',
    send: ({ es }) => es.post('/Patient/elvis', participant('es')),
  },
  'unknown-address': { what: 'An operation that there is not.', send: ({ es }) => es.get('/Patient/$everything') },
  'unknown-type': { what: 'A type that the hub does not hold.', send: ({ es }) => es.get('/Medication') },
  'unknown-parameter': {
    what: 'A search parameter that there is not.',
    send: ({ es }) => es.get('/Patient?hobby=song'),
  },
  'invalid-parameter': { what: 'A count that is no number.', send: ({ es }) => es.get('/Patient?_count=many') },
  'invalid-header': {
    what: 'If-Match without an ETag.',
    send: ({ es }) =>
      es.send('PUT', '/Patient/es.1', { ...participant('es'), id: 'es.1' }, { headers: { 'If-Match': 'three' } }),
  },
  'invalid-id': { what: 'An id with an underscore.', send: ({ es }) => es.get('/Patient/a_b') },
  'type-mismatch': { what: 'A Goal for a Patient.', send: ({ es }) => es.post('/Patient', goal('Patient/elvis')) },
  'id-mismatch': {
    what: 'Another id in the body than in the address.',
    send: ({ es }) => es.put('/Patient/es.1', { ...participant('es'), id: 'es.2' }),
  },
  'too-many-entries': {
    what: 'More entries than `HUB_TRANSACTION_LIMIT`, here 2.',
    settings: { HUB_TRANSACTION_LIMIT: '2' },
    send: ({ es }) => es.post('', bundle('batch', entry('GET', 'Goal'), entry('GET', 'Goal'), entry('GET', 'Goal'))),
  },
  'too-costly': {
    what: 'A value set of thousands of codes, all at once.',
    send: ({ es }) => es.get('/ValueSet/$expand?url=http://terminology.hl7.org/ValueSet/v3-ActCode'),
  },
  'too-many-requests': {
    what: 'A read while a create is under way, where `HUB_CONCURRENCY_LIMIT` is 1.',
    settings: { HUB_CONCURRENCY_LIMIT: '1' },
    async send({ es, between }) {
      between(() => es.get('/Organization/es'))
      await es.post('/Patient', participant('es'))
    },
  },
  'check-too-long': {
    what: 'Thousands of values, which take longer than `HUB_CHECK_LIMIT`, here 1 ms.',
    settings: { HUB_CHECK_LIMIT: '1' },
    send: ({ es }) => es.post('/Patient/$validate', { resourceType: 'Patient', name: many({ family: 'Presley' }) }),
  },
  'search-explained': {
    what: 'A search of the board with `_explain=true`.',
    send: ({ board }) => board.get('/Goal?lifecycle-status=active,on-hold&_count=5&_explain=true'),
  },
  'more-issues': {
    what: 'More than a thousand mistakes in one resource.',
    send: ({ es }) => es.post('/Patient/$validate', { resourceType: 'Patient', name: many({ family: 5 }) }),
  },
  'patch-malformed': { what: 'An operation that JSON Patch has not.', send: ({ es }) => patched(es, { op: 'put' }) },
  'patch-too-long': {
    what: 'More than 100 operations.',
    send: ({ es }) => patched(es, ...Array.from({ length: 101 }, () => ({ op: 'test', path: '/id', value: 'x' }))),
  },
  'patch-conflict': {
    what: 'A test that fails.',
    send: ({ es }) => patched(es, { op: 'test', path: '/description/text', value: 'Another goal' }),
  },
  'patch-reserved': {
    what: 'A patch of the id.',
    send: ({ es }) => patched(es, { op: 'replace', path: '/id', value: 'es.1' }),
  },
  'bundle-invalid': {
    what: 'A method that there is not.',
    send: ({ es }) => es.post('', bundle('transaction', entry('FETCH', 'Patient'))),
  },
  'unknown-agency': { what: 'An agency that there is not.', send: ({ as }) => as('nobody').get('/Patient') },
} as const satisfies Partial<Record<ErrorCode, ErrorCase>>
