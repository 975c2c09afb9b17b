/** Loads the definitions of a repository: the folders profiles, valuesets and capability over the R4 base. */
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../fhir/types.ts'
import type { CanonicalResource } from './canonical-resource.ts'
import type { Definitions, SearchParameter } from './definitions.ts'
import { DefinitionFault } from './fault.ts'
import { readFolders, type Source } from './folders.ts'
import { statedCapabilities, allCapabilities } from './capabilities.ts'
import { openR4 } from './r4.ts'
import { createStructures } from './structures/structures.ts'

const FOLDERS = ['profiles', 'valuesets', 'capability']
const STATEMENT = path.join('capability', 'statement.json')
/** The hand-written part of the statement of a hub that offers every type. */
const OPEN_STATEMENT = path.join('capability', 'statement-open.json')

export type LoadOptions = {
  /** Offers every type of R4 instead of the stated ones, with the search parameters that this can read. */
  readonly everyType?: (parameter: SearchParameter) => boolean
  /** The types of search parameter that search evaluates: a stated parameter of another type is refused. Absent: any. */
  readonly searchTypes?: readonly string[]
  /** Offers `_text` and `_content`. */
  readonly textSearch?: boolean
  /** Additional definitions, already read (packages.ts). */
  readonly additional?: readonly Source[]
}

/** Rule tables and the like: plain JSON that is no FHIR resource. */
const PLAIN = path.join('capability', 'rules')

/**
 * Reads and checks everything. `root` is the folder that holds the three; a missing folder holds nothing.
 * Throws DefinitionFault (which file, what is wrong, what to do) for the first definition that cannot be used.
 */
export async function loadDefinitions(root: string, options: LoadOptions = {}): Promise<Definitions> {
  const sources = await readFolders(root, FOLDERS)
  const statement = sources.find((one) => one.file === (options.everyType ? OPEN_STATEMENT : STATEMENT))
  const definitions = sources.filter((one) => ![STATEMENT, OPEN_STATEMENT].includes(one.file) && !isPlain(one))
  const additional = (options.additional ?? []).filter((one) => !definitions.some((own) => isSame(own, one)))
  return createDefinitions([...definitions, ...additional], statement?.content ?? EMPTY, { ...options, additional })
}

/** The same from what is already read. */
export function createDefinitions(
  sources: readonly Source[],
  statement: JsonObject = EMPTY,
  { everyType, searchTypes, textSearch = false, additional = [] }: LoadOptions = {},
): Definitions {
  const r4 = openR4()
  const own = new Map<string, CanonicalResource>()
  for (const source of sources) {
    const url = urlOf(source)
    const before = own.get(url)
    if (before)
      throw new DefinitionFault(
        source.file,
        `its url \`${url}\` is that of another definition too. Give each its own url.`,
      )
    own.set(url, source.content as CanonicalResource)
  }
  const find = (canonical: string): CanonicalResource | undefined => {
    const bar = canonical.indexOf('|')
    const url = bar < 0 ? canonical : canonical.slice(0, bar)
    const version = bar < 0 ? '' : canonical.slice(bar + 1)
    const mine = own.get(url)
    return mine && (!version || !mine.version || mine.version === version) ? mine : r4.find(url)
  }
  const structures = createStructures(find)
  for (const source of sources) checkStructure(source, structures)
  const all = [...own.values()]
  const parameters = all.filter((one) => one.resourceType === 'SearchParameter')
  const setting = { parameters, r4, find, textSearch, ...(searchTypes ? { searchTypes } : {}) }
  const capabilities = everyType ? allCapabilities(setting, everyType) : statedCapabilities(statement, setting)
  const byType = new Map(capabilities.map((one) => [one.type, one]))
  const made: Definitions = {
    all,
    find,
    published: (resourceType) => all.filter((one) => one.resourceType === resourceType),
    capability: (type) => byType.get(type),
    capabilities,
    isResourceType: (name) => r4.resourceTypes.has(name),
    resourceTypes: r4.resourceTypes,
    statement,
    structures,
    additional,
    isPosted: () => false,
    current: () => made,
  }
  return made
}

/** Somebody may well have a copy of the hub's own. */
const isSame = (own: Source, other: Source): boolean =>
  own.content.url === other.content.url && isDeepStrictEqual(own.content, other.content)

const EMPTY: JsonObject = { resourceType: 'CapabilityStatement' }

const isPlain = (source: Source): boolean => source.file.startsWith(PLAIN) && source.content.resourceType === undefined

function urlOf({ file, content }: Source): string {
  if (typeof content.resourceType !== 'string') {
    throw new DefinitionFault(file, 'it has no `resourceType`. Add it, or move the file out of this folder.')
  }
  const url = content.resourceType === 'Basic' ? topicUrl(content) : content.url
  if (typeof url !== 'string' || url === '') {
    throw new DefinitionFault(
      file,
      `the ${content.resourceType} has no \`url\`. Give it the canonical url under which it is published.`,
    )
  }
  return url
}

type ExtensionLike = { url?: string; valueUri?: unknown; extension?: ExtensionLike[] }

function topicUrl(basic: JsonObject): unknown {
  const topic = (basic.extension as ExtensionLike[] | undefined)?.find((one) => one.url?.endsWith('/ext-topic'))
  return topic?.extension?.find((one) => one.url === 'url')?.valueUri
}

// Making the tree proves that the base is defined and that every path of the differential is one of the base.
function checkStructure({ file, content }: Source, structures: Definitions['structures']): void {
  if (content.resourceType !== 'StructureDefinition') return
  try {
    structures.tree(content.url as string)
  } catch (fault) {
    if (!(fault instanceof DefinitionFault)) throw fault
    throw new DefinitionFault(file, fault.what)
  }
}
