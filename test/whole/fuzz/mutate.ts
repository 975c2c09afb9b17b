/** One request made into another: its method, address, headers, bytes and JSON are changed at random. */
import type { Random } from '../../../scripts/random.ts'
import type { Request } from './requests.ts'
import { isXml, mutateXml } from './xml.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Mutation = (request: Request, random: Random) => Request

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'SEARCH', 'TRACE']

const PIECES = [
  '%',
  '%00',
  '%ff',
  '%2e%2e',
  '..',
  '.',
  '//',
  '/',
  '?',
  '&',
  '=',
  '|',
  ',',
  '$',
  '\\',
  '%24validate',
  '_history',
  '_search',
  'metadata',
  '__proto__',
  'constructor',
  'toString',
  'Patient',
  'patient',
  'Bundle',
  '0',
  '-1',
  '99999999999999999999',
  'null',
  ':missing=true',
  ':exact',
  ':not',
  ':above',
  ':identifier',
  ':Patient.name',
  'a'.repeat(300),
  '%F0%9F%98%80',
  '*',
  '_count=0',
  '_count=-1',
  '_count=1e9',
  '_sort=-name',
  '_sort=nothing',
  '_include=*',
  '_include=Patient:organization:Patient',
  '_cursor=abc',
  '_format=xml',
  '_format=json',
  '_pretty=true',
  '_id=',
  '_lastUpdated=ge',
  '_total=accurate',
  '_summary=true',
  '_elements=id',
  '_has:Goal:patient:_id=1',
  '_lastUpdated=ge9999-99-99',
  '_lastUpdated=0000',
  'birthdate=gt275760-09-13',
]

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['If-Match', ['W/"1"', '*', '"', 'W/"', 'W/"-1"', 'W/"1", W/"2"', 'W/"99999999999999999999999"', 'x'.repeat(2000)]],
  ['If-None-Match', ['*', 'W/"1"', '"a"', ',,,']],
  ['If-None-Exist', ['_id=1', 'identifier=a|b', '', '%', 'nothing=1', 'name=Family', '_count=3', '?a=b', 'family=%ff']],
  ['If-Modified-Since', ['yesterday', 'Tue, 24 Nov 2026 06:00:00 GMT', '9'.repeat(40)]],
  ['Prefer', ['return=minimal', 'return=OperationOutcome', 'handling=lenient', 'return=', '=', 'respond-async', ';;,']],
  ['Accept', ['application/fhir+xml', 'text/html', '*/*', 'application/fhir+json;fhirVersion=3.0', 'a/b;q=x', ',']],
  [
    'Content-Type',
    [
      'application/json',
      'text/plain',
      'application/fhir+xml',
      'application/json; charset=utf-16',
      'x',
      'application/x-www-form-urlencoded',
      'application/json-patch+json',
    ],
  ],
  ['Content-Encoding', ['gzip', 'br', 'identity', 'nothing']],
  ['X-Agency', ['board', 'abe', 'vr', 'nobody', '', '__proto__', 'Organization/es', 'es, ui']],
  ['X-Request-Id', ['a', 'x'.repeat(200), '{}']],
  ['X-Forwarded-Host', ['evil.example', '%']],
  ['X-HTTP-Method-Override', ['DELETE']],
]

const STRINGS = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '😀',
  'é'.repeat(500),
  'x'.repeat(20_000),
  '__proto__',
  'constructor',
  'Patient/1',
  'Patient/../x',
  'http://127.0.0.1/',
  'urn:uuid:1',
  '2026-02-30',
  '0000-00-00',
  '9999-12-31T23:59:60Z',
  '2026-11-24T25:00:00+99:00',
  '1e400',
  '<script>',
  "'; DROP TABLE record; --",
  '{"a":1}',
  '123-45-6789',
  '#',
  '#contained',
  'Organization/es',
  '\u202e',
  '%s%n',
]

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1e308',
  '1e400',
  '1E-400',
  '9007199254740993',
  '0.1000000000000000000000001',
  '1.50',
  '01',
  '-',
  'NaN',
  '1e',
  '.5',
]

const pieceAt = (text: string, piece: string, random: Random): string => {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + piece + text.slice(random.chance(0.5) ? at : Math.min(text.length, at + random.below(6)))
}

