/** Search parameters to a query, once, before any store sees it. https://hl7.org/fhir/R4/search.html */
import type { ResourceCapability } from '../definitions/definitions.ts'
import { OutcomeError, refuse } from '../fhir/outcome.ts'
import { clip, isChained, isFilter, pathCondition, readPath } from './chain.ts'
import type { Condition, OfferedTypes, ParameterPath } from './chain.ts'
import { alternatives, condition, unsupported, unsupportedModifier } from './condition.ts'
import type { Criterion } from './condition.ts'
import { CONTROLS, DEFAULT_COUNT } from './controls.ts'
import type { Controls } from './controls.ts'
import { checkContained, CONTAINED_ORDER, type ContainedSearch } from './contained.ts'
import type { IncludeParameter } from './include.ts'
import { filterCondition } from './filter-expression.ts'
import { hierarchyCondition } from './hierarchy.ts'
import { LIST, listCondition, unsupportedList } from './list.ts'
import { requireComplete } from './incomplete.ts'
import { DEFAULT_LIMITS, type SearchLimits } from './limits.ts'
import { invalidCursor, type Cursors } from './page.ts'
import { openPosition, searchIdentity, type SearchPosition } from './position.ts'
import type { Filter, Query, Viewer } from './query.ts'
import type { SearchSort } from './sort.ts'
import type { SearchValueContext } from './type.ts'

export type SearchContext = SearchValueContext & {
  readonly viewer: Viewer
  /** Bounds the size of the query tree; absent: the default limits. */
  readonly limits?: SearchLimits
  /** lenient: unsupported parameters are ignored and reported. https://hl7.org/fhir/R4/search.html#errors */
  readonly handling: 'strict' | 'lenient'
  /** Absent where there are no pages: criteria, filters. */
  readonly cursors?: Cursors
  /** Absent where the record alone decides: the conditions of writes and subscriptions. */
  readonly offered?: OfferedTypes
  /** Where the search is sent to, below the base: the cursors of its pages hold for it alone. */
  readonly path?: string
  /** The types of a search over several; the capability is then what they have in common. Absent: that of the capability. */
  readonly types?: readonly string[]
}

export type ParsedSearch = {
  /** Without the conditions that other records decide. */
  readonly query: Query
  /** Those conditions, all of which must hold: interactions/resolve-chains.ts makes filters of them. */
  readonly chained: readonly Condition[]
  /** Absent: the query has its sorts. Where one is a chain, all of them, which interactions/sort-by-chains.ts sorts by. */
  readonly chainedSorts?: readonly SearchSort[]
  /** Absent: contained resources are not searched for. interactions/find-contained.ts does. */
  readonly contained?: ContainedSearch
  readonly includes: readonly IncludeParameter[]
  readonly limits: SearchLimits
  readonly total: 'none' | 'accurate'
  /** The names (with modifier) that lenient handling ignored. */
  readonly ignored: readonly string[]
  /** The parameters as the hub evaluates them, for the self link. https://hl7.org/fhir/R4/search.html#conformance */
  readonly self: readonly (readonly [string, string])[]
  /** What the cursors of its pages belong to: most searches have none. */
  readonly identity: () => string
}

/**
 * Reads the parameters (decoded, in the order given) of a search by type.
 * @throws OutcomeError `unknown-parameter` naming the allowed ones, `invalid-parameter` naming the value, or
 * `index-incomplete` naming a parameter that cannot be used yet.
 */
