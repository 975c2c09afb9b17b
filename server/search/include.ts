/**
 * `_include` and `_revinclude`: which records come with the matches. `Type:parameter`, `Type:parameter:Target`, `Type:*`
 * or `*`; with `:iterate` also from what was included. https://hl7.org/fhir/R4/search.html#include
 */
import type { ResourceCapability, SearchParameter } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { clip, type OfferedTypes } from './chain.ts'
import { quoted, suggestion } from './condition.ts'
import { requireComplete } from './incomplete.ts'

export type IncludeParameter = {
  /** Follows the references of a record; or, in reverse, finds the records that refer to it. */
  readonly reverse?: true
  /** Also for the records that were included. */
  readonly iterate?: true
  /** The type that has the reference; absent: every type. */
  readonly type?: string
  /** The reference parameter; absent: every one of the type. */
  readonly param?: string
  /** The type that is referred to; absent: any. */
  readonly target?: string
}

export const ITERATE = 'iterate'
const ANY = '*'

type IncludeContext = {
  readonly name: '_include' | '_revinclude'
  readonly modifier: string | undefined
  readonly offered: OfferedTypes | undefined
  /** The searched types, and what they have in common. */
  readonly types: readonly string[]
  readonly capability: ResourceCapability
}

/** Reads one value. @throws OutcomeError `invalid-parameter` that says what would work */
export function readInclude(value: string, context: IncludeContext): IncludeParameter {
  const { name, modifier, types } = context
  const iterate = modifier === ITERATE
  const reverse = name === '_revinclude'
  const [type = '', param, target, ...rest] = value.split(':')
  const marks = { ...(reverse ? { reverse } : {}), ...(iterate ? { iterate } : {}) } as const
  if (value === ANY) {
    requireEveryIndex(context)
    return marks
  }
  if (param === undefined || param === '' || rest.length > 0)
    throw unreadable(context, value, `write \`Type:parameter\`, \`Type:parameter:Target\`, \`Type:*\` or \`*\`.`)
  const source = sourceOf(context, value, type)
  if (!reverse && !iterate && !types.includes(type))
    throw unreadable(
      context,
      value,
      `the matches are of ${quoted(types)}. To follow references of included records, send \`_include:${ITERATE}\`.`,
    )
  const parameters = source.searchParameters.filter((one) => one.type === 'reference')
  const followed = param === ANY ? parameters : parameters.filter(({ code }) => code === param)
  if (followed.length === 0) throw noParameter(context, value, source, parameters)
  requireComplete(
    source,
    followed.map(({ code }) => [code, '']),
  )
  checkTarget(context, value, { followed, target, iterate })
  return { ...marks, type, ...(param === ANY ? {} : { param }), ...(target === undefined ? {} : { target }) }
}

/** Every reference is followed, so that the index of each must be complete. */
function requireEveryIndex({ name, offered, types }: IncludeContext): void {
  for (const one of offered?.capabilities ?? []) {
    if (name === '_include' && !types.includes(one.type)) continue
    const references = one.searchParameters.filter(({ type }) => type === 'reference')
    requireComplete(
      one,
      references.map(({ code }) => [code, '']),
    )
  }
}

function sourceOf({ name, offered, capability }: IncludeContext, value: string, type: string): ResourceCapability {
  if (type === capability.type) return capability
  const source = offered?.capability(type)
  if (source) return source
  const names = offered?.capabilities.map((one) => one.type) ?? [capability.type]
  throw refuse(
    'invalid-parameter',
    `The value \`${clip(value)}\` of \`${name}\` names the type \`${clip(type)}\`, which is not held here.${suggestion(type, names)}`,
  )
}

function noParameter(
  { name }: IncludeContext,
  value: string,
  { type }: ResourceCapability,
  parameters: readonly SearchParameter[],
) {
  const codes = parameters.map(({ code }) => code)
  const takes = codes.length > 0 ? `Its reference parameters are ${quoted(codes)}` : 'It has no reference parameters'
  return refuse(
    'invalid-parameter',
    `The value \`${clip(value)}\` of \`${name}\` names no reference parameter of \`${type}\`.${suggestion(value.split(':')[1] ?? '', codes)} ${takes}.`,
  )
}

type FollowedReference = {
  readonly followed: readonly SearchParameter[]
  readonly target: string | undefined
  readonly iterate: boolean
}

/** The parameter must be able to refer to the target, and without :iterate a reverse one to what is searched. */
function checkTarget(context: IncludeContext, value: string, { followed, target, iterate }: FollowedReference): void {
  const { name, types } = context
  const mayLeadTo = (type: string): boolean =>
    followed.some((one) => one.target.length === 0 || one.target.includes(type))
  const leads = quoted([...new Set(followed.flatMap((one) => one.target))])
  if (target !== undefined && !mayLeadTo(target))
    throw unreadable(context, value, `it does not refer to \`${clip(target)}\`. It refers to ${leads}.`)
  if (name === '_include' || iterate) return
  const searched = types.filter((type) => target === undefined || type === target)
  if (!searched.some(mayLeadTo))
    throw unreadable(
      context,
      value,
      `it does not refer to the matches, which are of ${quoted(types)}. It refers to ${leads}.`,
    )
}

const unreadable = ({ name }: IncludeContext, value: string, what: string) =>
  refuse('invalid-parameter', `The value \`${clip(value)}\` of \`${name}\` cannot be included: ${what}`)
