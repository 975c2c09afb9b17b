/** Requests of every row of the hub's tables, with values that are often not what the row expects. */
import type { Random } from '../../../scripts/random.ts'
import { anyRequest, operationRequest, type RequestMaterial } from '../../requests/any-request.ts'
import { queryText, searchQuery, type QueryPart } from '../../requests/search-query.ts'
import type { Tables } from '../../requests/tables.ts'
import type { Request } from './requests.ts'

export type FuzzMaterial = {
  readonly random: Random
  readonly tables: Tables
  /** Addresses of records that the caller may change: `Goal/1`. */
  readonly keys: string[]
  /** Absent: the board. */
  readonly agency?: string
  /** Valid resources, by type. */
  readonly resources: ReadonlyMap<string, readonly object[]>
}

const LONG = 'x'.repeat(3000)
const HUGE = [
  '1e308',
  '-1e308',
  '9'.repeat(400),
  '1e-400',
  '0x10',
  'NaN',
  'Infinity',
  '00',
  '+1',
  '1,2',
  '0.0000000001',
  '',
]

const VALUES = {
  token: ['active', '|', '||', 'a|b|c', '|a', 'a|', ' ', '\\', '\\,', 'a\\', '$', '%', LONG, '__proto__', 'null', ','],
  string: ['Family', 'a'.repeat(300), '\u0000', '😀', 'İ', 'ß', '́́', '*', '%_', "';--", LONG, '.*', '(a+)+$'],
  date: ['2026', '2026-02-30', '0000', '9999-12-31T23:59:60Z', '2026-11-24T25:00', '275760-09-13', '-2026', '2026-11-24T00:00:00+99:00', '2026-1', 'today', LONG],
  uri: ['http://example.org', 'urn:uuid:', 'a|b|c', '\\', LONG, 'x:y#z|1'],
  quantity: [...HUGE, '5.4|http://unitsofmeasure.org|mg', '|||', '5||', '5|a', '1|http://unitsofmeasure.org|not a unit((('],
  number: HUGE,
  special: ['1|1|1|km', '91|181|1|km', '|', '1|1', '1|1|-1|km', '1|1|1|league', 'x|y|z|w', '1e999|0|1|km'],
  composite: ['a$b', '$', 'a$b$c', 'a', '\\$a$b', LONG],
  reference: ['Organization/es', 'es', 'Patient/', '/', 'http://', 'http://127.0.0.1/Patient/1', 'Patient/1/_history/0', '#a', 'urn:uuid:1', 'Nothing/1', LONG],
  valueSet: ['http://hl7.org/fhir/ValueSet/administrative-gender', 'http://hl7.org/fhir/ValueSet/all-languages', 'http://snomed.info/sct?fhir_vs', 'x', '', 'ValueSet/nothing', LONG],
  identifier: ['https://no-wrong-door.example/fhir/NamingSystem/agency/es|1', '|', 'a|b', 'b'],
  ssn: ['http://hl7.org/fhir/sid/us-ssn|123-45-6789'],
} // prettier-ignore

/** Names that nobody declares. */
const NAMES = ['a[$ne]', '__proto__', 'constructor', '', '.', ':', '_has', '_has:', '_has:a:b', '_has:a:b:c:d', 'a.b.c.d.e.f', 'subject:.name', 'patient.', '.patient', ':missing', '_id:missing', '_sort:asc', '_include:iterate', '_revinclude:recurse', '_elements', '_query', '_at', '_since', '_asOf', '_explain', '_summary:x', '_type'] // prettier-ignore
const ANYTHING = ['', '*', '-', ',', ',,,', '-,-', '(', ')', 'a eq', 'not', 'name eq "', '((((((((((', 'a:b:c:d', '__proto__', '0', '-1', '1e9', '99999999999999999999', 'true', LONG] // prettier-ignore

export function tableRequest(material: FuzzMaterial): Request {
  const { random, tables, resources, agency } = material
  const requests: RequestMaterial = {
    random,
    tables,
    values: VALUES,
    key: (type) => keyOf(material, type),
    sortable: () => true,
    resource: (type, id) => ({
      ...(random.pick(resources.get(type) ?? [{ resourceType: type }]) as object),
      ...(id === undefined ? {} : { id }),
    }),
    version: () => String(random.below(3)),
  }
  const caller: Request['headers'] = agency === undefined ? {} : { 'X-Agency': agency }
  const kind = random.below(100)
  if (kind < 45) return search(requests, caller)
  const { method, path, headers, body } =
    kind < 85 ? anyRequest(requests) : operationRequest(requests, random.pick(tables.operations))
  return {
    method,
    path,
    headers: { ...caller, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }
}

const keyOf = ({ random, tables, keys }: FuzzMaterial, type?: string): string => {
  const fitting = type === undefined ? keys : keys.filter((key) => key.startsWith(`${type}/`))
  return fitting.length > 0 && random.percent(70)
    ? random.pick(fitting)
    : `${type ?? random.pick(tables.types)}/${random.pick(['nothing', '1', 'es.1', 'a'.repeat(64)])}`
}

function search(material: RequestMaterial, caller: Request['headers']): Request {
  const { random, tables } = material
  const type = random.pick(tables.types)
  const parts: QueryPart[] = [...searchQuery(material, type)]
  if (random.percent(15)) parts.push([random.pick(NAMES), random.pick(ANYTHING)])
  if (random.percent(10)) parts.push([random.pick(tables.controls), random.pick(ANYTHING)])
  if (random.percent(5) && parts.length > 0) parts.push(random.pick(parts))
  if (random.percent(2) && parts.length > 0) parts.push(...Array.from({ length: 60 }, () => parts[0]!))
  const query = queryText(parts)
  const headers = { ...caller, ...(random.percent(15) ? { Prefer: 'handling=lenient' } : {}) }
  if (random.percent(75)) return { method: 'GET', path: `/${type}?${query}`, headers }
  const form = { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', path: `/${type}/_search`, headers: form, body: query }
}
