/** The parameters that control the result rather than choose the records: count, sort, include, total. https://hl7.org/fhir/R4/search.html#return */
import type { ResourceCapability, SearchParameter } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import type { OfferedTypes } from './chain.ts'
import type { DeclaredParameter } from './record-parameters.ts'
import { quoted } from './condition.ts'
import { CONTAINED, type ContainedSearch } from './contained.ts'
import { ITERATE, readInclude, type IncludeParameter } from './include.ts'
import { DEFAULT_LIMITS, type SearchLimits } from './limits.ts'
import { MAX_SORTS, readSorts, type SearchSort } from './sort.ts'

/** The controls read so far; each one adds its part. */
export type Controls = {
  readonly count?: number
  readonly sort?: readonly SearchSort[]
  readonly includes?: readonly IncludeParameter[]
  readonly contained?: keyof typeof CONTAINED_VALUES
  readonly containedType?: ContainedSearch['shown']
  readonly total?: 'none' | 'accurate'
  readonly countOnly?: boolean
  readonly cursor?: string
}

export const DEFAULT_COUNT = 50

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
    documentation: `Up to ${MAX_SORTS} search parameters of the type (no composite or special one), \`_id\`, \`_lastUpdated\`, or chains to them (\`patient.family\`), each descending after \`-\`.`,
    read: (value, capability, _before, context) => ({ sort: readSorts(value, capability, context) }),
  },
  _include: inclusion(
    '_include',
    'Adds the records that the matches refer to by one of the values of `searchInclude`.',
  ),
  _revinclude: inclusion(
    '_revinclude',
    'Adds the records that refer to the matches by one of the values of `searchRevInclude`.',
  ),
  [CONTAINED]: {
    type: 'token',
    documentation:
      'Whether resources are found that others contain: `false`, `true` (only these) or `both`. Not with `_sort`, `_has`, `_list`, or in a compartment.',
    read: (value) => ({ contained: choose(CONTAINED, value, CONTAINED_VALUES) }),
  },
  _containedType: {
    type: 'token',
    documentation: 'What is answered of them: the record that contains one (`container`), or it alone (`contained`).',
    read: (value) => ({ containedType: choose('_containedType', value, CONTAINED_TYPES) }),
  },
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

/** https://hl7.org/fhir/R4/search.html#contained */
const CONTAINED_VALUES = { false: 'false', true: 'true', both: 'both' } as const
const CONTAINED_TYPES = { container: 'container', contained: 'contained' } as const

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
