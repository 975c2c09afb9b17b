/** Codes, codings, identifiers, contacts, booleans. https://hl7.org/fhir/R4/search.html#token */
import type { SearchParameter } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import { split, unescape } from '../escape.ts'
import { MISSING, NOT } from '../type.ts'
import type { IndexContext, SearchType } from '../type.ts'

/**
 * `ignoreCase`: the code is in lower case, and its case does not count. R4: "When in doubt, servers SHOULD treat tokens
 * in a case-insensitive manner"; only a system that says so is case sensitive. A system without a code has the code ''.
 */
export type TokenEntry = {
  readonly kind: 'token'
  readonly param: string
  readonly system?: string
  readonly code: string
  readonly ignoreCase?: true
}

/** `system` absent: any system; '': no system. `code` absent: any code of the system; as written, in any case. */
export type TokenFilter = {
  readonly op: 'token'
  readonly param: string
  readonly system?: string
  readonly code?: string
}

/** The systems of a ContactPoint are kinds of device, not name spaces: a contact is searched by its value alone. */
const CONTACT_SYSTEMS = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'])

type CodedElement = { coding?: unknown; system?: unknown; code?: unknown; value?: unknown }

export const token: SearchType<TokenEntry, TokenFilter> = {
  modifiers: [NOT, MISSING],
  sortKeyType: 'string',

  entries(value, parameter, context) {
    const param = parameter.code
    if (typeof value === 'boolean' || typeof value === 'number')
      return [tokenEntry(param, undefined, String(value), context)]
    if (typeof value === 'string') return [tokenEntry(param, context.codes?.impliedSystem(parameter), value, context)]
    if (typeof value !== 'object' || value === null) return []
    const { coding } = value as CodedElement
    return Array.isArray(coding)
      ? coding.flatMap((one) => codeEntries(one, parameter, context))
      : codeEntries(value, parameter, context)
  },

  filter({ code: param }, _modifier, text) {
    const parts = split(text, '|').map(unescape)
    const [first = '', second] = parts
    if (parts.length > 2)
      throw unreadable(param, text, 'has more than one `|`; write `\\|` for a bar that belongs to the value')
    if (first === '' && !second)
      throw unreadable(param, text, 'names no code; write `code`, `system|code`, `system|` or `|code`')
    if (second === undefined) return { op: 'token', param, code: first }
    return { op: 'token', param, system: first, ...(second === '' ? {} : { code: second }) }
  },

  matches: (entry, { system, code }) =>
    (system === undefined || system === (entry.system ?? '')) &&
    (code === undefined || entry.code === (entry.ignoreCase ? foldCase(code) : code)),

  sortKey: ({ code }) => code,
}

/** The same for codes that differ in their case alone. */
export const foldCase = (code: string): string => code.toLowerCase()

/** The entry of a code: as written where its system is case sensitive, else without its case. */
export function tokenEntry(
  param: string,
  system: string | undefined,
  code: string,
  { codes }: Pick<IndexContext, 'codes'>,
): TokenEntry {
  if (system === undefined || system === '') return { kind: 'token', param, code: foldCase(code), ignoreCase: true }
  if (codes?.isCaseSensitive(system)) return { kind: 'token', param, system, code }
  return { kind: 'token', param, system, code: foldCase(code), ignoreCase: true }
}

/** A Coding has a code; an Identifier and a ContactPoint have a value. */
function codeEntries(value: unknown, { code: param }: SearchParameter, context: IndexContext): TokenEntry[] {
  const { system, code: coding, value: identifier } = (value ?? {}) as CodedElement
  const code = coding ?? identifier ?? (typeof system === 'string' ? '' : undefined)
  if (typeof code !== 'string') return []
  const isNamespace = typeof system === 'string' && (coding !== undefined || !CONTACT_SYSTEMS.has(system))
  return code === '' && !isNamespace ? [] : [tokenEntry(param, isNamespace ? system : undefined, code, context)]
}

const unreadable = (param: string, text: string, why: string) =>
  refuse('invalid-parameter', `The value \`${text}\` of \`${param}\` ${why}.`)
