/** Random search queries of every parameter, modifier, prefix, chain, `_has`, include, filter and control. */
import type { Random } from '../../scripts/random.ts'
import type { Parameter, Tables } from './tables.ts'

export type Material = {
  readonly random: Random
  readonly tables: Tables
  /** The address of a record (`Patient/1`), perhaps of none that exists; of any type where none is given. */
  key(type?: string): string
  /** Values that some record has, by type of search parameter; `identifier` and `ssn` in addition. */
  readonly values: Readonly<Record<string, readonly string[]>>
  /** May a search be sorted by this parameter? Not where every hub draws its values itself. */
  sortable(type: string, code: string): boolean
}

export type QueryPart = readonly [name: string, value: string]

const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']
const PREFIXED = new Set(['date', 'number', 'quantity'])
const DEEPEST = 3

/** A query for records of a type: criteria, and how the result is shown. */
export function searchQuery(material: Material, type: string): readonly QueryPart[] {
  const { random, tables } = material
  const parts: QueryPart[] = Array.from({ length: random.below(3) }, () => criterion(material, type))
  for (const name of tables.controls)
    if (random.percent(CONTROL_SHARES[name] ?? 4)) parts.push([name, control(material, type, name)])
  return parts
}

/** How many of a hundred searches have a control; 4 of one that is not here. */
const CONTROL_SHARES: Readonly<Record<string, number>> = { _sort: 40, _count: 50, _total: 40, _include: 20, _cursor: 1 }

/** One condition on the records. */
export function criterion(material: Material, type: string): QueryPart {
  const { random } = material
  const kind = random.below(100)
  if (kind < 12) return has(material, type, 1)
  if (kind < 20) return ['_filter', filter(material, type, 2)]
  if (kind < 24) return [random.pick(['_text', '_content']), random.pick(material.values.string ?? ['x'])]
  if (kind < 27) return ['_list', random.percent(70) ? material.key('List') : '$current-problems']
  return chain(material, type, 1)
}

/** `code`, `code:modifier`, `subject.code`, `subject:Patient.code`, up to three deep. */
function chain(material: Material, type: string, depth: number): QueryPart {
  const { random, tables } = material
  const parameter = random.pick(tables.parameters(type))
  const target = targetOf(material, parameter)
  if (target === undefined || depth > DEEPEST || !random.percent(35)) return single(material, parameter)
  const [name, value] = chain(material, target, depth + 1)
  return [`${parameter.code}${random.percent(50) ? `:${target}` : ''}.${name}`, value]
}

const targetOf = ({ random, tables }: Material, { target }: Parameter): string | undefined => {
  const offered = target.filter((one) => tables.types.includes(one))
  return offered.length === 0 ? undefined : random.pick(offered)
}

/** `_has:Observation:patient:code`, also one within another. */
function has(material: Material, type: string, depth: number): QueryPart {
  const { random, tables } = material
  const referring = tables.types.flatMap((from) =>
    tables
      .parameters(from)
      .filter(({ target }) => target.includes(type))
      .map(({ code }) => [from, code] as const),
  )
  if (referring.length === 0) return chain(material, type, 1)
  const [from, code] = random.pick(referring)
  const [name, value] =
    depth < DEEPEST && random.percent(25) ? has(material, from, depth + 1) : chain(material, from, DEEPEST)
  return [`_has:${from}:${code}:${name}`, value]
}

function single(material: Material, parameter: Parameter): QueryPart {
  const { random, tables } = material
  const modifiers = tables.modifiers(parameter)
  const modifier = modifiers.length > 0 && random.percent(30) ? random.pick(modifiers) : undefined
  const values = Array.from({ length: random.percent(15) ? 2 : 1 }, () => valueOf(material, parameter, modifier))
  const name = modifier === undefined ? parameter.code : `${parameter.code}:${modifier}`
  return [name, random.percent(1) ? '' : values.join(',')]
}

function valueOf(material: Material, { code, type, target }: Parameter, modifier?: string): string {
  const { random, values, key } = material
  const one = (name: string): string => random.pick(values[name] ?? values.token ?? ['x'])
  if (modifier === 'missing') return random.pick(['true', 'false'])
  if (modifier === 'in' || modifier === 'not-in') return one('valueSet')
  if (modifier === 'of-type') return `http://terminology.hl7.org/CodeSystem/v2-0203|MR|${random.pick(['N-1', 'N-2'])}`
  if (modifier === 'identifier' || code === 'identifier') return one(random.percent(5) ? 'ssn' : 'identifier')
  if (code === '_id') return key().split('/')[1]!
  if (code === '_lastUpdated') return prefixed(random, one('date'))
  if (modifier !== undefined && target.includes(modifier)) return key(modifier).split('/')[1]!
  if (type === 'reference')
    return random.percent(70) ? key(target.length > 0 ? random.pick(target) : undefined) : one(type)
  return PREFIXED.has(type) && random.percent(60) ? prefixed(random, one(type)) : one(type)
}

