/** FHIR search by type. https://hl7.org/fhir/R4/http.html#search */
import { buildSearchset } from '../fhir/bundle.ts'
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import type { Issue } from '../fhir/outcome.ts'
import type { Cursors } from '../search/page.ts'
import type { Parsed } from '../search/parse.ts'
import type { Cursor, IndexEntry, Query } from '../search/query.ts'
import type { Store, Version } from '../store/store.ts'
import type { Call, Handler } from './call.ts'
import { parseSearch, type SearchNeeds } from './criteria.ts'
import { requireInteraction } from './target.ts'
import { addressOf } from './links.ts'

export type SearchInteractionNeeds = SearchNeeds & {
  readonly store: Store
  extract(resource: Resource): readonly IndexEntry[]
}

export const search =
  (needs: SearchInteractionNeeds): Handler =>
  async (call) => {
    const offer = requireInteraction(needs.definitions, call, 'search-type')
    const asked = parseSearch(needs, call, offer.type, call.params)
    const found = await needs.store.find(asked.query)
    const included = await include(needs, asked, found.versions, asked.query.viewer)
    const text = buildSearchset({
      base: call.base,
      links: links(call, needs.cursors, asked, found.next),
      matches: found.versions,
      included,
      total: found.total,
      issues: asked.ignored.map(dropped),
    })
    return { status: 200, text }
  }

/** What the matches refer to by the asked parameters, seen with the same eyes; each record once. */
async function include(
  needs: SearchInteractionNeeds,
  asked: Parsed,
  matches: readonly Version[],
  viewer: Query['viewer'],
): Promise<readonly Version[]> {
  if (asked.includes.length === 0) return []
  const present = new Set(matches.map(keyText))
  const keys = new Map<string, Key>()
  for (const version of matches) {
    for (const entry of needs.extract(JSON.parse(version.text) as Resource)) {
      if (entry.kind !== 'reference' || !wanted(asked, version.type, entry)) continue
      const key = { type: entry.type, id: entry.id }
      if (!present.has(keyText(key))) keys.set(keyText(key), key)
    }
  }
  const found = await needs.store.readMany([...keys.values()], viewer)
  return found.filter((one): one is Version => one !== undefined && one.text !== '')
}

const wanted = (asked: Parsed, type: string, entry: { param: string; type: string }): boolean =>
  asked.includes.some(
    (one) => one.type === type && one.param === entry.param && (one.target ?? entry.type) === entry.type,
  )

function links(call: Call, cursors: Cursors, asked: Parsed, next: Cursor | undefined) {
  const address = (params: Call['params']) => addressOf(`${call.base}/${asked.query.type}`, params)
  const unpaged = asked.self.filter(([name]) => name !== '_cursor')
  return {
    self: address(asked.self),
    ...(next ? { next: address([...unpaged, ['_cursor', cursors.encode(next)]]) } : {}),
  }
}

const dropped = (name: string): Issue => ({
  severity: 'warning',
  detail: 'unknown-parameter',
  text: `The parameter \`${name}\` is not known here and was ignored, as \`Prefer: handling=lenient\` asks.`,
})
