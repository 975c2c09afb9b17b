/** Addresses, compared whole and with their case. https://hl7.org/fhir/R4/search.html#uri */
import { refuse } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/types.ts'
import { unescape } from '../escape.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

export type UriEntry = { readonly kind: 'uri'; readonly param: string; readonly value: string }

/** `starts`: the address begins so. */
export type UriFilter = {
  readonly op: 'uri'
  readonly param: string
  readonly value: string
  readonly starts?: true
}

/** More segments are no address that a record has. */
const MAX_SEGMENTS = 50

export const uri: SearchType<UriEntry, UriFilter> = {
  modifiers: ['above', 'below', MISSING],
  sortKeyType: 'string',

  entries(value, { code: param }, _context, resource) {
    if (typeof value !== 'string') return []
    const version = versionOf(value, param, resource)
    return version === undefined ? uriEntries(value, param) : uriEntries(`${value}|${version}`, param)
  },

  filter({ code: param }, modifier, text) {
    if (text === '') throw refuse('invalid-parameter', `A value of \`${param}\` is empty; give a whole address.`)
    const value = unescape(text)
    if (modifier === undefined) return { op: 'uri', param, value }
    if (!HIERARCHICAL.test(value)) {
      throw refuse(
        'invalid-parameter',
        `The value \`${text}\` of \`${param}:${modifier}\` is not an address such as \`http://a.example/x\`: only addresses are above or below others, no URNs or ids.`,
      )
    }
    const exact = (one: string): UriFilter => ({ op: 'uri', param, value: one })
    if (modifier === 'above') return { op: 'or', of: above(value).map(exact) }
    const root = value.replace(/\/+$/, '')
    // A version is above the versions that it begins: `|1` is above `|1.2`.
    const deeper = root.includes('|') ? '.' : '/'
    return { op: 'or', of: [exact(root), { ...exact(`${root}${deeper}`), starts: true }] }
  },

  matches: (entry, { value, starts }) => (starts ? entry.value.startsWith(value) : entry.value === value),

  sortKey: ({ value }) => value,
}

/** `:above` and `:below` "only apply to URLs, and not URNs such as OIDs". */
const HIERARCHICAL = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/\s]/

/** The address itself and those of its parents, each with and without a slash at its end. */
function above(address: string): readonly string[] {
  const [, root = '', path = ''] = /^([^/]*\/\/[^/]*)(.*)$/s.exec(address.replace(/\/+$/, '')) ?? []
  const segments = path.split('/')
  if (segments.length > MAX_SEGMENTS)
    throw refuse(
      'invalid-parameter',
      `An address has at most \`${MAX_SEGMENTS}\` segments, not \`${segments.length}\`.`,
    )
  return segments.flatMap((_, index) => {
    const parent = root + segments.slice(0, index + 1).join('/')
    return [parent, `${parent}/`]
  })
}

/**
 * The version by which a definition is found at its own url: "servers SHOULD support automatically detecting a |[version]
 * portion as part of the search parameter".
 */
const versionOf = (value: string, param: string, resource: Resource | undefined): string | undefined =>
  param === 'url' && resource?.url === value && typeof resource.version === 'string' ? resource.version : undefined

/** A canonical (`url|version`) is found with its version and without. https://hl7.org/fhir/R4/references.html#canonical */
export function uriEntries(value: string, param: string): readonly UriEntry[] {
  const whole: UriEntry = { kind: 'uri', param, value }
  return value.includes('|') ? [whole, { kind: 'uri', param, value: parseCanonical(value).url }] : [whole]
}
