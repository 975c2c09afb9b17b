/**
 * Parameters of operations: a declared table turns a Parameters body or a query string into a plain object, and a
 * builder makes the answer.
 * https://hl7.org/fhir/R4/parameters.html and https://hl7.org/fhir/R4/operations.html#executing
 */
import { addressDate } from './dates.ts'
import type { Json, JsonObject, Resource } from './types.ts'
import { refuse } from './outcome.ts'

/**
 * One parameter that an operation takes. `type` is a FHIR data type (`code`, `Reference`), `Resource` or a resource
 * type, or absent when it has parts.
 */
export type Declared = {
  readonly name: string
  readonly min: number
  readonly max: '1' | '*'
  readonly type?: string
  readonly part?: readonly Declared[]
}

/** Values by name: one value, or a list where max is `*`; parts nest. */
export type Values = { readonly [name: string]: Json | undefined }

/** The `in` parameters of an OperationDefinition, as data for `readParameters`. */
export function declaredIn(definition: JsonObject): readonly Declared[] {
  return list(definition['parameter'])
    .filter((parameter) => parameter['use'] === 'in')
    .map(declared)
}

/**
 * The values given in a request, checked against what is declared.
 * The body is a Parameters resource or, where exactly one parameter takes a resource and no other is required, that
 * resource itself.
 * @throws OutcomeError `unknown-parameter`, `invalid-parameter`; `expression` says where in the body.
 */
export function readParameters(
  declared: readonly Declared[],
  given: { readonly body?: Resource; readonly params: readonly (readonly [string, string])[] },
): Values {
  const fromQuery = given.params.map(([name, text]): GivenParameter => ({
    name,
    at: undefined,
    take: (one) => fromText(one, text),
  }))
  const fromBody = given.body === undefined ? [] : bodyParameters(declared, given.body)
  const list = given.body?.resourceType === 'Parameters' ? 'Parameters.parameter' : undefined
  return collect(declared, [...fromQuery, ...fromBody], list)
}

/** One parameter of an answer: `value('issued', 'instant', '2024-…')`. */
export const value = (name: string, type: string, given: Json): JsonObject => ({ name, [valueKey(type)]: given })
export const resource = (name: string, given: Resource): JsonObject => ({ name, resource: given as JsonObject })
export const parts = (name: string, part: readonly JsonObject[]): JsonObject => ({ name, part })

/** A Parameters resource; without parameters it has no array (an empty one is not allowed). */
export const buildParameters = (parameter: readonly JsonObject[]): Resource =>
  parameter.length > 0 ? { resourceType: 'Parameters', parameter } : { resourceType: 'Parameters' }

type GivenParameter = {
  readonly name: string
  readonly at: string | undefined
  readonly take: (declared: Declared) => Json
}

function declared(parameter: JsonObject): Declared {
  const { name, min, max, type } = parameter
  const part = list(parameter['part']).map(declared)
  return {
    name: String(name),
    min: Number(min),
    max: max === '1' ? '1' : '*',
    ...(typeof type === 'string' ? { type } : {}),
    ...(part.length > 0 ? { part } : {}),
  }
}

function bodyParameters(declared: readonly Declared[], body: Resource): GivenParameter[] {
  if (body.resourceType === 'Parameters') return itemsOf(body['parameter'], 'Parameters.parameter')
  const takers = declared.filter(
    (one) => takesResource(one) && (one.type === 'Resource' || one.type === body.resourceType),
  )
  const [taker] = takers
  const isAlone = declared.every(({ name, min }) => name === taker?.name || min === 0)
  if (taker !== undefined && takers.length === 1 && isAlone)
    return [{ name: taker.name, at: undefined, take: () => body as JsonObject }]
  throw refuse(
    'invalid-parameter',
    `The body is a \`${body.resourceType}\`; send a Parameters resource. ${taken(declared)}`,
  )
}

