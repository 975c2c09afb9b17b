/**
 * Several values of one element together: `code-value-quantity=http://loinc.org|2823-3$gt5.4`.
 * https://hl7.org/fhir/R4/search.html#composite
 */
import type { SearchParameter, SearchComponent } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/types.ts'
import { compileSelector } from '../../fhirpath/select.ts'
import { split } from '../escape.ts'
import { MISSING } from '../type.ts'
import type { IndexContext, SearchType } from '../type.ts'
import { date } from './date.ts'
import type { DateEntry, DateFilter } from './date.ts'
import { number } from './number.ts'
import type { NumberEntry, NumberFilter } from './number.ts'
import { quantity } from './quantity.ts'
import type { QuantityEntry, QuantityFilter } from './quantity.ts'
import { reference } from './reference.ts'
import type { ReferenceEntry, ReferenceFilter } from './reference.ts'
import { string } from './string.ts'
import type { StringEntry, StringFilter } from './string.ts'
import { token } from './token.ts'
import type { TokenEntry, TokenFilter } from './token.ts'
import { uri } from './uri.ts'
import type { UriEntry, UriFilter } from './uri.ts'

/** The types that a component may have. */
const COMPONENT_TYPES = { token, string, reference, date, uri, number, quantity } as const
type ComponentType = keyof typeof COMPONENT_TYPES

export type ComponentEntry =
  TokenEntry | StringEntry | ReferenceEntry | DateEntry | UriEntry | NumberEntry | QuantityEntry
type PlainFilter = TokenFilter | StringFilter | ReferenceFilter | DateFilter | UriFilter | NumberFilter | QuantityFilter
export type ComponentFilter = PlainFilter | { readonly op: 'or'; readonly of: readonly PlainFilter[] }

/** Of one element, the entries of each component, in the order of the components; `param` of each is its component's name. */
export type CompositeEntry = {
  readonly kind: 'composite'
  readonly param: string
  readonly parts: readonly (readonly ComponentEntry[])[]
}

/** One condition for each component, all met by the same element. */
export type CompositeFilter = {
  readonly op: 'composite'
  readonly param: string
  readonly parts: readonly ComponentFilter[]
}

export const composite: SearchType<CompositeEntry, CompositeFilter> = {
  modifiers: [MISSING],
  sortKeyType: 'string',

  entries(value, parameter, context, resource) {
    const parts = extractorOf(parameter)(value, context, resource)
    return parts ? [{ kind: 'composite', param: parameter.code, parts }] : []
  },

  filter(parameter, _modifier, text, context) {
    const { code: param, component = [] } = parameter
    const values = split(text, '$')
    if (values.length !== component.length || values.includes('')) {
      const form = component.map((one) => `<${one.code}>`).join('$')
      throw refuse(
        'invalid-parameter',
        `The value \`${text}\` of \`${param}\` is not \`${form}\`: it has \`${component.length}\` parts with \`$\` between them, and \`\\$\` is a dollar sign inside a part.`,
      )
    }
    const parts = component.map((one, index) => componentFilter(one, values[index]!, context))
    return { op: 'composite', param, parts }
  },

  matches: ({ parts }, filter) =>
    filter.parts.every((part, index) => parts[index]!.some((entry) => meets(part, entry))),

  // No order between pairs; R4 names none.
  sortKey: () => undefined,
}

function componentFilter(
  one: SearchComponent,
  text: string,
  context: Parameters<typeof token.filter>[3],
): ComponentFilter {
  return COMPONENT_TYPES[componentType(one)].filter(asParameter(one), undefined, text, context)
}

function meets(filter: ComponentFilter, entry: ComponentEntry): boolean {
  if (filter.op === 'or') return filter.of.some((one) => meets(one, entry))
  if (filter.op !== entry.kind || filter.param !== entry.param) return false
  return COMPONENT_TYPES[filter.op].matches(entry as never, filter as never)
}

/** The parts of one element; undefined for one that lacks a component, which meets no condition. */
type ComponentExtractor = (
  element: unknown,
  context: IndexContext,
  resource: Resource | undefined,
) => readonly (readonly ComponentEntry[])[] | undefined

/** Each parameter is compiled once, and kept as long as the parameter itself. */
const extractors = new WeakMap<SearchParameter, ComponentExtractor>()

function extractorOf(parameter: SearchParameter): ComponentExtractor {
  const made = extractors.get(parameter) ?? compileComponents(parameter)
  extractors.set(parameter, made)
  return made
}

/** An expression that begins with this is evaluated on the resource, not on the element. */
const OF_RESOURCE = '%resource.'

/** @throws Error whose message names the component that the hub does not evaluate. */
export function compileComponents({ component = [], code }: SearchParameter): ComponentExtractor {
  if (component.length === 0) throw new Error(`the composite \`${code}\` has no components`)
  const compiled = component.map((one) => {
    const ofResource = one.expression.startsWith(OF_RESOURCE)
    const select = compileSelector(ofResource ? one.expression.slice(OF_RESOURCE.length) : one.expression)
    return { ofResource, select, type: COMPONENT_TYPES[componentType(one)], parameter: asParameter(one) }
  })
  // The last component first: the value, which most elements lack, while nearly all have a code.
  compiled.reverse()
  return (element, context, resource) => {
    const parts: (readonly ComponentEntry[])[] = []
    for (const { ofResource, select, type, parameter } of compiled) {
      const values = select((ofResource ? resource : element) as Resource)
      const entries = values.flatMap((value): readonly ComponentEntry[] => type.entries(value, parameter, context))
      if (entries.length === 0) return undefined
      parts.unshift(entries)
    }
    return parts
  }
}

function componentType({ type, code }: SearchComponent): ComponentType {
  if (Object.hasOwn(COMPONENT_TYPES, type)) return type as ComponentType
  throw new Error(`its component \`${code}\` is of type \`${type}\``)
}

/** One parameter for each component: extractors are cached by the object (extract.ts). */
const parameters = new WeakMap<SearchComponent, SearchParameter>()

function asParameter(one: SearchComponent): SearchParameter {
  const made = parameters.get(one) ?? { ...one, documentation: '' }
  parameters.set(one, made)
  return made
}
