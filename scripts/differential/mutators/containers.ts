/** Resources as wholes: their type, Bundles and entries. https://hl7.org/fhir/R4/bundle.html */
import { add, isObject, replace, type Edit, type Mutator, type Resource } from '../mutation.ts'

const wrongType: Mutator = {
  name: 'wrong resourceType',
  edit(site, { random, resourceTypes, structures }) {
    if (!isObject(site.value) || typeof site.value.resourceType !== 'string') return undefined
    const path = `${site.at}/resourceType`
    const concrete = resourceTypes.filter((type) => structures.find(type)?.abstract !== true)
    const type = random.pick([random.pick(concrete), 'Patiant', 'patient', 'DomainResource', 'HumanName', '', 1])
    return random.chance(0.1) ? [{ op: 'remove', path }] : [{ op: 'replace', path, value: type }]
  },
}

type Entry = Readonly<Record<string, unknown>>
type Make = (resource: Resource) => Entry

const UUID = 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'
const address = ({ resourceType, id }: Resource): string =>
  `https://state.example/fhir/${resourceType}/${String(id ?? 'x')}`

/** Entries of a kind of Bundle, the first of each row right. */
const ENTRIES: Readonly<Record<string, readonly Make[]>> = {
  collection: [
    (resource) => ({ fullUrl: address(resource), resource }),
    (resource) => ({ resource }),
    (resource) => ({ fullUrl: 'https://state.example/fhir/Patient/somebody-else', resource }),
    (resource) => ({ fullUrl: 'urn:uuid:1234', resource }),
    (resource) => ({ fullUrl: `${address(resource)}/_history/1`, resource }),
    (resource) => ({ fullUrl: UUID, resource, request: { method: 'GET', url: 'Patient' } }),
    () => ({ fullUrl: UUID }),
    () => ({}),
  ],
  transaction: [
    (resource) => ({ fullUrl: UUID, resource, request: { method: 'POST', url: resource.resourceType } }),
    (resource) => ({ fullUrl: UUID, resource }),
    (resource) => ({ fullUrl: UUID, resource, request: { method: 'POST' } }),
    (resource) => ({ fullUrl: UUID, resource, request: { method: 'SEND', url: 'Patient' } }),
    (resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/x` } }),
    () => ({ request: { method: 'DELETE', url: 'Patient/x' } }),
    () => ({ request: { method: 'POST', url: 'Patient' } }),
  ],
  searchset: [
    (resource) => ({ fullUrl: address(resource), resource, search: { mode: 'match' } }),
    (resource) => ({ resource, search: { mode: 'match', score: 2 } }),
    (resource) => ({ fullUrl: address(resource), resource, search: { mode: 'mismatch' } }),
    () => ({ search: { mode: 'match' } }),
  ],
  history: [
    (resource) => ({
      fullUrl: address(resource),
      resource,
      request: { method: 'POST', url: resource.resourceType },
      response: { status: '201' },
    }),
    (resource) => ({ fullUrl: address(resource), resource }),
    (resource) => ({ resource, request: { method: 'PUT', url: resource.resourceType } }),
  ],
  'batch-response': [
    (resource) => ({ resource, response: { status: '200' } }),
    () => ({ response: { status: '404' } }),
    () => ({ response: {} }),
    (resource) => ({ resource }),
  ],
  document: [(resource) => ({ fullUrl: address(resource), resource })],
  message: [(resource) => ({ fullUrl: address(resource), resource })],
}

const wrapped: Mutator = {
  name: 'put into a Bundle',
  edit(site, { random, resource }) {
    if (site.at !== '' || resource.resourceType === 'Bundle' || resource.resourceType === 'Parameters') return undefined
    const type = random.pick(Object.keys(ENTRIES))
    const [right, ...wrong] = ENTRIES[type] as readonly [Make, ...Make[]]
    const entry = (random.chance(0.5) ? right : random.pick([right, ...wrong]))(resource)
    const more = random.pick([[], [], [entry], [{ fullUrl: UUID, resource: { resourceType: 'Patient' } }]])
    const total = random.chance(0.15) ? { total: 1 } : {}
    return replace(site, { resourceType: 'Bundle', type, ...total, entry: [entry, ...more] })
  },
}

const bundleChanged: Mutator = {
  name: 'Bundle broken',
  edit(site, { random, resource }) {
    if (site.at !== '' || resource.resourceType === 'Bundle' || resource.resourceType === 'Parameters') return undefined
    const type = random.pick(Object.keys(ENTRIES))
    const [right] = ENTRIES[type] as readonly [Make]
    return [...replace(site, { resourceType: 'Bundle', type, entry: [right(resource)] }), ...random.pick(BUNDLE_EDITS)]
  },
}

const BUNDLE_EDITS: readonly (readonly Edit[])[] = [
  add('/type', 'document'),
  add('/type', 'message'),
  add('/type', 'transaction'),
  add('/type', 'searchset'),
  add('/type', 'unheard-of'),
  add('/total', 3),
  add('/entry/0/fullUrl', 'https://state.example/fhir/Patient/other'),
  add('/entry/0/fullUrl', 'relative/url'),
  add('/entry/0/request', { method: 'GET', url: 'Patient' }),
  add('/entry/0/search', { mode: 'match' }),
  [{ op: 'copy', from: '/entry/0', path: '/entry/-' }],
  [{ op: 'remove', path: '/type' }],
]

export const TYPES: readonly Mutator[] = [wrongType]
export const BUNDLES: readonly Mutator[] = [wrapped, bundleChanged]
