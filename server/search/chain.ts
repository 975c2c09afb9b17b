/**
 * Parameters that other records decide: chains (`subject:Patient.name`) and reverse chains (`_has:Observation:patient:code`).
 * Parsing is pure and makes a tree whose chains are unresolved; interactions/resolve-chains.ts finds the records on the
 * way, as far as the caller may know of them, and makes a plain filter of it.
 * https://hl7.org/fhir/R4/search.html#chaining and https://hl7.org/fhir/R4/search.html#has
 */
import type { Definitions, ResourceCapability, SearchParameter } from '../definitions/definitions.ts'
import { OutcomeError, refuse } from '../fhir/outcome.ts'
import { isCanonicalType } from './canonical.ts'
import { quoted, suggestion, unsupported } from './condition.ts'
import { requireComplete } from './incomplete.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { Filter } from './query.ts'

/** A filter whose chains are not resolved yet. */
export type Condition =
  | Filter
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | Chain
  | ReverseChain
  | ListMember
  | Hierarchy

/** The record, of one of `types`, is an item of the List. https://hl7.org/fhir/R4/search.html#list */
export type ListMember = { readonly op: 'list'; readonly types: readonly string[]; readonly id: string }

/** The reference `param` of the record names this one of `type`, or one above or below it by the reference `parent`. */
export type Hierarchy = {
  readonly op: 'hierarchy'
  readonly param: string
  readonly type: string
  readonly id: string
  readonly parent: string
  readonly direction: 'above' | 'below'
}

/** A reference of the record leads to a record that meets one of these conditions. */
export type Chain = {
  readonly op: 'chain'
  readonly param: string
  readonly of: readonly ChainedTypes[]
}

/** `canonical`: the reference may be the url of such a record. */
export type ChainedTypes = { readonly types: readonly string[]; readonly where: Condition; readonly canonical?: true }

/** A record of the type `from` meets the condition and refers, by its parameter `param`, to the record of one of `types`. */
export type ReverseChain = {
  readonly op: 'has'
  readonly types: readonly string[]
  /** Those of the types whose records the reference may name by their url. */
  readonly canonical?: readonly string[]
  readonly from: string
  readonly param: string
  readonly where: Condition
}

/** The types that searches reach. Absent in a context: nothing but the record itself is looked at. */
export type OfferedTypes = Pick<Definitions, 'capability' | 'capabilities'>

/** The name of a parameter, read: what it leads over, and the parameter at its end. */
export type ParameterPath =
  | {
      readonly kind: 'own'
      readonly capability: ResourceCapability
      readonly name: string
      readonly modifier: string | undefined
    }
  | { readonly kind: 'chain'; readonly param: string; readonly targets: readonly ChainTarget[] }
  | {
      readonly kind: 'has'
      readonly types: readonly string[]
      readonly canonical: readonly string[]
      readonly from: string
      readonly param: string
      readonly rest: ParameterPath
    }

type ChainTarget = { readonly type: string; readonly isCanonical: boolean; readonly rest: ParameterPath }

const CHAIN = /^([^.:]+)(?::([^.:]+))?\.(.+)$/s
const HAS = /^_has:([^:]+):([^:]+):(.+)$/s
const NAMES_HAS = /^_has(?![^:])/

/** Does the name (with its modifiers) lead to other records? */
export const isChained = (name: string): boolean => NAMES_HAS.test(name) || CHAIN.test(name)

/** The searched types as one capability, and their names. */
export type SearchedTypes = { readonly capability: ResourceCapability; readonly types: readonly string[] }

/**
 * Reads the name of a chained parameter of the searched type. `depth`: how many references it may lead over.
 * @throws OutcomeError `unknown-parameter`, `invalid-parameter`, or `index-incomplete`, that says what would work
 */
export function readPath(
  searched: SearchedTypes,
  name: string,
  offered: OfferedTypes,
  depth: number = DEFAULT_LIMITS.chain,
): ParameterPath {
  checkDepth(name, depth)
  return pathOf(searched, name, offered)
}

function pathOf(searched: SearchedTypes, name: string, offered: OfferedTypes): ParameterPath {
  if (NAMES_HAS.test(name)) return reverseOf(searched, name, offered)
  const chain = CHAIN.exec(name)
  return chain ? chainOf(searched, chain, offered) : ownOf(searched.capability, name)
}