const prefixed = (random: Random, value: string): string => `${random.pick(PREFIXES)}${value}`

const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb', 'pr', 'po', 'ss', 'sb', 'in', 'ni', 're'] // prettier-ignore

/** https://hl7.org/fhir/R4/search_filter.html */
function filter(material: Material, type: string, depth: number): string {
  const { random, tables } = material
  if (depth > 0 && random.percent(40)) {
    const inner = (): string => filter(material, type, depth - 1)
    return random.pick([
      () => `${inner()} ${random.pick(['and', 'or'])} ${inner()}`,
      () => `not (${inner()})`,
      () => `(${inner()})`,
    ])()
  }
  const parameter = random.pick(tables.parameters(type))
  const target = targetOf(material, parameter)
  if (target !== undefined && random.percent(30)) {
    const further = random.pick(tables.parameters(target))
    const compared = comparison(material, further)
    return random.percent(60) ? `${parameter.code}.${compared}` : `${parameter.code}[${compared}]`
  }
  return comparison(material, parameter)
}

function comparison(material: Material, parameter: Parameter): string {
  const operator = material.random.percent(50) ? 'eq' : material.random.pick(OPERATORS)
  if (operator === 'pr') return `${parameter.code} pr ${material.random.pick(['true', 'false'])}`
  const value = valueOf(material, parameter).replace(/^(?:eq|ne|gt|lt|ge|le|sa|eb|ap)(?=\d)/, '')
  return `${parameter.code} ${operator} ${/^[\w.:+-]+$/.test(value) ? value : `"${value.replaceAll('"', '')}"`}`
}

function control(material: Material, type: string, name: string): string {
  const { random, values } = material
  const made = CONTROL_VALUES[name]
  return made ? made(material, type) : random.pick(['true', 'false', '1', values.token?.[0] ?? 'x'])
}

const CONTROL_VALUES: Readonly<Record<string, (material: Material, type: string) => string>> = {
  _count: ({ random }) => String(random.below(7)),
  _sort: sort,
  _include: (material, type) => include(material, type),
  _revinclude: revinclude,
  _total: ({ random }) => random.pick(['none', 'estimate', 'accurate']),
  _summary: ({ random }) => random.pick(['true', 'text', 'data', 'count', 'false']),
  _elements: ({ random }) => random.pick(['id', 'status,subject', 'identifier,name,telecom,address', 'note']),
  _asOf: ({ random }) => String(random.below(400)),
  _type: ({ random, tables }) =>
    random
      .shuffle(tables.types)
      .slice(0, 1 + random.below(3))
      .join(','),
  _contained: ({ random }) => random.pick(['true', 'both', 'false']),
  _containedType: ({ random }) => random.pick(['container', 'contained']),
  _cursor: () => 'x',
  _format: () => 'json',
}

function sort(material: Material, type: string): string {
  const { random } = material
  return Array.from(
    { length: 1 + random.below(2) },
    () => `${random.percent(50) ? '-' : ''}${sortKey(material, type)}`,
  ).join(',')
}

function sortKey(material: Material, type: string): string {
  const { random, tables, sortable } = material
  const parameter = random.pick(tables.parameters(type).filter(({ code }) => sortable(type, code)))
  const target = targetOf(material, parameter)
  if (target === undefined || !random.percent(12)) return parameter.code
  return `${parameter.code}.${random.pick(tables.parameters(target).filter(({ code }) => sortable(target, code))).code}`
}

function include(material: Material, type: string): string {
  const { random, tables } = material
  const references = tables.parameters(type).filter((one) => one.type === 'reference')
  if (references.length === 0 || random.percent(10)) return random.pick(['*', `${type}:*`, `${type}:nothing`])
  const parameter = random.pick(references)
  const target = targetOf(material, parameter)
  return `${type}:${parameter.code}${target !== undefined && random.percent(30) ? `:${target}` : ''}`
}

function revinclude(material: Material, type: string): string {
  const { random, tables } = material
  const from = random.pick(tables.types)
  const references = tables.parameters(from).filter(({ target }) => target.includes(type))
  if (references.length === 0 || random.percent(10)) return random.pick(['*', `${from}:*`])
  return `${from}:${random.pick(references).code}`
}

/** As text in an address; marks of records («3») stay as they are, for whoever replaces them. */
export const queryText = (parts: readonly QueryPart[]): string =>
  parts.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')

const encoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%C2%AB(\d+)%C2%BB/g, '«$1»')
    .replace(/%3A/g, ':')
