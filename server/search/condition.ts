/** One searched parameter (`name:modifier=value,value`) to a filter. https://hl7.org/fhir/R4/search.html#modifiers */
import type { SearchParameter, ResourceCapability } from '../definitions/definitions.ts'
import { nearest } from '../fhir/nearest.ts'
import { refuse } from '../fhir/outcome.ts'
import type { OutcomeError } from '../fhir/outcome.ts'
import { illegalEscape, split } from './escape.ts'
import { RECORD_PARAMETERS } from './record-parameters.ts'
import type { Filter } from './query.ts'
import { MISSING, NEGATIONS } from './type.ts'
import type { SearchValueContext } from './type.ts'
import type { CompositeFilter } from './types/composite.ts'
import { searchedRange } from './types/date.ts'
import { SEARCH_TYPES, searchTypeOf } from './types/index.ts'

/** A parameter as it was sent, its name split at the first colon. */
export type Criterion = { readonly name: string; readonly modifier?: string; readonly value: string }

const RECORD_CODES = RECORD_PARAMETERS.map(({ code }) => code)

const RECORD_MODIFIERS: { readonly [code: string]: readonly string[] } = {
  _id: ['not', MISSING],
  _lastUpdated: [MISSING],
}

const parameterOf = (capability: ResourceCapability, name: string): SearchParameter | undefined =>
  capability.searchParameters.find((one) => one.code === name)

/**
 * Why a parameter or its modifier is not supported, to throw or to report; undefined when it is supported.
 * `controls` are the names that are allowed too.
 */
export function unsupported(
  capability: ResourceCapability,
  criterion: Criterion,
  controls: readonly string[],
): OutcomeError | undefined {
  const { name } = criterion
  const parameter = parameterOf(capability, name)
  if (parameter) return unsupportedModifier(criterion, modifiersOf(parameter))
  if ([...RECORD_CODES, ...controls].includes(name)) return unsupportedModifier(criterion, RECORD_MODIFIERS[name] ?? [])
  const names = [...capability.searchParameters.map((one) => one.code), ...RECORD_CODES, ...controls]
  const text = `\`${capability.type}\` has no search parameter \`${name}\`.${suggestion(name, names)} It takes ${quoted(names)}.`
  return refuse('unknown-parameter', text)
}

/** Why a modifier is not supported, where these are. */
export function unsupportedModifier(
  { name, modifier }: Criterion,
  modifiers: readonly string[],
): OutcomeError | undefined {
  if (modifier === undefined || modifiers.includes(modifier)) return undefined
  const takes = modifiers.length > 0 ? `takes ${quoted(modifiers)}` : 'takes none'
  const text = `The parameter \`${name}\` has no modifier \`${modifier}\`.${suggestion(modifier, modifiers)} It ${takes}.`
  return refuse('invalid-parameter', text)
}

function modifiersOf(parameter: SearchParameter): readonly string[] {
  const { modifiers, targetIsModifier } = SEARCH_TYPES[searchTypeOf(parameter)]
  return targetIsModifier ? [...modifiers, ...parameter.target] : modifiers
}

/** A list of names, for a sentence. */
export const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

/** ` Did you mean ...?`, if one of the names is near. */
export function suggestion(text: string, names: readonly string[]): string {
  const name = nearest(text, names)
  return name === undefined ? '' : ` Did you mean \`${name}\`?`
}

/** The condition of a supported parameter. @throws OutcomeError `invalid-parameter` */
export function condition(capability: ResourceCapability, criterion: Criterion, context: SearchValueContext): Filter {
  if (criterion.modifier === MISSING) return missing(criterion)
  if (criterion.name === '_id') return negated(criterion, { op: 'id', ids: alternatives(criterion) })
  const filter = any(alternatives(criterion).map((value) => valueFilter(capability, criterion, value, context)))
  return negated(criterion, filter)
}

const negated = ({ modifier }: Criterion, filter: Filter): Filter =>
  modifier !== undefined && NEGATIONS.includes(modifier) ? { op: 'not', of: filter } : filter

/** The values of a parameter, still escaped. An empty one would silently widen or empty the search. */
export function alternatives({ name, value }: Criterion): readonly string[] {
  const escaped = illegalEscape(value)
  if (escaped !== undefined) {
    const text = `The value \`${value}\` of \`${name}\` has \`${escaped}\`: a backslash escapes only \`,\`, \`|\`, \`$\` and itself; write \`\\\\\` for a backslash.`
    throw refuse('invalid-parameter', text)
  }
  const values = split(value, ',')
  if (!values.includes('')) return values
  throw refuse('invalid-parameter', `The parameter \`${name}\` has an empty value; give it a value or leave it out.`)
}

function valueFilter(
  capability: ResourceCapability,
  { name, modifier }: Criterion,
  value: string,
  context: SearchValueContext,
): Filter {
  const parameter = parameterOf(capability, name)
  if (parameter) {
    const filter = SEARCH_TYPES[searchTypeOf(parameter)].filter(parameter, modifier, value, context)
    return filter.op === 'composite' ? withComponents(capability, parameter, filter) : filter
  }
  return { op: 'updated', ...searchedRange(name, value, context.timeZone, context.now) }
}

/**
 * What meets a composite meets each component by itself: these conditions, by the parameters that the components name, let
 * a store find the few records to compare.
 */
function withComponents(
  { searchParameters }: ResourceCapability,
  { component = [] }: SearchParameter,
  filter: CompositeFilter,
): Filter {
  const single = filter.parts.filter((_, index) =>
    searchParameters.some(({ code, url }) => code === component[index]?.code && url === component[index].url),
  )
  return single.length === 0 ? filter : { op: 'and', of: [...single, filter] }
}

const any = (of: readonly Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { op: 'or', of })

function missing({ name, value }: Criterion): Filter {
  // Every record has an id and a last change.
  const filter: Filter = RECORD_CODES.includes(name) ? { op: 'or', of: [] } : { op: 'missing', param: name }
  if (value === 'true') return filter
  if (value === 'false') return { op: 'not', of: filter }
  throw refuse(
    'invalid-parameter',
    `The value \`${value}\` of \`${name}:${MISSING}\` is neither \`true\` nor \`false\`.`,
  )
}
