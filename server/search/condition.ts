/** One searched parameter (`name:modifier=value,value`) to a filter. https://hl7.org/fhir/R4/search.html#modifiers */
import type { SearchParameter, ResourceCapability } from '../definitions/definitions.ts'
import { nearest } from '../fhir/nearest.ts'
import { refuse } from '../fhir/outcome.ts'
import type { OutcomeError } from '../fhir/outcome.ts'
import { split } from './escape.ts'
import type { Filter } from './query.ts'
import { MISSING, NOT } from './type.ts'
import type { SearchValueContext } from './type.ts'
import { searchedRange } from './types/date.ts'
import { typeOf } from './types/index.ts'

/** A parameter as it was sent, cut at the first colon. */
export type Criterion = { readonly name: string; readonly modifier?: string; readonly value: string }

/** The parameters that every record has; they are not among its entries. */
const OWN = ['_id', '_lastUpdated']

const find = (offer: ResourceCapability, name: string): SearchParameter | undefined =>
  offer.searchParameters.find((one) => one.code === name)

/** Why a parameter is not known here, to throw or to report; undefined when it is. `others` are also allowed names. */
export function unknown(
  offer: ResourceCapability,
  asked: Criterion,
  others: readonly string[],
): OutcomeError | undefined {
  const parameter = find(offer, asked.name)
  if (parameter) return unknownModifier(asked, modifiers(parameter))
  if ([...OWN, ...others].includes(asked.name)) return unknownModifier(asked, [])
  const known = [...offer.searchParameters.map((one) => one.code), ...OWN, ...others]
  const [root = ''] = asked.name.split('.')
  const chained = root !== asked.name && known.includes(root) ? ' Chained parameters are not offered.' : ''
  const text = `\`${offer.type}\` has no search parameter \`${asked.name}\`.${chained}${meant(asked.name, known)} It takes ${named(known)}.`
  return refuse('unknown-parameter', text)
}

function unknownModifier({ name, modifier }: Criterion, known: readonly string[]): OutcomeError | undefined {
  if (modifier === undefined || known.includes(modifier)) return undefined
  const takes = known.length > 0 ? `takes ${named(known)}` : 'takes none'
  const text = `The parameter \`${name}\` has no modifier \`${modifier}\`.${meant(modifier, known)} It ${takes}.`
  return refuse('invalid-parameter', text)
}

/** A reference may also name the type that it refers to: `subject:Patient=1`. */
const modifiers = (parameter: SearchParameter): readonly string[] =>
  parameter.type === 'reference' ? [...typeOf(parameter).modifiers, ...parameter.target] : typeOf(parameter).modifiers

/** A list of names, for a sentence. */
export const named = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

/** ` Did you mean ...?`, if one of the names is near. */
export function meant(word: string, names: readonly string[]): string {
  const found = nearest(word, names)
  return found === undefined ? '' : ` Did you mean \`${found}\`?`
}

/** The condition of a known parameter. @throws OutcomeError `invalid-parameter` */
export function condition(offer: ResourceCapability, asked: Criterion, asking: SearchValueContext): Filter {
  if (asked.name === '_id') return { op: 'id', ids: alternatives(asked) }
  if (asked.modifier === MISSING) return missing(asked)
  const filter = any(alternatives(asked).map((value) => one(offer, asked, value, asking)))
  return asked.modifier === NOT ? { op: 'not', of: filter } : filter
}

/** The values of a parameter, still escaped. An empty one would silently widen or empty the search. */
export function alternatives({ name, value }: Criterion): readonly string[] {
  const list = split(value, ',')
  if (!list.includes('')) return list
  throw refuse('invalid-parameter', `The parameter \`${name}\` has an empty value; give it a value or leave it out.`)
}

function one(
  offer: ResourceCapability,
  { name, modifier }: Criterion,
  value: string,
  asking: SearchValueContext,
): Filter {
  const parameter = find(offer, name)
  if (parameter) return typeOf(parameter).filter(parameter, modifier, value, asking)
  return { op: 'updated', ...searchedRange(name, value, asking.timeZone, asking.now) }
}

const any = (of: readonly Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { op: 'or', of })

function missing({ name, value }: Criterion): Filter {
  const filter: Filter = { op: 'missing', param: name }
  if (value === 'true') return filter
  if (value === 'false') return { op: 'not', of: filter }
  throw refuse(
    'invalid-parameter',
    `The value \`${value}\` of \`${name}:${MISSING}\` is neither \`true\` nor \`false\`.`,
  )
}
