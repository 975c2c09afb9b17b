/** Search parameters to a query, once, before any store sees it. https://hl7.org/fhir/R4/search.html */
import type { ResourceCapability } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { alternatives, condition, unknown } from './condition.ts'
import type { Criterion } from './condition.ts'
import { CONTROLS, DEFAULT_COUNT } from './controls.ts'
import type { Controls, Include } from './controls.ts'
import { notOurs, type Cursors } from './page.ts'
import type { Cursor, Filter, Query, Viewer, Sort } from './query.ts'
import type { SearchValueContext } from './type.ts'

export type { Include } from './controls.ts'

export type SearchContext = SearchValueContext & {
  readonly viewer: Viewer
  /** lenient: unknown parameters are dropped and told. https://hl7.org/fhir/R4/search.html#errors */
  readonly handling: 'strict' | 'lenient'
  /** Absent where there are no pages: criteria, filters. */
  readonly cursors?: Cursors
}

export type Parsed = {
  readonly query: Query
  readonly includes: readonly Include[]
  readonly total: 'none' | 'accurate'
  /** The names (with modifier) that lenient handling dropped. */
  readonly unused: readonly string[]
  /** The parameters as they were understood, for the self link. */
  readonly self: readonly (readonly [string, string])[]
}

/** More is no search by a person or a system that means it. */
const MAX_PARAMETERS = 50
const MAX_ALTERNATIVES = 200

/**
 * Reads the parameters (decoded, in the order given) of a search by type.
 * @throws OutcomeError `unknown-parameter` naming the allowed ones, or `invalid-parameter` naming the value.
 */
export function parse(
  offer: ResourceCapability,
  params: readonly (readonly [string, string])[],
  context: SearchContext,
): Parsed {
  if (params.length > MAX_PARAMETERS) throw tooMany('parameters', params.length, MAX_PARAMETERS)
  const asked = params.map(([name, value]) => cut(name, value))
  const { known, unused } = sift(offer, asked, context.handling)
  const chosen = known.filter((one) => !isControl(one))
  countAlternatives(chosen)
  const controls = readControls(offer, known.filter(isControl))
  return {
    query: toQuery(
      offer,
      chosen.map((one) => condition(offer, one, context)),
      controls,
      context,
    ),
    includes: controls.includes ?? [],
    total: isCounted(controls) ? 'accurate' : 'none',
    unused: unused.map(fullName),
    self: known.filter((one) => !UNLINKED.has(one.name)).map((one) => [fullName(one), understood(one)]),
  }
}

/** Told by headers, not by the link. */
const UNLINKED = new Set(['_format', '_pretty'])

function cut(name: string, value: string): Criterion {
  const colon = name.indexOf(':')
  return colon < 0 ? { name, value } : { name: name.slice(0, colon), modifier: name.slice(colon + 1), value }
}

const fullName = ({ name, modifier }: Criterion): string => (modifier === undefined ? name : `${name}:${modifier}`)

const control = ({ name }: Criterion) => (Object.hasOwn(CONTROLS, name) ? CONTROLS[name] : undefined)
const isControl = (asked: Criterion): boolean => control(asked) !== undefined && asked.modifier === undefined
const understood = (asked: Criterion): string => control(asked)?.self?.(asked.value) ?? asked.value

function sift(offer: ResourceCapability, asked: readonly Criterion[], handling: SearchContext['handling']) {
  const known: Criterion[] = []
  const unused: Criterion[] = []
  for (const one of asked) {
    const fault = isControl(one) ? undefined : unknown(offer, one, Object.keys(CONTROLS))
    if (fault && handling === 'strict') throw fault
    ;(fault ? unused : known).push(one)
  }
  return { known, unused }
}

function countAlternatives(asked: readonly Criterion[]): void {
  const count = asked.reduce((sum, one) => sum + alternatives(one).length, 0)
  if (count > MAX_ALTERNATIVES) throw tooMany('values', count, MAX_ALTERNATIVES)
}

const tooMany = (what: string, count: number, most: number) =>
  refuse(
    'invalid-parameter',
    `The search has \`${count}\` ${what}; at most \`${most}\` are taken. Ask in several searches.`,
  )

function readControls(offer: ResourceCapability, asked: readonly Criterion[]): Controls {
  const seen = new Set<string>()
  return asked.reduce<Controls>((before, one) => {
    if (seen.has(one.name) && !control(one)?.repeats)
      throw refuse('invalid-parameter', `The parameter \`${one.name}\` was sent more than once.`)
    seen.add(one.name)
    return { ...before, ...control(one)?.read(one.value, offer, before) }
  }, {})
}

function afterOf(cursor: string, sort: readonly Sort[], { cursors }: SearchContext): Cursor {
  if (cursors) return cursors.decode(cursor, sort)
  throw notOurs()
}

const isCounted = (controls: Controls): boolean =>
  controls.total === 'accurate' || controls.countOnly === true || controls.count === 0

function toQuery(
  offer: ResourceCapability,
  conditions: readonly Filter[],
  controls: Controls,
  context: SearchContext,
): Query {
  const { sort = [], cursor, count = DEFAULT_COUNT, countOnly } = controls
  const [only] = conditions
  return {
    type: offer.type,
    where: conditions.length === 1 && only ? only : { op: 'and', of: conditions },
    viewer: context.viewer,
    limit: countOnly ? 0 : count,
    ...(sort.length > 0 ? { sort } : {}),
    ...(cursor === undefined ? {} : { after: afterOf(cursor, sort, context) }),
    ...(isCounted(controls) ? { total: true } : {}),
  }
}
