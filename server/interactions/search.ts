/** FHIR search by type. https://hl7.org/fhir/R4/http.html#search */
import { buildSearchset } from '../fhir/bundle.ts'
import { refuse, type Issue } from '../fhir/outcome.ts'
import type { Query } from '../search/query.ts'
import { disclosing, insight } from '../records/view.ts'
import { SequenceUnavailable, type Store } from '../store/store.ts'
import type { Handler } from './call.ts'
import { parseSearch, type SearchNeeds } from './criteria.ts'
import { include } from './include.ts'
import { resolveQuery } from './resolve-chains.ts'
import { searchLinks, unpackedParams } from './search-links.ts'
import { requireInteraction } from './target.ts'

export type SearchInteractionNeeds = SearchNeeds & { readonly store: Store }

export const search =
  (needs: SearchInteractionNeeds): Handler =>
  async (call) => {
    const { type } = requireInteraction(needs.definitions, call, 'search-type')
    const parsed = parseSearch(needs, call, type, unpackedParams(needs.cursors, call.params))
    const view = disclosing(needs.store, call.caller, call.now)
    const insights = insight(needs.store, call.caller, call.now)
    const query = await resolveQuery(parsed, insights).catch(unavailable)
    const { includes, limits } = parsed
    const found = await view.find(includes.length > 0 ? { ...query, withEntries: true } : query).catch(unavailable)
    const included = await include(
      { definitions: needs.definitions, base: call.base, view: insights, includes, limits, ...asOf(query) },
      found.versions,
    )
    for (const version of included.records) view.disclose(version)
    const text = buildSearchset({
      base: call.base,
      links: searchLinks(needs.cursors, call, { address: `${call.base}/${type}`, parsed, found }),
      matches: found.versions,
      included: included.records,
      total: found.total,
      issues: [...included.issues, ...parsed.ignored.map(dropped)],
    })
    return { status: 200, text, disclosed: view.disclosed() }
  }

const asOf = ({ asOf: sequence }: Query) => (sequence === undefined ? {} : { asOf: sequence })

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
