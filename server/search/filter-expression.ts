/**
 * `_filter`: from its tree to a condition on the searched types. A comparison is one of the search parameter's own: the
 * operator becomes a prefix or a modifier. https://hl7.org/fhir/R4/search_filter.html#ops
 */
import type { ResourceCapability } from '../definitions/definitions.ts'
import { OutcomeError, refuse } from '../fhir/outcome.ts'
import { chainTargets, pathCondition, readPath } from './chain.ts'
import type { Condition, OfferedTypes, SearchedTypes } from './chain.ts'
import { condition, quoted, unsupported } from './condition.ts'
import { parseFilter, type Comparison, type FilterPath, type FilterTree } from './filter-syntax.ts'
import { DEFAULT_LIMITS, type SearchLimits } from './limits.ts'
import type { Filter } from './query.ts'
import type { SearchValueContext } from './type.ts'
import { searchTypeOf } from './types/index.ts'
import type { SearchTypeName } from './types/index.ts'

export type FilterContext = SearchValueContext & {
  readonly offered: OfferedTypes | undefined
  readonly limits?: Pick<SearchLimits, 'chain'>
}

/** @throws OutcomeError that names the place in the expression */
export const filterCondition = (text: string, searched: SearchedTypes, context: FilterContext): Condition =>
  treeCondition(parseFilter(text), searched, { ...context, depth: 0 })

type TreeContext = FilterContext & { readonly depth: number }

function treeCondition(tree: FilterTree, searched: SearchedTypes, context: TreeContext): Condition {
  switch (tree.kind) {
    case 'and':
    case 'or':
      return { op: tree.kind, of: tree.of.map((one) => treeCondition(one, searched, context)) }
    case 'not':
      return { op: 'not', of: treeCondition(tree.of, searched, context) }
    case 'compare':
      return located(tree, () => comparisonOf(tree, tree.path, searched, context))
  }
}

function located(one: Comparison, read: () => Condition): Condition {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status !== 400 || error.message.startsWith(PLACE)) throw error
    throw refuse(error.issues[0]?.detail ?? 'invalid-parameter', `${PLACE}${one.at + 1}: ${error.message}`)
  }
}

const PLACE = 'In `_filter`, at character '

function comparisonOf(one: Comparison, path: FilterPath, searched: SearchedTypes, context: TreeContext): Condition {
  const { name, filter, rest } = path
  if (rest === undefined && filter === undefined) return endOf(one, name, searched, context)
  const whole = name.startsWith('_has') ? withoutBrackets(path) : undefined
  if (whole !== undefined) return endOf(one, whole, searched, context)
  const offered = requireOffered(context, name)
  const inner = { ...context, depth: context.depth + 1 }
  const most = mostOf(context)
  if (inner.depth > most) throw refuse('invalid-parameter', `\`${name}\` leads over more than ${most} references.`)
  const [param = '', target] = name.split(':')
  const of = chainTargets(searched.capability, { param, target }, offered, (capability): Condition => {
    const reached = { capability, types: [capability.type] }
    const parts = [
      ...(filter ? [treeCondition(filter, reached, inner)] : []),
      ...(rest ? [comparisonOf(one, rest, reached, inner)] : []),
    ]
    return parts.length === 1 && parts[0] ? parts[0] : { op: 'and', of: parts }
  })
  return { op: 'chain', param, of }
}

/** The path as a search writes it; undefined for one with brackets. */
function withoutBrackets({ name, filter, rest }: FilterPath): string | undefined {
  if (filter !== undefined) return undefined
  if (rest === undefined) return name
  const end = withoutBrackets(rest)
  return end === undefined ? undefined : `${name}.${end}`
}

/** The parameter that is compared. Its name itself may lead on: `_has:Observation:patient:code`. */
function endOf(one: Comparison, name: string, searched: SearchedTypes, context: TreeContext): Condition {
  const offered = name.startsWith('_has') ? requireOffered(context, name) : NO_TYPES
  return pathCondition(
    readPath(searched, name, offered, mostOf(context) - context.depth),
    (capability, code, modifier) => {
      if (modifier === undefined) return compared(one, capability, code, context)
      throw refuse('invalid-parameter', `\`${name}\` has a modifier; \`_filter\` has operators in its place.`)
    },
  )
}

/** References that one comparison leads over. */
const mostOf = ({ limits = DEFAULT_LIMITS }: FilterContext): number => limits.chain

const NO_TYPES: OfferedTypes = { capabilities: [], capability: () => undefined }

function requireOffered({ offered }: FilterContext, name: string): OfferedTypes {
  if (offered) return offered
  throw refuse(
    'invalid-parameter',
    `\`${name}\` leads to other records. Only a search takes that, not the condition of a write or of a subscription.`,
  )
}

