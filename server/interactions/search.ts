/** FHIR search by type. https://hl7.org/fhir/R4/http.html#search */
import { buildSearchset } from '../fhir/bundle.ts'
import { keyText, type Key } from '../fhir/types.ts'
import { refuse, type Issue } from '../fhir/outcome.ts'
import type { ParsedSearch } from '../search/parse.ts'
import { isDeleted } from '../records/resource.ts'
import { disclosing, type View } from '../records/view.ts'
import { SequenceUnavailable, type FoundVersion, type Store, type Version } from '../store/store.ts'
import type { Handler } from './call.ts'
import { parseSearch, type SearchNeeds } from './criteria.ts'
import { readSubset, shownPart } from './subset.ts'
import { requireInteraction } from './target.ts'
import { searchLinks, unpackedParams } from './search-links.ts'

export type SearchInteractionNeeds = SearchNeeds & { readonly store: Store }

export const search =
  (needs: SearchInteractionNeeds): Handler =>
  async (call) => {
    const { type } = requireInteraction(needs.definitions, call, 'search-type')
    const parsed = parseSearch(needs, call, type, unpackedParams(needs.cursors, call.params))
    const part = readSubset(needs.definitions, [type], parsed.self)
    if (part?.kind === 'text' && parsed.includes.length > 0) throw textWithIncludes()
    const shown = <T extends Version>(version: T): T => shownPart(version, part, needs.definitions)
    const view = disclosing(needs.store, call.caller, call.now)
    const includes = parsed.includes.length > 0
    const found = await view.find(includes ? { ...parsed.query, withEntries: true } : parsed.query).catch(unavailable)
    const included = includes ? await include(view, parsed, found.versions) : []
    const text = buildSearchset({
      base: call.base,
      links: searchLinks(needs.cursors, call, { address: `${call.base}/${type}`, parsed, found }),
      matches: found.versions.map(shown),
      included: included.map(shown),
      total: found.total,
      issues: parsed.ignored.map(dropped),
    })
    return { status: 200, text, disclosed: view.disclosed() }
  }

/** What the matches refer to by the parameters of `_include`, as far as the caller may know of it; each record once. */
async function include(
  view: View,
  parsed: ParsedSearch,
  matches: readonly FoundVersion[],
): Promise<readonly Version[]> {
  const present = new Set(matches.map(keyText))
  const keys = new Map<string, Key>()
  for (const version of matches) {
    for (const entry of version.entries ?? []) {
      if (entry.kind !== 'reference' || !isIncluded(parsed, version.type, entry)) continue
      const key = { type: entry.type, id: entry.id }
      if (!present.has(keyText(key))) keys.set(keyText(key), key)
    }
  }
  const found = await view.readMany([...keys.values()])
  return found.filter((one): one is Version => one !== undefined && !isDeleted(one))
}

const isIncluded = (parsed: ParsedSearch, type: string, entry: { param: string; type: string }): boolean =>
  parsed.includes.some(
    (one) => one.type === type && one.param === entry.param && (one.target ?? entry.type) === entry.type,
  )

/** https://hl7.org/fhir/R4/search.html#summary */
const textWithIncludes = () =>
  refuse(
    'invalid-parameter',
    '`_summary=text` cannot be combined with `_include` and `_revinclude`. Leave one of them out.',
  )

/** The links of a page outlive the store that gave them where it was replaced, by an earlier copy for example. */
function unavailable(fault: unknown): never {
  if (!(fault instanceof SequenceUnavailable)) throw fault
  throw refuse(
    'invalid-parameter',
    'The pages of this result are no longer available: the records of that moment are not stored. Search again without `_cursor`.',
  )
}

const dropped = (name: string): Issue => ({
  severity: 'warning',
  detail: 'unknown-parameter',
  text: `The parameter \`${name}\` is not supported here and was ignored, as \`Prefer: handling=lenient\` requests.`,
})
