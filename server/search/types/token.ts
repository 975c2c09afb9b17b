/** Codes, codings, identifiers, contacts, booleans. https://hl7.org/fhir/R4/search.html#token */
import { refuse } from '../../fhir/outcome.ts'
import { split, unescape } from '../escape.ts'
import { MISSING, NOT } from '../type.ts'
import type { SearchType } from '../type.ts'

export type TokenEntry = {
  readonly kind: 'token'
  readonly param: string
  readonly system?: string
  readonly code: string
}

/** `system` absent: any system; '': no system. `code` absent: any code of the system. */
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

  entries(value, param) {
    if (typeof value === 'string') return [{ kind: 'token', param, code: value }]
    if (typeof value === 'boolean' || typeof value === 'number') return [{ kind: 'token', param, code: String(value) }]
    if (typeof value !== 'object' || value === null) return []
    const { coding } = value as CodedElement
    return Array.isArray(coding) ? coding.flatMap((one) => codeEntries(one, param)) : codeEntries(value, param)
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
    (system === undefined || system === (entry.system ?? '')) && (code === undefined || code === entry.code),

  sortKey: ({ code }) => code,
}

/** A Coding has a code; an Identifier and a ContactPoint have a value. */
function codeEntries(value: unknown, param: string): TokenEntry[] {
  const { system, code: coding, value: identifier } = (value ?? {}) as CodedElement
  const code = coding ?? identifier
  if (typeof code !== 'string') return []
  if (typeof system !== 'string' || (coding === undefined && CONTACT_SYSTEMS.has(system)))
    return [{ kind: 'token', param, code }]
  return [{ kind: 'token', param, system, code }]
}

const unreadable = (param: string, text: string, why: string) =>
  refuse('invalid-parameter', `The value \`${text}\` of \`${param}\` ${why}.`)