function checkDepth(name: string, limit: number): void {
  let rest: string | undefined = name
  for (let depth = 0; rest !== undefined; depth += 1) {
    if (depth > limit)
      throw refuse(
        'invalid-parameter',
        `The parameter \`${clip(name)}\` leads over more than ${limit} references. Search in two steps: first for the records on the way, then by their ids.`,
      )
    rest = HAS.exec(rest)?.[3] ?? CHAIN.exec(rest)?.[3]
  }
}

function ownOf(capability: ResourceCapability, text: string): ParameterPath {
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  const modifier = colon < 0 ? undefined : text.slice(colon + 1)
  const refusal = unsupported(capability, { name, value: '', ...(modifier === undefined ? {} : { modifier }) }, [])
  if (refusal) throw refusal
  requireComplete(capability, [[name, '']])
  return { kind: 'own', capability, name, modifier }
}

function chainOf({ capability }: SearchedTypes, match: readonly string[], offered: OfferedTypes): ParameterPath {
  const [, param = '', target, rest = ''] = match
  const targets = targetsOf(capability, { param, target }, offered)
  const read = targets.map((one) => attempt(() => pathOf({ capability: one, types: [one.type] }, rest, offered)))
  const found = targets.flatMap((target, index) => {
    const path = read[index]
    if (path === undefined || path instanceof OutcomeError) return []
    return [{ type: target.type, isCanonical: isCanonicalType(target), rest: path }]
  })
  if (found.length > 0) return { kind: 'chain', param, targets: found }
  throw noTarget(
    capability,
    param,
    read.filter((one) => one instanceof OutcomeError),
    targets,
  )
}

/** The types that are searched here and that the reference leads to, or the one of them that is named. */
function targetsOf(
  capability: ResourceCapability,
  { param, target }: { readonly param: string; readonly target: string | undefined },
  offered: OfferedTypes,
): readonly ResourceCapability[] {
  const parameter = referenceParameter(capability, param)
  requireComplete(capability, [[param, '']])
  const reached = reachedTypes(parameter, offered)
  const types = reached.map(({ type }) => type)
  if (types.length === 0)
    throw refuse('invalid-parameter', `\`${param}\` of \`${capability.type}\` leads to no type that is searched here.`)
  if (target === undefined || types.includes(target))
    return reached.filter(({ type }) => target === undefined || type === target)
  throw refuse(
    'invalid-parameter',
    `\`${param}\` of \`${capability.type}\` leads to no \`${clip(target)}\`.${suggestion(target, types)} It leads to ${quoted(types)}.`,
  )
}

/** One type: what is wrong with it. Several: none of them has the rest of the chain. */
function noTarget(
  { type }: ResourceCapability,
  param: string,
  refusals: readonly OutcomeError[],
  targets: readonly ResourceCapability[],
): OutcomeError {
  const [refusal, another] = refusals
  if (refusal && !another) return refusal
  const code = refusal?.issues[0]?.detail ?? 'unknown-parameter'
  return refuse(
    code,
    `\`${param}\` of \`${type}\` leads to ${quoted(targets.map((one) => one.type))}; what follows it is a parameter of none of them. Of the first: ${refusal?.message ?? ''}`,
  )
}

function attempt(read: () => ParameterPath): ParameterPath | OutcomeError {
  try {
    return read()
  } catch (error) {
    // An index that is being built would miss records.
    if (error instanceof OutcomeError && error.status === 400) return error
    throw error
  }
}

function referenceParameter(capability: ResourceCapability, param: string): SearchParameter {
  const parameter = capability.searchParameters.find(({ code }) => code === param)
  const references = capability.searchParameters.filter(({ type }) => type === 'reference').map(({ code }) => code)
  const takes = references.length > 0 ? ` A chain begins with ${quoted(references)}.` : ''
  if (parameter?.type === 'reference') return parameter
  if (parameter)
    throw refuse(
      'invalid-parameter',
      `\`${param}\` of \`${capability.type}\` is a ${parameter.type}, which leads to no other record.${takes}`,
    )
  throw refuse(
    'unknown-parameter',
    `\`${capability.type}\` has no search parameter \`${clip(param)}\`.${suggestion(param, references)}${takes}`,
  )
}

