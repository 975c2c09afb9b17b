/**
 * Code systems and value sets that are records of the store and no definitions of the hub, for the value sets that name
 * them. A hub of agencies has few: what the board posts is a definition. https://hl7.org/fhir/R4/references.html#canonical
 */
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import { items, textOf } from '../../fhir/element.ts'
import type { Json, Resource } from '../../fhir/types.ts'
import type { Call } from '../../interactions/call.ts'
import { insight, type View } from '../../records/view.ts'
import { createTerminology, type Terminology } from '../../terminology/terminology.ts'
import { matchesVersion, splitCanonical } from '../../terminology/versions.ts'
import type { TerminologyNeeds, TerminologyType } from './needs.ts'

/** Definitions that one request looks up in the store; what lies beyond is answered as not available. */
const MAX_LOOKUPS = 100

/**
 * `terminology` with the stored definitions that a value set names, directly or through others, and with those at `urls`.
 * The definitions of the hub and of R4 win.
 */
export async function withStoredTerminology(
  { store, definitions }: TerminologyNeeds,
  call: Call,
  terminology: Terminology,
  { valueSet, urls = [] }: { readonly valueSet: CanonicalResource; readonly urls?: readonly string[] },
): Promise<Terminology> {
  const types = (['ValueSet', 'CodeSystem'] as const).filter((type) => isFoundByUrl({ definitions }, type))
  const view = insight(store, call.caller, call.now)
  const found = new Map<string, readonly CanonicalResource[]>()
  const waiting = [...namedIn(valueSet), ...urls]
  for (let url = waiting.pop(); url !== undefined && found.size < MAX_LOOKUPS; url = waiting.pop()) {
    if (found.has(url) || isDefined(terminology, url)) continue
    const stored = (await Promise.all(types.map((type) => storedAt(view, type, url)))).flat()
    found.set(url, stored)
    waiting.push(...stored.flatMap(namedIn))
  }
  const stored = [...found.values()].flat()
  if (stored.length === 0) return terminology
  return createTerminology({
    find: (canonical) => {
      const { url, version } = splitCanonical(canonical)
      return definitions.find(canonical) ?? latest((found.get(url) ?? []).filter(isVersion(version)))
    },
    published: (type) => [...definitions.published(type), ...stored.filter((one) => one.resourceType === type)],
  })
}

/** The stored definition of a type at a url; of several versions the latest. https://hl7.org/fhir/R4/references.html#canonical */
export async function findStored(
  needs: TerminologyNeeds,
  call: Call,
  { type, url, version }: { readonly type: TerminologyType; readonly url: string; readonly version?: string },
): Promise<CanonicalResource | undefined> {
  if (!isFoundByUrl(needs, type)) return undefined
  const stored = await storedAt(insight(needs.store, call.caller, call.now), type, url)
  return latest(stored.filter(isVersion(version)))
}

const isFoundByUrl = ({ definitions }: Pick<TerminologyNeeds, 'definitions'>, type: string): boolean =>
  definitions.capability(type)?.searchParameters.some(({ code }) => code === 'url') === true

const isDefined = (terminology: Terminology, url: string): boolean =>
  terminology.codeSystem(url) !== undefined || terminology.find(url, 'ValueSet') !== undefined

const storedAt = async (view: View, type: string, url: string): Promise<readonly CanonicalResource[]> =>
  (await view.list(type, {
    op: 'uri',
    param: 'url',
    value: url,
  })) as readonly Resource[] as readonly CanonicalResource[]

const isVersion =
  (version: string | undefined) =>
  (one: CanonicalResource): boolean =>
    matchesVersion(version, textOf(one.version))

const latest = (all: readonly CanonicalResource[]): CanonicalResource | undefined =>
  [...all].sort((a, b) => ORDER.compare(textOf(b.version) ?? '', textOf(a.version) ?? ''))[0]

const ORDER = new Intl.Collator('en', { numeric: true })

/** The urls, without versions, that a value set includes or excludes. */
function namedIn({ compose }: CanonicalResource): readonly string[] {
  const [parts] = items(compose)
  return [...items(parts?.include), ...items(parts?.exclude)].flatMap(({ system, valueSet }) =>
    [system, ...listOf(valueSet)].flatMap((one) => (typeof one === 'string' ? splitCanonical(one).url : [])),
  )
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