export function parse(
  capability: ResourceCapability,
  params: readonly (readonly [string, string])[],
  context: SearchContext,
): ParsedSearch {
  const { limits = DEFAULT_LIMITS } = context
  requireShort(params, limits.characters)
  requireComplete(capability, params)
  if (params.length > limits.parameters) throw tooMany('parameters', params.length, limits.parameters)
  const criteria = params.map(([name, value]) => toCriterion(name, value))
  const { supported, ignored } = checkSupport(capability, criteria, context)
  const searched = supported.filter((one) => !isControl(one))
  countAlternatives(searched, limits.values)
  const controls = readControls(capability, supported.filter(isControl), context)
  const conditions = searched.map((one) => conditionOf(capability, one, context))
  const contained = containedSearch(controls, conditions, context.offered)
  const self = supported
    .filter((one) => !FORMATS.has(one.name))
    .map((one) => [fullName(one), evaluatedValue(one, limits)] as const)
  const identity = () => searchIdentity([context.path ?? [], context.types ?? capability.type].flat().join(' '), self)
  return {
    query: {
      ...toQuery(capability, conditions.filter(isFilter), controls, context),
      ...positionOf(controls, identity, context),
    },
    chained: conditions.filter((one) => !isFilter(one)),
    ...(isSortedByChains(controls) ? { chainedSorts: controls.sort } : {}),
    ...(contained ? { contained } : {}),
    includes: controls.includes ?? [],
    limits,
    total: isCounted(controls) ? 'accurate' : 'none',
    ignored: ignored.map(fullName),
    self,
    identity,
  }
}

function conditionOf(capability: ResourceCapability, one: SupportedCriterion, context: SearchContext): Condition {
  if (one.path) return chainedCondition(one.path, one.value, context)
  const searched = { capability, types: context.types ?? [capability.type] }
  if (one.name === LIST && context.offered) return listCondition(one, searched.types, context.offered, context)
  if (one.name !== FILTER) return ownCondition(capability, one, context)
  return filterCondition(one.value, searched, { ...context, offered: context.offered })
}

const ownCondition = (capability: ResourceCapability, one: Criterion, context: SearchContext): Condition =>
  hierarchyCondition(capability, one, context.offered) ?? condition(capability, one, context)

const chainedCondition = (path: ParameterPath, value: string, context: SearchContext): Condition =>
  pathCondition(path, (capability, name, modifier) =>
    ownCondition(capability, { name, value, ...(modifier === undefined ? {} : { modifier }) }, context),
  )

/** An expression in place of parameters. https://hl7.org/fhir/R4/search_filter.html */
const FILTER = '_filter'

/** What is allowed beside the search parameters of a type. */
const OTHER_NAMES = [FILTER, ...Object.keys(CONTROLS)]

/** Not part of the self link: the answer carries its format in a header. */
const FORMATS = new Set(['_format', '_pretty'])

function toCriterion(name: string, value: string): Criterion {
  if (isChained(name)) return { name, value }
  const colon = name.indexOf(':')
  return colon < 0 ? { name, value } : { name: name.slice(0, colon), modifier: name.slice(colon + 1), value }
}

const fullName = ({ name, modifier }: Criterion): string => (modifier === undefined ? name : `${name}:${modifier}`)

const control = ({ name }: Criterion) => (Object.hasOwn(CONTROLS, name) ? CONTROLS[name] : undefined)
const isControl = (criterion: Criterion): boolean => {
  const found = control(criterion)
  return (
    found !== undefined && (criterion.modifier === undefined || found.modifiers?.includes(criterion.modifier) === true)
  )
}
const evaluatedValue = (criterion: Criterion, limits: SearchLimits): string =>
  control(criterion)?.self?.(criterion.value, limits) ?? criterion.value

/** `path`: of a chained parameter. */
type SupportedCriterion = Criterion & { readonly path?: ParameterPath }

function checkSupport(capability: ResourceCapability, criteria: readonly Criterion[], context: SearchContext) {
  const supported: SupportedCriterion[] = []
  const ignored: Criterion[] = []
  for (const one of criteria) {
    const checked = checkCriterion(capability, one, context)
    if (!(checked instanceof OutcomeError)) supported.push(checked)
    else if (context.handling === 'strict' || checked.status !== 400) throw checked
    else ignored.push(one)
  }
  return { supported, ignored }
}

/** The criterion, ready to be evaluated, or why it is not supported. */
function checkCriterion(
  capability: ResourceCapability,
  one: Criterion,
  context: SearchContext,
): SupportedCriterion | OutcomeError {
  if (isControl(one)) return one
  if (one.name === LIST && context.offered) return unsupportedList(one, context.offered) ?? one
  if (!isChained(one.name) && one.name !== LIST) {
    const modifiers = control(one)?.modifiers
    if (modifiers) return unsupportedModifier(one, modifiers) ?? one
    return unsupported(capability, one, OTHER_NAMES) ?? one
  }
  if (!context.offered) return reachesOthers(one.name)
  try {
    const searched = { capability, types: context.types ?? [capability.type] }
    return { ...one, path: readPath(searched, one.name, context.offered, context.limits?.chain) }
  } catch (error) {
    if (error instanceof OutcomeError) return error
    throw error
  }
}