/** The types that a reference may lead to and that are searched here. */
export const reachedTypes = ({ target }: SearchParameter, offered: OfferedTypes): readonly ResourceCapability[] =>
  offered.capabilities.filter(
    ({ type, interactions }) => interactions.includes('search-type') && (target.length === 0 || target.includes(type)),
  )

function reverseOf({ types, capability }: SearchedTypes, name: string, offered: OfferedTypes): ParameterPath {
  const [, from = '', param = '', rest = ''] = HAS.exec(name) ?? []
  if (from === '')
    throw refuse(
      'invalid-parameter',
      `\`${clip(name)}\` is not complete; write \`_has:Type:reference:parameter\`, such as \`_has:Observation:patient:code\`.`,
    )
  const source = offered.capability(from)
  if (!source?.interactions.includes('search-type')) {
    const names = offered.capabilities.map(({ type }) => type)
    throw refuse(
      'invalid-parameter',
      `\`_has\` names the type \`${clip(from)}\`, which is not searched here.${suggestion(from, names)}`,
    )
  }
  const parameter = referenceParameter(source, param)
  requireComplete(source, [[param, '']])
  const reached = types.filter((type) => parameter.target.length === 0 || parameter.target.includes(type))
  if (reached.length === 0)
    throw refuse(
      'invalid-parameter',
      `\`${param}\` of \`${from}\` leads to no \`${capability.type}\`; it leads to ${quoted(parameter.target)}.`,
    )
  const path = pathOf({ capability: source, types: [from] }, rest, offered)
  const canonical = reached.filter((type) => {
    const target = offered.capability(type)
    return target !== undefined && isCanonicalType(target)
  })
  return { kind: 'has', types: reached, canonical, from, param, rest: path }
}

/** The condition of a parameter at the end of a path. */
export type Compare = (capability: ResourceCapability, name: string, modifier: string | undefined) => Condition

export function pathCondition(path: ParameterPath, compare: Compare): Condition {
  if (path.kind === 'own') return compare(path.capability, path.name, path.modifier)
  if (path.kind === 'has') {
    const { types, canonical, from, param, rest } = path
    const has = { op: 'has' as const, types, from, param, where: pathCondition(rest, compare) }
    return canonical.length > 0 ? { ...has, canonical } : has
  }
  return { op: 'chain', param: path.param, of: together(path.targets, ({ rest }) => pathCondition(rest, compare)) }
}

/**
 * The types that a reference parameter leads to (or the one that is named), each with its condition.
 * @throws OutcomeError where there is no such reference, or no type can meet the condition
 */
export function chainTargets(
  capability: ResourceCapability,
  reference: { readonly param: string; readonly target: string | undefined },
  offered: OfferedTypes,
  conditionOf: (target: ResourceCapability) => Condition,
): Chain['of'] {
  const targets = targetsOf(capability, reference, offered)
  return together(
    targets.map((one) => ({ type: one.type, isCanonical: isCanonicalType(one), one })),
    ({ one }) => conditionOf(one),
  )
}

/** Types with the same condition together. A type that cannot have the condition is left out, unless all are. */
function together<T extends { readonly type: string; readonly isCanonical: boolean }>(
  targets: readonly T[],
  conditionOf: (target: T) => Condition,
): Chain['of'] {
  const byCondition = new Map<string, ChainedTypes & { readonly types: string[] }>()
  let refusal: unknown
  for (const target of targets) {
    try {
      const where = conditionOf(target)
      const key = JSON.stringify([target.isCanonical, where])
      const same = byCondition.get(key) ?? { types: [], where, ...(target.isCanonical ? { canonical: true } : {}) }
      same.types.push(target.type)
      byCondition.set(key, same)
    } catch (error) {
      if (!(error instanceof OutcomeError) || error.status !== 400) throw error
      refusal ??= error
    }
  }
  if (byCondition.size === 0) throw refusal
  return [...byCondition.values()]
}

/** Is nothing in the condition left to resolve? */
export function isFilter(one: Condition): one is Filter {
  if (one.op === 'chain' || one.op === 'has' || one.op === 'list' || one.op === 'hierarchy') return false
  if (one.op === 'and' || one.op === 'or') return one.of.every(isFilter)
  return one.op !== 'not' || isFilter(one.of)
}

export const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