/** Only what HTTP lets stand in a request line: the rest is the parser's matter, which test/http/ looks at. */
const sendable = (path: string): string =>
  path
    .replace(/[^\x21-\x7e]/g, (one) => (/[\ud800-\udfff]/.test(one) ? '%ED%A0%80' : encodeURIComponent(one)))
    .replace(/#/g, '%23')

const onAddress: Mutation = (request, random) => ({
  ...request,
  path: sendable(pieceAt(request.path, random.pick(PIECES), random)),
})

const onQuery: Mutation = (request, random) => {
  const mark = request.path.includes('?') ? '&' : '?'
  return {
    ...request,
    path: sendable(
      `${request.path}${mark}${random.pick(PIECES)}${random.chance(0.3) ? '=' + random.pick(PIECES) : ''}`,
    ),
  }
}

const onMethod: Mutation = (request, random) => ({ ...request, method: random.pick(METHODS) })

const onHeaders: Mutation = (request, random) => {
  const [name, values] = random.pick(HEADERS)
  return { ...request, headers: { ...request.headers, [name]: random.pick(values) } }
}

const onBytes: Mutation = (request, random) => {
  if (isXml(request)) return mutateXml(request, random)
  const body = request.body ?? '{}'
  const [at, length] = [random.below(body.length), random.below(40)]
  const ways = [
    () => body.slice(0, at),
    () => body.slice(0, at) + body.slice(at + length),
    () => body.slice(0, at) + body.slice(at, at + length) + body.slice(at),
    () =>
      body.slice(0, at) +
      random.pick(['"', '{', '}', '[', ']', ',', ':', '\\', '\u0000', '\ufeff', '\\ud800', '\\u0000']) +
      body.slice(at),
    () =>
      body.replace(/"[^"]*"\s*:/g, (key) =>
        random.chance(0.05) ? random.pick(['"__proto__":', '"constructor":', '"":', '"resourceType":', '"id":']) : key,
      ),
    () => body.replace(/:\s*("[^"]*"|\d+)/g, (value) => (random.chance(0.05) ? `:${random.pick(NUMBERS)}` : value)),
    () => body.replace(/\{/, '{"resourceType":"Patient",'),
    () => `${'['.repeat(random.pick([63, 65, 5000]))}${body}`,
    () => body + body,
    () => '',
  ]
  return withBody(request, random.pick(ways)())
}

const onJson: Mutation = (request, random) => {
  if (!request.body?.startsWith('{')) return onBytes(request, random)
  let value: Json
  try {
    value = JSON.parse(request.body) as Json
  } catch {
    return onBytes(request, random)
  }
  for (let times = 1 + random.below(3); times > 0; times--) value = changed(value, random)
  return withBody(request, JSON.stringify(value))
}

const withBody = (request: Request, body: string): Request => ({
  ...request,
  body,
  method: request.method === 'GET' ? 'POST' : request.method,
  headers: { 'Content-Type': 'application/fhir+json', ...request.headers },
})

/** Goes down at random, and changes what it stops at. */
function changed(value: Json, random: Random): Json {
  if (value === null || typeof value !== 'object' || random.chance(0.15)) return replaced(value, random)
  const keys = Object.keys(value)
  if (keys.length === 0) return replaced(value, random)
  const key = random.pick(keys)
  const copy = Array.isArray(value) ? [...value] : { ...value }
  const members = copy as { [key: string]: Json }
  members[key] = changed(members[key]!, random)
  return copy
}

function replaced(value: Json, random: Random): Json {
  const ways: readonly (() => Json)[] = [
    () => null,
    () => random.pick(STRINGS),
    () => random.pick([0, -1, 1.5, 1e300, 9007199254740991]),
    () => random.chance(0.5),
    () => [],
    () => ({}),
    () => [value, value],
    () => ({ value }),
    () => Array.from({ length: Math.min(random.pick([2, 50, 2000]), copiesOf(value)) }, () => value),
    () => deep(value, random.pick([10, 62, 100])),
    () => JSON.parse(`{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`) as Json,
    () =>
      isObject(value)
        ? {
            ...value,
            [random.pick(['x', '_id', 'id', 'meta', 'extension', 'contained', 'resourceType', 'toString'])]:
              random.pick(STRINGS),
          }
        : [value],
    () => (isObject(value) ? Object.fromEntries(Object.entries(value).slice(1)) : value),
    () =>
      isObject(value)
        ? { ...value, contained: [value], extension: [{ url: random.pick(STRINGS), valueString: 'x' }] }
        : String(value),
  ]
  return random.pick(ways)()
}

/** So many that the body stays about as large as the hub takes. */
const copiesOf = (value: Json): number => Math.floor(LARGE / JSON.stringify(value).length)
const LARGE = 4_000_000

const isObject = (value: Json): value is { [key: string]: Json } =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

function deep(value: Json, levels: number): Json {
  let nested = value
  for (let level = 0; level < levels; level++) nested = level % 2 === 0 ? [nested] : { a: nested }
  return nested
}

const MUTATIONS: readonly Mutation[] = [
  onJson,
  onJson,
  onJson,
  onJson,
  onBytes,
  onBytes,
  onAddress,
  onQuery,
  onHeaders,
  onMethod,
]

/** @returns another request, up to three changes away */
export function mutate(request: Request, random: Random): Request {
  let mutated = request
  for (let times = random.below(4); times > 0; times--) mutated = random.pick(MUTATIONS)(mutated, random)
  return { ...mutated, path: sendable(mutated.path) }
}
