/** Valid requests of every kind, as the material that is mutated: samples, searches, operations, Bundles, addresses. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../checks/files.ts'
import type { Answer } from '../../given.ts'
import {
  assessment,
  consent,
  decisions,
  goal,
  resident,
  subscription,
  triple,
  type Body,
} from '../../builders/index.ts'

export type Request = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const FHIR = { 'Content-Type': 'application/fhir+json' }
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** The type of a sample, an id that exists or not, and a place of an operation are all filled in from these. */
export type Seeded = {
  readonly patient: string
  readonly goal: string
  readonly response: string
  readonly task: string
}

type Statement = Answer['body']

export function requests({ patient, goal: aim, response, task }: Seeded, statement: Statement): readonly Request[] {
  const subject = `Patient/${patient}`
  const made: readonly Body[] = [
    resident('es', 'fuzz'),
    goal(subject, 'proposed'),
    assessment(subject),
    consent(subject, 'es', 'abe'),
    subscription('http://127.0.0.1:9/hook', { topic: 'plan-updated' }),
    ...samples(),
  ]
  return [
    ...[1, 2, 3].flatMap((time) =>
      made
        .slice(0, 5)
        .map((resource) => request('POST', `/${resource.resourceType}`, { ...resource, language: `en-${time}` })),
    ),
    ...made.map((resource) => request('POST', `/${resource.resourceType}`, { ...resource, id: undefined })),
    ...made.map((resource) => request('POST', `/${resource.resourceType}/$validate`, resource)),
    ...made.flatMap((one) =>
      one.id ? [request('PUT', `/${one.resourceType}/es.${one.id}`, { ...one, id: `es.${one.id}` })] : [],
    ),
    request('POST', '', triple('es', 'fuzz')),
    request('POST', '', batch(made)),
    request('POST', '', { ...batch(made.slice(0, 4)), type: 'transaction' }),
    request('POST', `/${subject}/$submit-referrals`, decisions(`QuestionnaireResponse/${response}`, { abe: true })),
    request('POST', `/QuestionnaireResponse/${response}/$propose-referrals`),
    request('POST', '/QuestionnaireResponse/$propose-referrals', assessment(subject)),
    request('PUT', `/Goal/${aim}`, { ...goal(subject, 'proposed'), id: aim }, { 'If-Match': 'W/"99"' }),
    request('DELETE', '/Goal/nobody', undefined, { 'If-Match': 'W/"1"' }),
    ...['', '/_history', '/_history/1', '/$reconcile?base=1'].map((end) => request('GET', `/${subject}${end}`)),
    request('GET', `/Task/${task}`, undefined, {
      'If-None-Match': 'W/"1"',
      'If-Modified-Since': 'Tue, 24 Nov 2026 06:00:00 GMT',
    }),
    request('GET', `/${subject}/$everything?_type=Goal,CareTeam&_count=2&start=2026-01-01`),
    request('GET', `/${subject}/$intake-package?_count=3`),
    request('POST', `/${subject}/$transfer-case-manager`, {
      resourceType: 'Parameters',
      parameter: [{ name: 'to', valueReference: { reference: 'PractitionerRole/nobody' } }],
    }),
    request('GET', '/metadata'),
    ...searches(statement),
  ]
}

const request = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Request => ({
  method,
  path,
  headers: { 'X-Agency': 'es', ...(body === undefined ? {} : FHIR), ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

const batch = (resources: readonly Body[]) => ({
  resourceType: 'Bundle',
  type: 'batch',
  entry: [
    ...resources.slice(0, 8).map((resource) => ({ resource, request: { method: 'POST', url: resource.resourceType } })),
    { request: { method: 'GET', url: 'Patient?name=Family&_count=2' } },
    { request: { method: 'DELETE', url: 'Goal/nobody' } },
  ],
})

/** Every valid sample, and every invalid one. */
function samples(): readonly Body[] {
  const root = join(ROOT, 'samples')
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(valid|invalid)-[^/]*\.json$/.test(name) && !name.endsWith('.issues.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(root, name), 'utf8')) as Body)
    .filter((resource) => typeof resource?.resourceType === 'string')
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  token: ['active', 'http://example.org|a', '|a', ':missing=true'],
  string: ['Family', ':exact=Family', ':contains=mi'],
  reference: ['Organization/es', 'es'],
  date: ['2026', 'ge2026-11-24', 'lt2026-11-24T00:00:00Z'],
  uri: ['http://example.org'],
}

/** One search for each declared parameter, with what a search may also carry. */
function searches(statement: Statement): readonly Request[] {
  const types = statement.rest[0].resource as readonly Statement[]
  return types.flatMap(({ type, searchParam = [], searchInclude = [] }) => [
    request('GET', `/${type}?_count=3&_total=accurate&_sort=-_lastUpdated`),
    ...searchInclude.map((include: string) => request('GET', `/${type}?_include=${include}`)),
    ...searchParam.flatMap(({ name, type: kind }: Statement) =>
      (VALUES[kind] ?? []).map((value) => {
        const query = value.startsWith(':') ? `${name}${value}` : `${name}=${encodeURIComponent(value)}`
        return value.length % 2 === 0
          ? request('GET', `/${type}?${query}`)
          : { ...request('POST', `/${type}/_search`), headers: { 'X-Agency': 'es', ...FORM }, body: query }
      }),
    ),
  ])
}
