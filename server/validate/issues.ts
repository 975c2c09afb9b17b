/** What ajv found, as issues: a code, a sentence, a FHIRPath; one issue for one fault. */
import type { ErrorObject } from 'ajv'
import type { ErrorCode, Issue, Severity } from '../fhir/outcome.ts'
import { nearest } from '../fhir/nearest.ts'
import type { Structures } from '../definitions/structures/structures.ts'
import { FORMATS } from './formats.ts'
import { locate } from './locate.ts'
import { show } from './keywords/value.ts'
import type { Fault } from './run.ts'

type Said = Fault & { readonly pointer: string; readonly profile?: string }

/** `root` is the resource checked; `at` stands for it in the expressions. */
export function issuesOf(
  errors: readonly ErrorObject[],
  root: unknown,
  structures: Structures,
  at?: string,
): readonly Issue[] {
  const said = errors.flatMap((error) => (error.keyword === 'if' ? [] : [read(error)]))
  return distinct(said).map(({ code, severity = 'error', text, pointer, profile }) => {
    const { expression } = locate(root, pointer, structures, at)
    return {
      severity,
      code,
      text: text.replaceAll('{at}', `\`${expression}\``),
      expression,
      ...(profile ? { profile } : {}),
    }
  })
}

function read(error: ErrorObject): Said {
  const { params, instancePath, profile } = error as ErrorObject & { profile?: string }
  const fault = 'code' in params ? (params as Fault) : STANDARD[error.keyword]?.(error)
  if (!fault) throw new Error(`No sentence is known for the keyword \`${error.keyword}\`.`)
  const own = 'code' in params ? '' : (fault.below ?? '')
  return { ...fault, pointer: instancePath + own, profile }
}

/** The keywords of JSON Schema that the compiler uses. */
const STANDARD: Readonly<Record<string, (error: ErrorObject) => Fault>> = {
  type: ({ params, data }) => ({
    code: data === null ? 'element-empty' : 'element-type',
    text: wrongType(params.type as string | string[], data),
  }),
  additionalProperties: ({ params, parentSchema }) =>
    unknownElement(params.additionalProperty as string, parentSchema?.properties as object),
  'false schema': () => ({ code: 'element-too-many', text: '{at} is not allowed here: the profile leaves it out.' }),
  minItems: ({ params, data }) =>
    (data as unknown[]).length === 0
      ? { code: 'element-empty', text: '{at} is an empty list. Leave out what has no value.' }
      : {
          code: 'element-missing',
          text: `{at} has ${(data as unknown[]).length} items; at least ${params.limit} are required.`,
        },
  maxItems: ({ params, data }) => ({
    code: 'element-too-many',
    text: `{at} has ${(data as unknown[]).length} items; at most ${params.limit} may be given.`,
  }),
  minLength: () => ({ code: 'element-empty', text: '{at} is an empty string. Leave out what has no value.' }),
  maxLength: ({ params, data }) => ({
    code: 'value-range',
    text: `{at} has ${(data as string).length} characters; at most ${params.limit} are allowed.`,
  }),
  minimum: ({ params, data }) => ({
    code: 'value-range',
    text: `{at} is ${show(data)}; the least allowed is ${show(params.limit)}.`,
  }),
  maximum: ({ params, data }) => ({
    code: 'value-range',
    text: `{at} is ${show(data)}; the most allowed is ${show(params.limit)}.`,
  }),
  const: ({ params, data }) => ({
    code: 'type-mismatch',
    text: `{at} is ${show(data)}, but it must be ${show(params.allowedValue)}.`,
  }),
  fhirFormat: ({ schema, data }) => ({
    code: 'value-format',
    text: `{at} is ${show(data)}. It must be ${FORMATS[schema as string]?.is}.`,
  }),
}

const FORMS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
}

function wrongType(wanted: string | string[], data: unknown): string {
  const form = [wanted].flat().find((one) => one !== 'null') ?? ''
  if (data === null) return '{at} is null. Leave out what has no value.'
  const given = Array.isArray(data)
    ? 'a list'
    : typeof data === 'object'
      ? 'an object'
      : `the ${typeof data} ${show(data)}`
  return `{at} is ${given}, but it must be ${FORMS[form] ?? form}.`
}

function unknownElement(name: string, properties: object): Fault {
  const known = Object.keys(properties).filter((one) => !one.startsWith('_'))
  const choices = known.filter(
    (one) => one.length > name.length && one.startsWith(name) && /[A-Z]/.test(one.charAt(name.length)),
  )
  const guess = choices.length > 0 ? choices.slice(0, 4) : [nearest(name, known)].filter((one) => one !== undefined)
  const hint = guess.length > 0 ? ` Did you mean ${guess.map((one) => `\`${one}\``).join(' or ')}?` : ''
  return {
    code: 'element-unknown',
    below: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    text: `{at} is not an element that is defined here.${hint}`,
  }
}

/** A value of the wrong form cannot also be judged by its content. */
const FORM = new Set<ErrorCode>(['element-type', 'element-empty', 'value-format'])
const CONTENT = new Set<ErrorCode>([
  'code-invalid',
  'code-unexpected',
  'code-unchecked',
  'value-fixed',
  'value-pattern',
  'value-range',
  'invariant',
  'reference-type',
])
/** Of several demands on one value the narrowest is told. */
const NARROW: readonly ErrorCode[] = [
  'value-fixed',
  'value-pattern',
  'code-invalid',
  'code-unexpected',
  'code-unchecked',
]

function distinct(said: readonly Said[]): readonly Said[] {
  const badForm = new Set(said.filter((one) => FORM.has(one.code)).map((one) => one.pointer))
  const isBroken = said.some((one) => !one.rule && rank(one.severity) > 1)
  const kept = new Map<string, Said>()
  for (const one of said) {
    if (CONTENT.has(one.code) && badForm.has(one.pointer)) continue
    if (one.unsure && isBroken) continue
    const narrow = NARROW.indexOf(one.code)
    const key = narrow >= 0 ? `${one.pointer} value` : `${one.pointer} ${one.code} ${one.text}`
    const before = kept.get(key)
    if (!before || (narrow >= 0 && narrower(one, before))) kept.set(key, one)
  }
  return [...kept.values()]
}

function narrower(one: Said, other: Said): boolean {
  if (rank(one.severity) !== rank(other.severity)) return rank(one.severity) > rank(other.severity)
  return NARROW.indexOf(one.code) <= NARROW.indexOf(other.code)
}

const rank = (severity: Severity = 'error'): number => ['information', 'warning', 'error', 'fatal'].indexOf(severity)
