/** The parameters that shape the answer rather than choose the records. https://hl7.org/fhir/R4/search.html#return */
import type { ResourceCapability } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { meant, named } from './condition.ts'
import type { Sort } from './query.ts'

export type Include = { readonly type: string; readonly param: string; readonly target?: string }

/** What the controls say so far; each control adds its part. */
export type Controls = {
  readonly count?: number
  readonly sort?: readonly Sort[]
  readonly includes?: readonly Include[]
  readonly total?: 'none' | 'accurate'
  readonly countOnly?: boolean
  readonly cursor?: string
}

export const DEFAULT_COUNT = 50
export const MAX_COUNT = 200
const MAX_SORTS = 5

type Control = {
  /** May it be sent several times? */
  readonly repeats?: boolean
  /** @throws OutcomeError `invalid-parameter` */
  read(value: string, offer: ResourceCapability, before: Controls): Controls
  /** The value as the hub took it, for the self link; default: as sent. */
  self?(value: string): string
}

export const CONTROLS: { readonly [name: string]: Control } = {
  _count: { read: (value) => ({ count: count(value) }), self: (value) => String(count(value)) },
  _sort: { read: (value, offer) => ({ sort: sorts(value, offer) }) },
  _include: {
    repeats: true,
    read: (value, offer, before) => ({ includes: [...(before.includes ?? []), include(value, offer)] }),
  },
  _total: {
    read: (value) => ({ total: choose('_total', value, TOTALS) }),
    self: (value) => choose('_total', value, TOTALS),
  },
  _summary: { read: (value) => ({ countOnly: choose('_summary', value, SUMMARIES) }) },
  _cursor: { read: (cursor) => ({ cursor }) },
  // The format is the business of whoever writes the answer.
  _format: { read: () => ({}) },
  _pretty: { read: () => ({}) },
}

/** An estimate may be exact, and here it is. */
const TOTALS = { none: 'none', accurate: 'accurate', estimate: 'accurate' } as const
const SUMMARIES = { count: true, false: false } as const

function choose<T>(name: string, value: string, choices: { readonly [value: string]: T }): T {
  const found = Object.hasOwn(choices, value) ? choices[value] : undefined
  if (found !== undefined) return found
  throw refuse(
    'invalid-parameter',
    `The value \`${value}\` of \`${name}\` is not one of ${named(Object.keys(choices))}.`,
  )
}

function count(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value), MAX_COUNT)
  throw refuse(
    'invalid-parameter',
    `The value \`${value}\` of \`_count\` is not a whole number from 0 on; at most ${MAX_COUNT} come at a time.`,
  )
}

function sorts(value: string, offer: ResourceCapability): readonly Sort[] {
  const keys = value.split(',')
  if (keys.length <= MAX_SORTS) return keys.map((key) => sort(key, offer))
  throw refuse(
    'invalid-parameter',
    `\`_sort\` names \`${keys.length}\` parameters; at most \`${MAX_SORTS}\` are taken.`,
  )
}

function sort(key: string, offer: ResourceCapability): Sort {
  const descending = key.startsWith('-')
  const param = descending ? key.slice(1) : key
  if (param === '_id') return { param, kind: 'id', descending }
  if (param === '_lastUpdated') return { param, kind: 'updated', descending }
  const found = offer.searchParameters.find((one) => one.code === param)
  if (found) return { param, kind: found.type as Sort['kind'], descending }
  const known = [...offer.searchParameters.map((one) => one.code), '_id', '_lastUpdated']
  throw refuse(
    'invalid-parameter',
    `\`${offer.type}\` cannot be sorted by \`${key}\`.${meant(param, known)} It sorts by ${named(known)}.`,
  )
}

function include(value: string, offer: ResourceCapability): Include {
  const [type = '', param = '', target, ...rest] = value.split(':')
  const parameter = offer.searchParameters.find((one) => one.code === param)
  const aims = target === undefined || parameter === undefined || parameter.target.includes(target)
  if (offer.includes.includes(`${type}:${param}`) && aims && rest.length === 0)
    return { type, param, ...(target ? { target } : {}) }
  const known = offer.includes.length > 0 ? `It takes ${named(offer.includes)}` : `\`${offer.type}\` offers none`
  throw refuse(
    'invalid-parameter',
    `The value \`${value}\` of \`_include\` is not offered.${meant(value, offer.includes)} ${known}.`,
  )
}
