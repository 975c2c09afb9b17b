/** FHIR search by type. https://hl7.org/fhir/R4/http.html#search */
import { buildSearchset } from '../fhir/bundle.ts'
import type { Issue } from '../fhir/outcome.ts'
import type { Cursors } from '../search/page.ts'
import type { ParsedSearch } from '../search/parse.ts'
import type { Cursor, Query } from '../search/query.ts'
import { disclosing, insight } from '../records/view.ts'
import type { Store } from '../store/store.ts'
import type { Call, Handler } from './call.ts'
import { parseSearch, type SearchNeeds } from './criteria.ts'
import { include } from './include.ts'
import { addressOf } from './links.ts'
import { resolveQuery } from './resolve-chains.ts'
import { requireInteraction } from './target.ts'

export type SearchInteractionNeeds = SearchNeeds & { readonly store: Store }

export const search =
  (needs: SearchInteractionNeeds): Handler =>
  async (call) => {
    const { type } = requireInteraction(needs.definitions, call, 'search-type')
    const parsed = parseSearch(needs, call, type, call.params)
    const view = disclosing(needs.store, call.caller, call.now)
    const insights = insight(needs.store, call.caller, call.now)
    const query = await resolveQuery(parsed, insights)
    const { includes } = parsed
    const found = await view.find(includes.length > 0 ? { ...query, withEntries: true } : query)
    const included = await include(
      { definitions: needs.definitions, base: call.base, view: insights, includes, ...asOf(query) },
      found.versions,
    )
    for (const version of included.records) view.disclose(version)
    const text = buildSearchset({
      base: call.base,
      links: links(call, needs.cursors, parsed, found.next),
      matches: found.versions,
      included: included.records,
      total: found.total,
      issues: [...included.issues, ...parsed.ignored.map(dropped)],
    })
    return { status: 200, text, disclosed: view.disclosed() }
  }

const asOf = ({ asOf: sequence }: Query) => (sequence === undefined ? {} : { asOf: sequence })

function links(call: Call, cursors: Cursors, parsed: ParsedSearch, next: Cursor | undefined) {
  const address = (params: Call['params']) => addressOf(`${call.base}/${parsed.query.type}`, params)
  const unpaged = parsed.self.filter(([name]) => name !== '_cursor')
  return {
    self: address(parsed.self),
    ...(next ? { next: address([...unpaged, ['_cursor', cursors.encode(next)]]) } : {}),
  }
}

const dropped = (name: string): Issue => ({
  severity: 'warning',
  detail: 'unknown-parameter',
  text: `The parameter \`${name}\` is not supported here and was ignored, as \`Prefer: handling=lenient\` requests.`,
})
