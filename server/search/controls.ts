/** The parameters that control the result rather than choose the records: count, sort, include, total. https://hl7.org/fhir/R4/search.html#return */
import type { ResourceCapability, SearchParameter } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import type { OfferedTypes } from './chain.ts'
import type { DeclaredParameter } from './record-parameters.ts'
import { quoted, suggestion } from './condition.ts'
import { ITERATE, readInclude, type IncludeParameter } from './include.ts'
import { DEFAULT_LIMITS, type SearchLimits } from './limits.ts'
import type { Sort } from './query.ts'
import { searchTypeOf } from './types/index.ts'
import type { SearchTypeName } from './types/index.ts'

/** The controls read so far; each one adds its part. */
export type Controls = {
  readonly count?: number
  readonly sort?: readonly Sort[]
  readonly includes?: readonly IncludeParameter[]
  readonly total?: 'none' | 'accurate'
  readonly countOnly?: boolean
  readonly cursor?: string
}

export const DEFAULT_COUNT = 50
const MAX_SORTS = 5

/** What some controls depend on in addition to their value: their modifier, the searched types, and every type there is. */
export type ControlContext = {
  readonly modifier: string | undefined
  readonly types: readonly string[]
  readonly offered: OfferedTypes | undefined
  readonly limits: SearchLimits
}

type Control = {
  /** How the CapabilityStatement describes it; absent: no part of it. */
  readonly documentation?: string
  /** The type of its values there; default: `special`. */
  readonly type?: SearchParameter['type']
  /** May it be sent several times? */
  readonly repeats?: boolean
  readonly modifiers?: readonly string[]
  /** @throws OutcomeError `invalid-parameter` */
  read(value: string, capability: ResourceCapability, before: Controls, context: ControlContext): Controls
  /** The value as the hub evaluates it, for the self link; default: as sent. */
  self?(value: string, limits: SearchLimits): string
}

export const CONTROLS: { readonly [name: string]: Control } = {
  _count: {
    type: 'number',
    documentation: `The matches in a page, 0 or more; ${DEFAULT_COUNT} by default. A page has at most ${DEFAULT_LIMITS.count}, where the hub is set to nothing else.`,
    read: (value, _capability, _before, { limits }) => ({ count: readCount(value, limits, 'matches') }),
    self: (value, limits) => String(readCount(value, limits, 'matches')),
  },
  _sort: {
    type: 'string',
    documentation: `Up to ${MAX_SORTS} search parameters of the type (no composite or special one), \`_id\` or \`_lastUpdated\`, each descending after \`-\`.`,
    read: (value, capability) => ({ sort: sorts(value, capability) }),
  },
  _include: inclusion(
    '_include',
    'Adds the records that the matches refer to by one of the values of `searchInclude`.',
  ),
  _revinclude: inclusion(
    '_revinclude',
    'Adds the records that refer to the matches by one of the values of `searchRevInclude`.',
  ),
  _contained: {
    type: 'token',
    documentation:
      'Only `false`: contained resources are found by no search, and come with the record that contains them.',
    read: (value) => {
      if (value !== 'false') throw noContained(value)
      return {}
    },
  },
  _containedType: { read: (value) => (choose('_containedType', value, CONTAINED_TYPES), {}) },
  _total: {
    type: 'token',
    documentation:
      'Whether the number of all matches is counted: `none` or `accurate`. `estimate` is answered exactly, as `accurate` is.',
    read: (value) => ({ total: choose('_total', value, TOTALS) }),
    self: (value) => choose('_total', value, TOTALS),
  },
  _summary: {
    type: 'token',
    documentation: 'A part of each resource: `true`, `text` or `data`; `count` answers the number of matches alone.',
    read: (value) => ({ countOnly: choose('_summary', value, SUMMARIES) }),
  },
  // Which part of the resources is answered: interactions/subset.ts.
  _elements: {
    type: 'special',
    documentation: 'The elements of each resource that are answered, with the mandatory ones: `identifier,name`.',
    repeats: true,
    read: () => ({}),
  },
  // interactions/as-of.ts
  _asOf: {
    type: 'special',
    documentation:
      'The records as they were at an instant (for the board also: after a sequence), as far as the caller may know them now.',
    read: () => ({}),
  },
  _cursor: { read: (cursor) => ({ cursor }) },
  // Read by the HTTP layer.
  _format: { read: () => ({}) },
  _pretty: { read: () => ({}) },
}

