/** A random request to any address of the hub, by its tables of routes and operations. */
import { queryText, searchQuery, criterion, type Material, type QueryPart } from './search-query.ts'
import type { Input, OperationTable, Tables } from './tables.ts'

export type AnyRequest = {
  readonly method: string
  /** Below the base. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The row of the table: `GET /:type/:id`, or the operation: `$refer`. */
  readonly row: string
}

export type RequestMaterial = Material & {
  /** A resource of the type to send, with the id where one is given. */
  resource(type: string, id?: string): object
  /** A version of a record that may be its current one. */
  version(key: string): string
}

const JSON_TYPE = { 'Content-Type': 'application/fhir+json' }
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' }

export function anyRequest(material: RequestMaterial): AnyRequest {
  const { random, tables } = material
  const route = random.pick(tables.routes.filter(({ name }) => name !== 'operation'))
  return random.percent(25) ? operationRequest(material, random.pick(tables.operations)) : routeRequest(material, route)
}

type Route = Tables['routes'][number]

function routeRequest(material: RequestMaterial, { method, path, name }: Route): AnyRequest {
  const { random, tables } = material
  const key = material.key()
  const type = path.includes(':id') ? key.split('/')[0]! : random.pick(tables.types)
  const address = filled(path, {
    type,
    id: key.split('/')[1]!,
    vid: String(random.below(4)),
    other: random.pick(tables.types),
  })
  const query = queryFor(material, { method, path, name }, type)
  const isForm = path.endsWith('_search') && method === 'POST'
  const sent = isForm
    ? { headers: FORM_TYPE, body: queryText(query) }
    : method === 'GET' || method === 'DELETE'
      ? { headers: {} }
      : bodyFor(material, { method, path, name }, type, path.includes(':id') ? key.split('/')[1] : undefined)
  return {
    method: method === 'GET' && random.percent(10) ? 'HEAD' : method,
    path: isForm || query.length === 0 ? address : `${address}?${queryText(query)}`,
    headers: { ...sent.headers, ...headersFor(material, { method, path, name }, key) },
    ...('body' in sent ? { body: sent.body } : {}),
    row: `${method} ${path}`,
  }
}

/** `/:type/:id` with what stands for each name; a name that is not known gets another type. */
const filled = (path: string, names: Readonly<Record<string, string>>): string =>
  path.replace(/:(\w+)/g, (_, name: string) => names[name] ?? names.other!)

/** A search where the address is one; the condition of a conditional write; parameters of a history. */
function queryFor(material: RequestMaterial, { method, path, name }: Route, type: string): readonly QueryPart[] {
  const { random, tables } = material
  if (name.startsWith('search') || path.endsWith('_search')) {
    const system: QueryPart[] =
      path.includes(':type') || random.percent(20)
        ? []
        : [['_type', random.shuffle(tables.types).slice(0, 2).join(',')]]
    return [...system, ...searchQuery(material, type)]
  }
  if (name.startsWith('history')) return historyQuery(material)
  if (method !== 'GET' && method !== 'POST' && !path.includes(':id'))
    return Array.from({ length: 1 + random.below(2) }, () => criterion(material, type))
  return random.percent(10) ? [[random.pick(['_elements', '_summary', '_pretty', '_format']), 'true']] : []
}

const historyQuery = ({ random }: Material): readonly QueryPart[] =>
  [
    ['_count', String(random.below(5))],
    ['_since', random.pick(['2026-06-01T12:10:00Z', '2026-05', '2027'])],
    ['_before', random.pick(['2026-06-01T12:20:00Z', '2026-05'])],
    ['_at', random.pick(['2026-06-01', 'gt2026-06-01T12:10:00Z'])],
    ['_sort', random.pick(['_lastUpdated', '-_lastUpdated', 'none'])],
    ['_summary', random.pick(['true', 'count', 'text'])],
  ].filter(() => random.percent(25)) as unknown as readonly QueryPart[]

function bodyFor(material: RequestMaterial, { method, path, name }: Route, type: string, id: string | undefined) {
  if (method === 'PATCH') return patch(material, type)
  if (path === '/' || name === 'transaction') return { headers: JSON_TYPE, body: bundle(material) }
  return { headers: JSON_TYPE, body: material.resource(type, id) }
}

/** JSON Patch, or a patch as Parameters. https://hl7.org/fhir/R4/http.html#patch */
function patch({ random, key }: RequestMaterial, type: string) {
  const path = random.pick([
    '/language',
    '/note',
    '/telecom/0/value',
    '/status',
    '/subject/reference',
    '/address',
    '/meta/security',
  ])
  const op = random.pick(['test', 'add', 'replace', 'remove', 'copy', 'move'])
  const value = random.pick(['en', 'active', '662-555-0101', key(), 'x'])
  if (random.percent(60)) {
    const from = random.pick(['/id', '/telecom', '/address/0/city', '/status'])
    const body = [
      { op: 'add', path: '/language', value: 'en' },
      { op, path, value, from },
    ].slice(random.below(2))
    return { headers: { 'Content-Type': 'application/json-patch+json' }, body: JSON.stringify(body) }
  }
  const part = [
    { name: 'type', valueCode: random.pick(['add', 'replace', 'delete', 'insert', 'move']) },
    {
      name: 'path',
      valueString: `${type}${random.pick(['', '.language', '.status', '.telecom[0]', '.address', '.note'])}`,
    },
    { name: 'name', valueString: random.pick(['language', 'status', 'text']) },
    { name: 'value', valueCode: value },
  ]
  return { headers: JSON_TYPE, body: { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] } }
}

