/** Codes, codings, identifiers, contacts, booleans. https://hl7.org/fhir/R4/search.html#token */
import type { SearchParameter } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import { split, unescape } from '../escape.ts'
import { MISSING } from '../type.ts'
import type { IndexContext, SearchedCode, SearchType } from '../type.ts'
import { partEntries, readings } from './string.ts'
import type { StringEntry, StringFilter } from './string.ts'

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

/**
 * `system` absent: any system; '': no system. `code` absent: any code of the system; as written, in any case. `codes`: one
 * of these, in their systems.
 */
export type TokenFilter = {
  readonly op: 'token'
  readonly param: string
  readonly system?: string
  readonly code?: string
  readonly codes?: readonly SearchedCode[]
}

/** The systems of a ContactPoint are kinds of device, not name spaces: a contact is indexed by its value alone. */
const CONTACT_SYSTEMS = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'])

export type { SearchedCode } from '../type.ts'

type CodedElement = {
  coding?: unknown
  system?: unknown
  code?: unknown
  value?: unknown
  display?: unknown
  text?: unknown
  type?: unknown
}

/** Texts are indexed as strings of the same parameter, for `:text`; the types of identifiers under `<param>:of-type`. */
export const token: SearchType<TokenEntry, TokenFilter, StringEntry, StringFilter> = {
  modifiers: ['not', 'text', 'in', 'not-in', 'above', 'below', 'of-type', MISSING],
  sortKeyType: 'string',

  entries(value, parameter, context) {
    const param = parameter.code
    if (typeof value === 'boolean' || typeof value === 'number')
      return [tokenEntry(param, undefined, String(value), context)]
    if (typeof value === 'string') return [tokenEntry(param, context.codes?.impliedSystem(parameter), value, context)]
    if (typeof value !== 'object' || value === null) return []
    const { coding, type } = value as CodedElement
    const entries: (TokenEntry | StringEntry)[] = []
    for (const one of Array.isArray(coding) ? (coding as readonly unknown[]) : [value]) {
      const entry = codeEntry(one, parameter, context)
      if (entry) entries.push(entry)
    }
    if (type !== undefined) for (const entry of ofTypeEntries(value as CodedElement, param)) entries.push(entry)
    addTextEntries(value as CodedElement, param, entries)
    return entries
  },

  filter(parameter, modifier, text, { codeSets }) {
    const { code: param } = parameter
    if (modifier === 'text') return textFilter(param, text)
    if (modifier === 'of-type') return ofTypeFilter(param, text)
    const parts = split(text, '|').map(unescape)
    if (modifier === 'in' || modifier === 'not-in') {
      const codes = codeSets?.valueSet(unescape(text)) ?? NO_CODE_SETS
      return typeof codes === 'string' ? refuseCodes(param, modifier, text, codes) : { op: 'token', param, codes }
    }
    const [first = '', second] = parts
    if (modifier === 'above' || modifier === 'below') {
      if (first === '' || !second || parts.length > 2)
        throw unreadable(
          `${param}:${modifier}`,
          text,
          'is not `system|code`; codes are above and below others in a system',
        )
      const codes = codeSets?.related(first, second, modifier) ?? NO_CODE_SETS
      return typeof codes === 'string' ? refuseCodes(param, modifier, text, codes) : { op: 'token', param, codes }
    }
    if (parts.length > 2)
      throw unreadable(param, text, 'has more than one `|`; write `\\|` for a bar that belongs to the value')
    if (first === '' && !second)
      throw unreadable(param, text, 'names no code; write `code`, `system|code`, `system|` or `|code`')
    if (second === undefined) return { op: 'token', param, code: first }
    if (CONTACT_SYSTEMS.has(first)) return contactFilter(param, text, second)
    return { op: 'token', param, system: first, ...(second === '' ? {} : { code: second }) }
  },

  matches: (entry, { system, code, codes }) =>
    codes === undefined
      ? (system === undefined || system === (entry.system ?? '')) && (code === undefined || isCode(entry, code))
      : codes.some((one) => one.system === entry.system && isCode(entry, one.code)),

  sortKey: ({ code }) => code,
}

/** The kind of device is left to the clients that send it: a value has one kind. */
function contactFilter(param: string, text: string, value: string): TokenFilter {
  if (value === '')
    throw unreadable(param, text, 'names a kind of contact without its value; write `value` or `kind|value`')
  return { op: 'token', param, code: value }
}

const isCode = ({ code, ignoreCase }: TokenEntry, searched: string): boolean =>
  code === (ignoreCase ? foldCase(searched) : searched)

const NO_CODE_SETS = 'no value sets are available here'

function refuseCodes(param: string, modifier: string, text: string, why: string): never {
  throw refuse('invalid-parameter', `The value \`${text}\` of \`${param}:${modifier}\` cannot be used: ${why}.`)
}

/** "the text associated with the code": of a CodeableConcept, its codings, or the type of an Identifier. */
function addTextEntries(
  { coding, text, display, type }: CodedElement,
  param: string,
  entries: (TokenEntry | StringEntry)[],
): void {
  const add = (one: unknown): void => {
    if (typeof one === 'string') entries.push(...partEntries(param, one))
  }
  add(text)
  add(display)
  if (Array.isArray(coding)) for (const one of coding as readonly (CodedElement | null)[]) add(one?.display)
  add((type as CodedElement | undefined)?.text)
}

function textFilter(param: string, text: string): StringFilter {
  const [value] = readings(unescape(text))
  if (value === undefined) throw unreadable(`${param}:text`, text, 'has no letter or digit to search for')
  return { op: 'string', param, how: 'contains', value }
}

const ofTypeParam = (param: string): string => `${param}:of-type`

/** "The search parameter has the format system|code|value, where the system and code refer to a Identifier.type.coding". */
function ofTypeEntries({ type, value }: CodedElement, param: string): readonly TokenEntry[] {
  const { coding } = (type ?? {}) as CodedElement
  if (!Array.isArray(coding) || typeof value !== 'string') return []
  return (coding as readonly (CodedElement | null)[]).flatMap((one): readonly TokenEntry[] => {
    if (typeof one?.system !== 'string' || typeof one.code !== 'string') return []
    const code = foldCase(`${one.code}|${value}`)
    return [{ kind: 'token', param: ofTypeParam(param), system: one.system, code, ignoreCase: true }]
  })
}

function ofTypeFilter(param: string, text: string): TokenFilter {
  const [system, code, value, ...rest] = split(text, '|').map(unescape)
  if (!system || !code || !value || rest.length > 0)
    throw unreadable(`${param}:of-type`, text, 'is not `system|code|value`, the type of an identifier and its value')
  return { op: 'token', param: ofTypeParam(param), system, code: `${code}|${value}` }
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
function codeEntry(value: unknown, { code: param }: SearchParameter, context: IndexContext): TokenEntry | undefined {
  const { system, code: coding, value: identifier } = (value ?? {}) as CodedElement
  const code = coding ?? identifier ?? (typeof system === 'string' ? '' : undefined)
  if (typeof code !== 'string') return undefined
  const isNamespace = typeof system === 'string' && (coding !== undefined || !CONTACT_SYSTEMS.has(system))
  return code === '' && !isNamespace ? undefined : tokenEntry(param, isNamespace ? system : undefined, code, context)
}

const unreadable = (param: string, text: string, why: string) =>
  refuse('invalid-parameter', `The value \`${text}\` of \`${param}\` ${why}.`)
