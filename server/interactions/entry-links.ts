/**
 * Links between the entries of a transaction: found by the entry's fullUrl, as a Bundle resolves references, and
 * replaced by the address that the hub gives the entry.
 * https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/bundle.html#references
 */
import { refuse } from '../fhir/outcome.ts'
import { formatReference, parseReference } from '../fhir/reference.ts'
import type { Key } from '../fhir/types.ts'
import type { EntryCall } from './entry.ts'
import type { ReplaceLink } from './rewrite-links.ts'

/** What an entry becomes a record as. */
export type LinkTarget = {
  readonly key: Key
  /** The version that the entry says it is on its server. */
  readonly sentVersion?: string
  /** The version that the hub gives it; absent where only the commit decides that. */
  readonly version?: number
}

/** The entries by their fullUrl. */
export type LinkTargets = ReadonlyMap<string, LinkTarget>

/**
 * The links of one entry. A relative reference is one at the server that the entry's own fullUrl names.
 * `fullUrl`: that of the entry which holds the links.
 */
export function entryLinks(targets: LinkTargets, fullUrl: string | undefined): ReplaceLink {
  const root = rootOf(fullUrl)
  return (link) => {
    const found =
      targetOf(targets, link) ??
      (root !== undefined && isRelative(link) ? targetOf(targets, `${root}/${link}`) : undefined)
    return found && formatReference(found.key, found.version)
  }
}

/** A reference to one version is one to the entry that says it is that version, or does not say which it is. */
function targetOf(targets: LinkTargets, link: string): Pick<LinkTarget, 'key' | 'version'> | undefined {
  const current = targets.get(link)
  if (current) return { key: current.key }
  // Most texts name no version, which is sooner seen than by the expression.
  if (!link.includes('/_history/')) return undefined
  const [, address, version] = /^(.+)\/_history\/([^/]+)$/s.exec(link) ?? []
  const target = address === undefined ? undefined : targets.get(address)
  return target && (target.sentVersion === undefined || target.sentVersion === version) ? target : undefined
}

/** `http://a.example/fhir` of `http://a.example/fhir/Patient/1`; undefined where it is no address of a REST server. */
export function rootOf(fullUrl: string | undefined): string | undefined {
  return /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.exec(fullUrl ?? '')?.[1]
}

const isRelative = (link: string): boolean => parseReference(link)?.kind === 'local'

/**
 * A condition is a search: it finds a record by what is stored, so no value of it is the fullUrl of an entry. The system of
 * a token may well be a URN (`identifier=urn:oid:1.2.3|x`).
 * @throws OutcomeError `bundle-invalid`
 */
export function refuseEntryNames(fullUrls: ReadonlySet<string>, query: string, expression: string): void {
  const values = decode(query).split(SEPARATORS)
  if (!values.some((value) => UUID.test(value) || fullUrls.has(value.replace(/\/_history\/.*$/, '')))) return
  throw refuse(
    'bundle-invalid',
    `The condition \`${query}\` names an entry of the Bundle; a condition is a search, which finds a record by what is stored. Refer to the entry by its fullUrl instead.`,
    { expression },
  )
}

/** What stands between the values of a search. */
const SEPARATORS = /[=&,$\s()"]/
const UUID = /^urn:uuid:[^|]*$/i

/** The absolute fullUrls of the entries that others may refer to. */
export const entryNames = (calls: readonly EntryCall[]): ReadonlySet<string> =>
  new Set(
    calls.flatMap(({ fullUrl, interaction }) =>
      fullUrl !== undefined && interaction !== 'delete' && ABSOLUTE.test(fullUrl) ? [fullUrl] : [],
    ),
  )

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:/i

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
