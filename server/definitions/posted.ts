/**
 * Definitions that the board posts while the hub runs, laid over those that it was started with. What was there at the
 * start is shared, and wins: no posted definition stands for one of them.
 */
import type { CanonicalResource } from './canonical-resource.ts'
import type { Definitions } from './definitions.ts'
import type { Source } from './folders.ts'
import { withPostedParameters } from './posted-parameters.ts'
import { createStructures } from './structures/structures.ts'

/** The types that the board posts definitions of. */
export const POSTED_TYPES: readonly string[] = [
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'Questionnaire',
  'SearchParameter',
]

/** `start` and the posted ones, as an unchanging whole; of two with one url the first is found. */
export function withPosted(start: Definitions, posted: readonly Source[]): Definitions {
  const byUrl = new Map<string, CanonicalResource>()
  const taken = posted.filter(({ content }) => {
    const url = String(content.url)
    if (byUrl.has(url) || start.find(url) !== undefined) return false
    byUrl.set(url, content as CanonicalResource)
    return true
  })
  const find = (canonical: string): CanonicalResource | undefined => start.find(canonical) ?? postedAt(canonical, byUrl)
  const all = [...start.all, ...byUrl.values()]
  const capabilities = withPostedParameters(start.capabilities, [...byUrl.values()])
  const byType = new Map(capabilities.map((one) => [one.type, one]))
  const made: Definitions = {
    ...start,
    capabilities,
    capability: (type) => byType.get(type),
    find,
    published: (resourceType) => all.filter((one) => one.resourceType === resourceType),
    all,
    structures: createStructures(find, start.structures),
    additional: [...start.additional, ...taken],
    isPosted: (url) => byUrl.has(url),
    current: () => made,
  }
  return made
}

function postedAt(canonical: string, byUrl: ReadonlyMap<string, CanonicalResource>): CanonicalResource | undefined {
  const bar = canonical.indexOf('|')
  const found = byUrl.get(bar < 0 ? canonical : canonical.slice(0, bar))
  return bar < 0 || found?.version === undefined || found.version === canonical.slice(bar + 1) ? found : undefined
}
