/** References and canonicals. https://hl7.org/fhir/R4/search.html#reference */
import type { SearchParameter } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import { parseReference } from '../../fhir/reference.ts'
import { unescape } from '../escape.ts'
import { includes } from '../long-list.ts'
import { MISSING } from '../type.ts'
import type { IndexContext, SearchType } from '../type.ts'
import type { StringEntry } from './string.ts'
import { token } from './token.ts'
import type { TokenEntry, TokenFilter } from './token.ts'
import { uri, uriEntries } from './uri.ts'
import type { UriEntry, UriFilter } from './uri.ts'

/** A reference to a record of the hub. One to another server, and a canonical, is indexed as a uri. */
export type ReferenceEntry = {
  readonly kind: 'reference'
  readonly param: string
  readonly type: string
  readonly id: string
}

/** `type` absent: any type with this id. Several ids are alternatives: what a chain finds on its way. */
export type ReferenceFilter = {
  readonly op: 'reference'
  readonly param: string
  readonly type?: string
  readonly id: string | readonly string[]
}

const ID = /^[A-Za-z0-9.-]{1,64}$/

/** A logical reference (`identifier`) is indexed as a token too. https://hl7.org/fhir/R4/references.html#logical */
export const reference: SearchType<
  ReferenceEntry,
  ReferenceFilter,
  UriEntry | TokenEntry | StringEntry,
  UriFilter | TokenFilter
> = {
  modifiers: ['identifier', 'above', 'below', MISSING],
  targetIsModifier: true,
  sortKeyType: 'string',

  entries(value, parameter, context) {
    if (typeof value === 'string') return targetEntries(value, parameter.code, context)
    const { reference: text, identifier } = (value ?? {}) as ReferenceElement
    const literal = typeof text === 'string' ? targetEntries(text, parameter.code, context) : []
    return identifier === undefined ? literal : [...literal, ...token.entries(identifier, parameter, context)]
  },

  filter(parameter, modifier, text, context) {
    const { code: param } = parameter
    const value = unescape(text)
    if (modifier === 'identifier') return token.filter(parameter, undefined, text, context) as TokenFilter
    if (modifier === 'above' || modifier === 'below') return uri.filter(parameter, modifier, text, context)
    const { base } = context
    if (ID.test(value)) return byId(parameter, value, modifier)
    const target = parseReference(value, base)
    if (target?.kind === 'local' && target.version === undefined) return byKey(parameter, target, modifier, text)
    if (target?.kind === 'local')
      throw unreadable(param, text, `names a version; search for \`${target.type}/${target.id}\``)
    if (target?.kind === 'urn' || target?.kind === 'elsewhere') return { op: 'uri', param, value }
    throw unreadable(param, text, 'is not a reference; write `id`, `Type/id` or a whole address')
  },

  matches: (entry, { type, id }) =>
    (typeof id === 'string' ? entry.id === id : includes(id, entry.id)) && (type === undefined || type === entry.type),

  sortKey: ({ type, id }) => `${type}/${id}`,
}

type ReferenceElement = { readonly reference?: unknown; readonly identifier?: unknown }

/** A contained resource is indexed by its fragment, so that the parameter is present; no search finds it by that. */
function targetEntries(text: string, param: string, { base }: IndexContext): readonly (ReferenceEntry | UriEntry)[] {
  const target = parseReference(text, base)
  if (target?.kind === 'local') return [{ kind: 'reference', param, type: target.type, id: target.id }]
  if (target?.kind === 'contained') return uriEntries(text, param)
  return target?.kind === 'urn' || target?.kind === 'elsewhere' ? uriEntries(target.url, param) : []
}

function byId({ code: param, target }: SearchParameter, id: string, modifier: string | undefined): ReferenceFilter {
  const type = modifier ?? (target.length === 1 ? target[0] : undefined)
  return { op: 'reference', param, id, ...(type === undefined ? {} : { type }) }
}

function byKey(
  { code: param, target }: SearchParameter,
  { type, id }: { type: string; id: string },
  modifier: string | undefined,
  text: string,
): ReferenceFilter {
  if (modifier !== undefined && modifier !== type)
    throw unreadable(param, text, `is of type \`${type}\`, the modifier names \`${modifier}\``)
  if (target.length > 0 && !target.includes(type)) {
    throw unreadable(
      param,
      text,
      `is of type \`${type}\`; \`${param}\` refers to ${target.map((name) => `\`${name}\``).join(', ')}`,
    )
  }
  return { op: 'reference', param, type, id }
}

const unreadable = (param: string, text: string, why: string) =>
  refuse('invalid-parameter', `The value \`${text}\` of \`${param}\` ${why}.`)