const reachesOthers = (name: string): OutcomeError =>
  refuse(
    'unknown-parameter',
    `The parameter \`${clip(name)}\` is decided by other records. Only a search takes it, not the condition of a write or of a subscription: use parameters of the record itself, or search first.`,
  )

function containedSearch(
  { contained = 'false', containedType: shown = 'container', sort, includes }: Controls,
  conditions: readonly Condition[],
  offered: OfferedTypes | undefined,
): ContainedSearch | undefined {
  if (contained === 'false') return undefined
  const search = { found: contained, shown }
  checkContained(search, { conditions, isSorted: sort !== undefined, includes: includes !== undefined }, offered)
  return search
}

function countAlternatives(criteria: readonly Criterion[], limit: number): void {
  const count = criteria.reduce((sum, one) => sum + (one.name === FILTER ? 1 : valueCount(one)), 0)
  if (count > limit) throw tooMany('values', count, limit)
}

/** Each word of a text search is a condition of its own. */
const OF_WORDS = /(?:^|[.:])_(?:text|content)$/
const valueCount = (one: Criterion): number =>
  Math.max(alternatives(one).length, OF_WORDS.test(one.name) ? one.value.split(/[\s,]+/).length : 0)

/** Before anything reads them, and without repeating them in the refusal. */
function requireShort(params: readonly (readonly [string, string])[], limit: number): void {
  const characters = params.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (characters > limit) throw tooMany('characters', characters, limit)
}

const tooMany = (what: string, count: number, most: number) =>
  refuse(
    'invalid-parameter',
    `The search has \`${count}\` ${what}; at most \`${most}\` are allowed. Split it into several searches.`,
  )

function readControls(
  capability: ResourceCapability,
  criteria: readonly Criterion[],
  { offered, types = [capability.type], limits = DEFAULT_LIMITS }: SearchContext,
): Controls {
  const seen = new Set<string>()
  return criteria.reduce<Controls>((before, one) => {
    if (seen.has(one.name) && !control(one)?.repeats)
      throw refuse('invalid-parameter', `The parameter \`${one.name}\` was sent more than once.`)
    seen.add(one.name)
    return {
      ...before,
      ...control(one)?.read(one.value, capability, before, { modifier: one.modifier, offered, types, limits }),
    }
  }, {})
}

/** Which page of the result, where there is a cursor. */
function positionOf(
  { cursor, sort = [], contained = 'false', containedType }: Controls,
  identity: () => string,
  { cursors }: SearchContext,
): Partial<SearchPosition> {
  if (cursor === undefined) return {}
  const order = contained !== 'false' && containedType === 'contained' ? CONTAINED_ORDER : sort
  if (cursors) return openPosition(cursors, cursor, identity(), order)
  throw invalidCursor()
}

const isCounted = (controls: Controls): boolean =>
  controls.total === 'accurate' || controls.countOnly === true || controls.count === 0

const isSortedByChains = ({ sort = [] }: Controls): boolean => sort.some(({ path }) => path !== undefined)

function toQuery(
  capability: ResourceCapability,
  conditions: readonly Filter[],
  controls: Controls,
  context: SearchContext,
): Query {
  const { limits = DEFAULT_LIMITS } = context
  const { sort = [], count = Math.min(DEFAULT_COUNT, limits.count), countOnly } = controls
  const [only] = conditions
  return {
    type: context.types ?? capability.type,
    where: conditions.length === 1 && only ? only : { op: 'and', of: conditions },
    viewer: context.viewer,
    limit: countOnly ? 0 : count,
    ...(sort.length > 0 && !isSortedByChains(controls) ? { sort } : {}),
    ...(isCounted(controls) ? { total: true } : {}),
  }
}