/** The parameters that control the result, as the CapabilityStatement declares them. */
export const CONTROL_PARAMETERS: readonly DeclaredParameter[] = Object.entries(CONTROLS).flatMap(
  ([code, { type = 'special', documentation }]) => (documentation === undefined ? [] : [{ code, type, documentation }]),
)

const CONTAINED_TYPES = { container: true, contained: true } as const

/** https://hl7.org/fhir/R4/search.html#contained */
const noContained = (value: string) =>
  refuse(
    'invalid-parameter',
    `The value \`${value.slice(0, 60)}\` of \`_contained\` is not supported: contained resources are not indexed, so that a search would find none of them. It takes \`false\`; search for the records that contain them.`,
  )

/** An estimate may be exact; the hub's is. */
const TOTALS = { none: 'none', accurate: 'accurate', estimate: 'accurate' } as const
const SUMMARIES = { true: false, text: false, data: false, count: true, false: false } as const

function choose<T>(name: string, value: string, choices: { readonly [value: string]: T }): T {
  const choice = Object.hasOwn(choices, value) ? choices[value] : undefined
  if (choice !== undefined) return choice
  throw refuse(
    'invalid-parameter',
    `The value \`${value}\` of \`${name}\` is not one of ${quoted(Object.keys(choices))}.`,
  )
}

/** The value of `_count`, of a search or a history. @throws OutcomeError `invalid-parameter` */
export function readCount(value: string, { count }: SearchLimits, what: 'matches' | 'versions'): number {
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value), count)
  throw refuse(
    'invalid-parameter',
    `The value \`${value}\` of \`_count\` is not a whole number, 0 or more; a page has at most ${count} ${what}.`,
  )
}

function sorts(value: string, capability: ResourceCapability): readonly Sort[] {
  const keys = value.split(',')
  if (keys.length <= MAX_SORTS) return keys.map((key) => sort(key, capability))
  throw refuse(
    'invalid-parameter',
    `\`_sort\` names \`${keys.length}\` parameters; at most \`${MAX_SORTS}\` are allowed.`,
  )
}

/** The types of parameter whose values have no order of their own, and why. */
const WITHOUT_ORDER: { readonly [type in SearchTypeName]?: string } = {
  composite: 'a composite parameter compares several values at once, which have no order together',
  special:
    'a special parameter is a condition, such as the distance from a point, which gives a record no place in an order',
  text: 'its entries are words, of which a record has many in no order',
}

function sort(key: string, capability: ResourceCapability): Sort {
  const descending = key.startsWith('-')
  const param = descending ? key.slice(1) : key
  if (param === '_id') return { param, kind: 'id', descending }
  if (param === '_lastUpdated') return { param, kind: 'updated', descending }
  const parameter = capability.searchParameters.find((one) => one.code === param)
  if (parameter && !WITHOUT_ORDER[searchTypeOf(parameter)]) return { param, kind: searchTypeOf(parameter), descending }
  const sortable = capability.searchParameters.filter((one) => !WITHOUT_ORDER[searchTypeOf(one)])
  const names = [...sortable.map((one) => one.code), '_id', '_lastUpdated']
  const why = parameter && WITHOUT_ORDER[searchTypeOf(parameter)]
  if (why)
    throw refuse(
      'invalid-parameter',
      `\`${capability.type}\` cannot be sorted by \`${key}\`: ${why}. It sorts by ${quoted(names)}.`,
    )
  const chained = param.includes('.') ? ' A chain does not sort: all matches would be read for each page.' : ''
  throw refuse(
    'invalid-parameter',
    `\`${capability.type}\` cannot be sorted by \`${key}\`.${chained}${suggestion(param, names)} It sorts by ${quoted(names)}.`,
  )
}

function inclusion(name: '_include' | '_revinclude', documentation: string): Control {
  return {
    type: 'string',
    documentation: `${documentation} With \`:${ITERATE}\` also from what was included.`,
    repeats: true,
    modifiers: [ITERATE],
    read: (value, capability, before, context) => ({
      includes: [...(before.includes ?? []), readInclude(value, { name, capability, ...context })],
    }),
  }
}