/** How an operator is written as a search: with a prefix, with a modifier, as the opposite, or by a filter of its own. */
type Reading = {
  readonly prefix?: string
  readonly modifier?: string
  readonly opposite?: true
  readonly change?: (filter: Filter) => Filter
}

const PLAIN: Reading = {}
const OPPOSITE: Reading = { opposite: true }
const ORDERED = Object.fromEntries(
  ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb'].map((prefix): [string, Reading] => [prefix, { prefix }]),
)
const how = (name: 'equals' | 'ends'): Reading => ({
  modifier: 'contains',
  change: (filter) => mapped(filter, (one) => (one.op === 'string' ? { ...one, how: name } : one)),
})

const READINGS: Readonly<Partial<Record<SearchTypeName, Readonly<Record<string, Reading>>>>> = {
  date: {
    ...ORDERED,
    // The periods overlap: what `ap` compares, without widening the value.
    po: { change: (filter) => mapped(filter, (one) => (one.op === 'date' ? { ...one, prefix: 'ap' } : one)) },
  },
  number: ORDERED,
  quantity: ORDERED,
  string: {
    eq: how('equals'),
    ne: { ...how('equals'), opposite: true },
    co: { modifier: 'contains' },
    sw: PLAIN,
    ew: how('ends'),
  },
  token: {
    eq: PLAIN,
    ne: OPPOSITE,
    in: { modifier: 'in' },
    ni: { modifier: 'not-in' },
    ss: { modifier: 'below' },
    sb: { modifier: 'above' },
  },
  reference: { eq: PLAIN, re: PLAIN, ne: OPPOSITE },
  uri: { eq: PLAIN, ne: OPPOSITE, ss: { modifier: 'below' }, sb: { modifier: 'above' } },
  composite: { eq: PLAIN },
  special: { eq: PLAIN },
  text: { co: PLAIN },
}

const PRESENT = 'pr'

function mapped(filter: Filter, change: (one: Filter) => Filter): Filter {
  if (filter.op === 'and' || filter.op === 'or')
    return { op: filter.op, of: filter.of.map((one) => mapped(one, change)) }
  return filter.op === 'not' ? { op: 'not', of: mapped(filter.of, change) } : change(filter)
}

function compared(
  { op, value }: Comparison,
  capability: ResourceCapability,
  name: string,
  context: TreeContext,
): Filter {
  const read = (modifier: string | undefined, text: string): Filter =>
    condition(capability, { name, value: text, ...(modifier === undefined ? {} : { modifier }) }, context)
  const isOfRecord = Object.hasOwn(OF_RECORD, name)
  if (op === PRESENT && !isOfRecord) return read('missing', absence(name, value))
  const { type, readings } = readingsOf(capability, name)
  const reading = readings.get(op)
  if (reading === undefined) {
    const takes = [...readings.keys(), ...(isOfRecord ? [] : [PRESENT])]
    throw refuse(
      'invalid-parameter',
      `\`${name}\` of \`${capability.type}\` is a ${type} and takes no operator \`${op}\`. It takes ${quoted(takes)}.`,
    )
  }
  const searched = read(reading.modifier, `${reading.prefix ?? ''}${escaped(type, value)}`)
  const filter = reading.change?.(searched) ?? searched
  if (!reading.opposite) return filter
  const opposite: Filter = { op: 'not', of: filter }
  return isOfRecord ? opposite : { op: 'and', of: [read('missing', 'false'), opposite] }
}

/** The parameters of every record, and as what they are compared. */
const OF_RECORD = { _id: 'token', _lastUpdated: 'date' } as const

/** The operators that the parameter takes: those whose modifier its type has. */
function readingsOf(capability: ResourceCapability, name: string) {
  const found = capability.searchParameters.find(({ code }) => code === name)
  const type = found ? searchTypeOf(found) : name === '_lastUpdated' ? OF_RECORD._lastUpdated : OF_RECORD._id
  const isTaken = ({ modifier }: Reading): boolean =>
    modifier === undefined || unsupported(capability, { name, modifier, value: '' }, []) === undefined
  return { type, readings: new Map(Object.entries(READINGS[type] ?? {}).filter(([, reading]) => isTaken(reading))) }
}

function absence(name: string, value: string): string {
  if (value === 'true' || value === 'false') return String(value === 'false')
  throw refuse('invalid-parameter', `The value \`${value}\` of \`${name} pr\` is neither \`true\` nor \`false\`.`)
}

/** A value is one value: commas do not separate alternatives. A bar is read as in any search, unless it is escaped. */
const escaped = (type: string, value: string): string =>
  value.replace(type === 'composite' ? /\\(?!\|)|,/g : /\\(?!\|)|[,$]/g, '\\$&')
