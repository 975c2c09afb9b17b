/** Requests of abe in other formats: XML, in and out, Binary content, pages of another origin, the OpenAPI document. */
import type { Knowledge, RequestKind } from './knowledge.ts'
import type { Sent } from './twins.ts'

type Abe = (method: string, path: string, body?: unknown, headers?: Sent['headers']) => Sent
type KeyOf = (knowledge: Knowledge, type?: string) => string

const XML = 'application/fhir+xml'

export const kindsOfFormats = (
  abe: Abe,
  key: KeyOf,
  search: RequestKind,
): readonly (readonly [weight: number, name: string, kind: RequestKind])[] => [
  [2, 'read in XML', (k) => abe('GET', `/${key(k)}`, undefined, { Accept: XML })],
  [1, 'history in XML', (k) => abe('GET', `/${key(k)}/_history?_format=xml&_pretty=true`)],
  [3, 'search in XML', (k) => inXml(search(k))],
  [
    3,
    'create and update in XML',
    (k) => {
      const [subject, id] = [key(k, 'Patient'), key(k, 'Goal').split('/')[1]!]
      const update = k.random.percent(40)
      const goal = `<Goal xmlns="http://hl7.org/fhir">${update ? `<id value="${id}"/>` : ''}
        <lifecycleStatus value="${k.random.pick(['proposed', 'active', 'nothing'])}"/>
        <description><text value="A job"/></description>
        <subject><reference value="${subject}"/></subject>
        <addresses><reference value="${key(k, 'Condition')}"/></addresses></Goal>`
      const headers = { 'Content-Type': XML, Accept: k.random.pick([XML, '*/*']) }
      return update ? abe('PUT', `/Goal/${id}`, goal, headers) : abe('POST', '/Goal', goal, headers)
    },
  ],
  [1, 'as a page of another origin', (k) => abe('GET', `/${key(k)}`, undefined, { Origin: 'https://app.example' })],
  [1, 'as content', (k) => abe('GET', `/Binary/${key(k).split('/')[1]}`, undefined, { Accept: 'image/png' })],
  [1, 'the OpenAPI document', () => abe('GET', '/openapi.json', undefined, { Range: 'bytes=0-10' })],
]

const inXml = (sent: ReturnType<RequestKind>): ReturnType<RequestKind> =>
  sent && { ...sent, headers: { ...sent.headers, Accept: XML } }