function itemsOf(parameters: unknown, path: string): GivenParameter[] {
  if (parameters !== undefined && !Array.isArray(parameters))
    throw invalid(`\`${path}\` is an array of parameters.`, path)
  return ((parameters ?? []) as Json[]).map((item, index) => {
    const at = `${path}[${index}]`
    if (!isObject(item) || typeof item['name'] !== 'string')
      throw invalid(`\`${at}\` is an object with a \`name\`.`, at)
    return { name: item['name'], at, take: (one: Declared) => fromItem(one, item, at) }
  })
}

function collect(declared: readonly Declared[], given: readonly GivenParameter[], where?: string): Values {
  const values: Record<string, Json> = {}
  for (const one of given) {
    const parameter = declared.find(({ name }) => name === one.name)
    if (parameter === undefined) throw unknown(declared, one)
    const taken = one.take(parameter)
    const before = Object.hasOwn(values, parameter.name) ? values[parameter.name] : undefined
    if (parameter.max === '1' && before !== undefined)
      throw invalid(`\`${parameter.name}\` is given twice; give it once.`, one.at)
    values[parameter.name] = parameter.max === '1' ? taken : [...((before ?? []) as Json[]), taken]
  }
  for (const { name, min } of declared) {
    if (min > 0 && !Object.hasOwn(values, name))
      throw invalid(`The parameter \`${name}\` is missing. ${taken(declared)}`, where)
  }
  return values
}

function fromItem(declared: Declared, item: JsonObject, at: string): Json {
  if (declared.part !== undefined) return collect(declared.part, itemsOf(item['part'], `${at}.part`), at) as JsonObject
  const expected = takesResource(declared) ? 'resource' : declared.type === '*' ? undefined : valueKey(declared.type!)
  const key = keyOf(declared, item, expected)
  const found = item[key]
  if (found === undefined) {
    const sent = Object.keys(item).find((name) => name !== 'name' && name !== 'id')
    const instead = sent === undefined ? 'has no value' : `is given as \`${sent}\``
    throw invalid(`The parameter \`${declared.name}\` ${instead}; send \`${key}\`.`, at)
  }
  if (key === 'resource') return resourceOf(declared, found, `${at}.resource`)
  const shape = SHAPES[declared.type ?? '*'] ?? (/^[A-Z]/.test(declared.type ?? '') ? OBJECT : STRING)
  if (declared.type !== '*' && !shape.is(found)) {
    throw invalid(`\`${declared.name}\` is ${shape.name}; found \`${clip(found)}\`.`, `${at}.${key}`)
  }
  return found
}

/** The property that holds the value: that of the declared type, or of one whose values the declared type takes. */
function keyOf({ type = '' }: Declared, item: JsonObject, expected: string | undefined): string {
  if (expected === undefined) return Object.keys(item).find((name) => /^value[A-Z]/.test(name)) ?? 'value[x]'
  if (item[expected] !== undefined) return expected
  return (ALSO_GIVEN_AS[type] ?? []).map(valueKey).find((key) => item[key] !== undefined) ?? expected
}

const TEXTS = ['string', 'code', 'id', 'markdown']
const ADDRESSES = ['uri', 'url', 'canonical', 'oid', 'uuid']
const WHOLES = ['integer', 'unsignedInt', 'positiveInt']

/**
 * Types in which clients send the values of another one, from which nothing is lost: a `canonical` is a `uri`, a `code`
 * is a `string`. The value must still be one of the declared type. https://hl7.org/fhir/R4/datatypes.html#primitive
 */
const ALSO_GIVEN_AS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(TEXTS.map((type) => [type, [...TEXTS, ...ADDRESSES]])),
  ...Object.fromEntries(ADDRESSES.map((type) => [type, [...ADDRESSES, 'string']])),
  ...Object.fromEntries(WHOLES.map((type) => [type, WHOLES])),
  decimal: WHOLES,
  dateTime: ['date', 'instant'],
}

function resourceOf(declared: Declared, found: Json, at: string): Json {
  const type = isObject(found) ? found['resourceType'] : undefined
  if (typeof type !== 'string') throw invalid(`\`${declared.name}\` is a resource with a \`resourceType\`.`, at)
  if (declared.type !== 'Resource' && declared.type !== 'Any' && declared.type !== type) {
    throw invalid(`\`${declared.name}\` is a \`${declared.type}\`; found \`${type}\`.`, at)
  }
  return found
}