function bundle(material: RequestMaterial): object {
  const { random, tables } = material
  const entry = Array.from({ length: 1 + random.below(3) }, () => {
    const { method, path, headers, body } = routeRequest(
      material,
      random.pick(tables.routes.filter((route) => route.name !== 'transaction' && route.name !== 'operation')),
    )
    const isPatch = typeof body === 'string' && headers['Content-Type'] === 'application/json-patch+json'
    const resource = isPatch
      ? {
          resourceType: 'Binary',
          contentType: 'application/json-patch+json',
          data: Buffer.from(body).toString('base64'),
        }
      : body
    return {
      ...(resource === undefined || typeof resource === 'string' ? {} : { resource }),
      request: {
        method,
        url: path.slice(1),
        ifMatch: headers['If-Match'],
        ifNoneMatch: headers['If-None-Match'],
        ifNoneExist: headers['If-None-Exist'],
      },
    }
  })
  return { resourceType: 'Bundle', type: random.pick(['batch', 'transaction']), entry }
}

function headersFor(material: RequestMaterial, { method, path }: Route, key: string): Record<string, string> {
  const { random, version } = material
  const headers: Record<string, string> = {}
  if (method !== 'GET' && method !== 'POST' && random.percent(60)) headers['If-Match'] = `W/"${version(key)}"`
  if ((method === 'GET' || method === 'PUT') && random.percent(8))
    headers['If-None-Match'] = random.pick(['*', `W/"${version(key)}"`])
  if (method === 'GET' && random.percent(5)) headers['If-Modified-Since'] = 'Mon, 01 Jun 2026 12:30:00 GMT'
  if (method === 'POST' && path === '/:type' && random.percent(40))
    headers['If-None-Exist'] = queryText([criterion(material, random.pick(material.tables.types))])
  if (random.percent(10))
    headers['Prefer'] = random.pick(['handling=lenient', 'return=minimal', 'return=OperationOutcome', 'respond-async'])
  return headers
}

/** An operation at one of its levels, with some of its parameters. */
export function operationRequest(material: RequestMaterial, operation: OperationTable): AnyRequest {
  const { random, key, tables } = material
  const offered = operation.resource.filter((one) => tables.types.includes(one))
  const type = random.pick(offered.length > 0 ? offered : tables.types)
  const levels = (['system', 'type', 'instance'] as const).filter((level) => operation[level])
  const places = { system: '', type: `/${type}`, instance: `/${key(type)}` }
  const address = `${places[random.pick(levels.length > 0 ? levels : (['system'] as const))]}/$${operation.code}`
  const inputs = operation.inputs.filter(() => random.percent(70))
  const row = `$${operation.code}`
  if (!operation.affectsState && random.percent(60)) {
    const plain = inputs.filter((one) => one.part === undefined && one.type !== 'Resource')
    const query = queryText(plain.map((one) => [one.name, String(valueFor(material, one))]))
    return { method: 'GET', path: query ? `${address}?${query}` : address, headers: {}, row }
  }
  const body = { resourceType: 'Parameters', parameter: inputs.map((one) => parameterFor(material, one)) }
  return { method: 'POST', path: address, headers: JSON_TYPE, body, row }
}

function parameterFor(material: RequestMaterial, { name, type, part }: Input): object {
  if (part !== undefined && part.length > 0) return { name, part: part.map((one) => parameterFor(material, one)) }
  const { tables } = material
  if (type !== undefined && (type === 'Resource' || tables.types.includes(type)))
    return { name, resource: material.resource(type === 'Resource' ? 'Patient' : type) }
  return {
    name,
    [`value${type === undefined ? 'String' : type[0]!.toUpperCase() + type.slice(1)}`]: valueFor(material, {
      name,
      type,
    }),
  }
}

function valueFor(
  { random, key, values }: RequestMaterial,
  { name, type = 'string' }: Pick<Input, 'name' | 'type'>,
): unknown {
  if (type === 'Reference')
    return { reference: random.pick([key(), key('Patient'), 'Organization/vr', 'Organization/abe']) }
  if (type === 'boolean') return random.percent(50)
  if (['integer', 'unsignedInt', 'positiveInt', 'decimal'].includes(type)) return random.below(10)
  if (['date', 'dateTime', 'instant'].includes(type)) return '2026-06-01'
  if (type === 'Meta') return { tag: [{ code: 'to-check' }] }
  if (type === 'Identifier') return { system: 'x:y', value: 'N-1' }
  if (name === 'id' || name === 'token') return key().split('/')[1]
  return random.pick(values.token ?? ['x'])
}
