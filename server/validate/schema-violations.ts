/** Turns errors of the keywords of JSON Schema into violations with a sentence. */
import type { ErrorObject } from 'ajv'
import { nearest } from '../fhir/nearest.ts'
import { PRIMITIVE_TYPES } from './primitive-types.ts'
import { show } from './keywords/value.ts'
import type { Violation } from './violation.ts'

/** Throws for a keyword that the compiler does not use. */
export function schemaViolation(error: ErrorObject, value: unknown): Violation {
  const make = SCHEMA_KEYWORDS[error.keyword]
  if (!make) throw new Error(`There is no sentence for the keyword \`${error.keyword}\`.`)
  return make(error, value)
}

const length = (value: unknown): number => (value as { length: number }).length

const SCHEMA_KEYWORDS: Readonly<Record<string, (error: ErrorObject, value: unknown) => Violation>> = {
  type: ({ params }, value) => ({
    detail: value === null ? 'element-empty' : 'element-type',
    text: wrongType(params.type as string | string[], value),
  }),
  additionalProperties: ({ params, parentSchema }) =>
    unknownElement(params.additionalProperty as string, parentSchema?.properties as object),
  'false schema': () => ({ detail: 'element-too-many', text: '{at} is not allowed here: the profile excludes it.' }),
  minProperties: () => ({ detail: 'element-empty', text: '{at} is an empty object. Leave out what has no value.' }),
  minItems: ({ params }, value) =>
    length(value) === 0
      ? { detail: 'element-empty', text: '{at} is an empty list. Leave out what has no value.' }
      : { detail: 'element-missing', text: `{at} has ${length(value)} items; at least ${params.limit} are required.` },
  maxItems: ({ params }, value) => ({
    detail: 'element-too-many',
    limit: params.limit as number,
    text: `{at} has ${length(value)} items; at most ${params.limit} may be given.`,
  }),
  maxLength: ({ params }, value) => ({
    detail: 'value-range',
    text: `{at} has ${length(value)} characters; at most ${params.limit} are allowed.`,
  }),
  minimum: (error, value) => outOfRange(error, value, 'minimum'),
  maximum: (error, value) => outOfRange(error, value, 'maximum'),
  const: ({ params }, value) => ({
    detail: 'type-mismatch',
    text: `{at} is ${show(value)}, but it must be ${show(params.allowedValue)}.`,
  }),
  fhirFormat: ({ parentSchema }, value) =>
    typeof value === 'number' ? wrongNotation(value) : wrongFormat(parentSchema, value),
}

const wrongNotation = (value: number): Violation => ({
  detail: 'value-format',
  text: `{at} is written as a decimal. An integer has digits alone, with a minus sign if it is negative: write \`${value + 0}\`.`,
})

function wrongFormat(parentSchema: ErrorObject['parentSchema'], value: unknown): Violation {
  if (value === '') return { detail: 'element-empty', text: '{at} is an empty string. Leave out what has no value.' }
  const format = PRIMITIVE_TYPES[parentSchema?.fhirFormat as string]
  const isAdvised = typeof value === 'string' && format?.warns?.(value) === true
  return {
    detail: 'value-format',
    ...(isAdvised ? { severity: 'warning' } : {}),
    text: `{at} is ${show(value)}. It ${isAdvised ? 'should' : 'must'} be ${format?.description}.`,
  }
}

// The range of a primitive type is part of its format; that of a profile is a rule.
function outOfRange({ params, parentSchema }: ErrorObject, value: unknown, which: 'minimum' | 'maximum'): Violation {
  if (parentSchema?.fhirFormat) return wrongFormat(parentSchema, value)
  return { detail: 'value-range', text: `{at} is ${show(value)}; the ${which} is ${show(params.limit)}.` }
}

const JSON_TYPES: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
}

function wrongType(allowed: string | string[], value: unknown): string {
  if (value === null) return '{at} is null. Leave out what has no value.'
  const form = [allowed].flat().find((one) => one !== 'null') ?? ''
  const kind = typeof value
  const given = Array.isArray(value) ? 'a list' : kind === 'object' ? 'an object' : `the ${kind} ${show(value)}`
  return `{at} is ${given}, but it must be ${JSON_TYPES[form] ?? form}.`
}

function unknownElement(name: string, properties: object): Violation {
  const defined = Object.keys(properties).filter((one) => !one.startsWith('_'))
  const isChoice = (one: string): boolean => one.startsWith(name) && /^[A-Z]/.test(one.slice(name.length))
  const choices = defined.filter(isChoice).slice(0, 4)
  const near = nearest(name, defined)
  const guess = choices.length > 0 ? choices : near === undefined ? [] : [near]
  const hint = guess.length > 0 ? ` Did you mean ${guess.map((one) => `\`${one}\``).join(' or ')}?` : ''
  const below = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return { detail: 'element-unknown', below, text: `{at} is not an element that is defined here.${hint}` }
}