/** A value of a query string. Only primitives can be given so. */
function fromText(declared: Declared, text: string): Json {
  const { name, type } = declared
  if (declared.part !== undefined || type === undefined || /^[A-Z]/.test(type)) {
    throw invalid(`\`${name}\` cannot be given in the address; send it in a Parameters body by POST.`)
  }
  const shape = SHAPES[type] ?? STRING
  const read = shape.read(text)
  if (read === undefined || !shape.is(read)) throw invalid(`\`${name}\` is ${shape.name}; found \`${clip(text)}\`.`)
  return read
}

type Shape = {
  readonly name: string
  readonly is: (value: Json) => boolean
  readonly read: (text: string) => Json | undefined
}

const STRING: Shape = {
  name: 'a text that is not empty',
  is: (it) => typeof it === 'string' && it.trim() !== '',
  read: (text) => text,
}
const DATE: Shape = { ...STRING, read: addressDate }
const OBJECT: Shape = { name: 'an object', is: (it) => isObject(it), read: () => undefined }
const WHOLE: Shape = {
  name: 'a whole number',
  is: (it) => Number.isSafeInteger(it),
  read: (text) => (/^-?(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : undefined),
}
const SHAPES: Readonly<Record<string, Shape>> = {
  boolean: { name: '`true` or `false`', is: (it) => typeof it === 'boolean', read: (text) => BOOLEANS[text] },
  date: DATE,
  dateTime: DATE,
  instant: DATE,
  integer: WHOLE,
  unsignedInt: { ...WHOLE, name: 'a whole number, 0 or more', is: (it) => WHOLE.is(it) && (it as number) >= 0 },
  positiveInt: { ...WHOLE, name: 'a whole number, 1 or more', is: (it) => WHOLE.is(it) && (it as number) > 0 },
  decimal: {
    name: 'a number',
    is: (it) => typeof it === 'number',
    read: (text) => (/^-?(0|[1-9]\d{0,17})(\.\d{1,18})?$/.test(text) ? Number(text) : undefined),
  },
}
const BOOLEANS: Readonly<Record<string, boolean | undefined>> = { true: true, false: false }

/** `code` as `valueCode`. */
const valueKey = (type: string): string => `value${type.charAt(0).toUpperCase()}${type.slice(1)}`

/** Data types and resource types both begin with a capital; only these are data types that an operation takes. */
const DATA_TYPES = new Set(
  (
    'Address Age Annotation Attachment CodeableConcept Coding ContactPoint Count Distance Duration HumanName Identifier Money ' +
    'Period Quantity Range Ratio Reference SampledData Signature Timing ContactDetail Contributor DataRequirement Expression ' +
    'ParameterDefinition RelatedArtifact TriggerDefinition UsageContext Dosage Meta'
  ).split(' '),
)
const takesResource = ({ type }: Declared): boolean =>
  type !== undefined && /^[A-Z]/.test(type) && !DATA_TYPES.has(type)

function unknown(declared: readonly Declared[], given: GivenParameter) {
  return refuse(
    'unknown-parameter',
    `The parameter \`${clip(given.name)}\` is not defined here. ${taken(declared)}`,
    where(given.at),
  )
}

const taken = (declared: readonly Declared[]): string =>
  declared.length > 0
    ? `The operation takes ${declared.map(({ name }) => `\`${name}\``).join(', ')}.`
    : 'The operation takes no parameters.'

const invalid = (sentence: string, at?: string) => refuse('invalid-parameter', sentence, where(at))
const where = (at: string | undefined) => (at === undefined ? {} : { expression: at })
const isObject = (it: unknown): it is JsonObject => typeof it === 'object' && it !== null && !Array.isArray(it)
const list = (it: unknown): JsonObject[] => (Array.isArray(it) ? (it as JsonObject[]) : [])
const clip = (it: Json): string => (typeof it === 'string' ? it : (JSON.stringify(it) ?? '')).slice(0, 60)
