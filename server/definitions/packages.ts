/**
 * Definitions in addition to the hub's own: the JSON files of a folder, such as the package of an implementation
 * guide. https://hl7.org/fhir/R4/packages.html
 */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { JsonObject } from '../fhir/types.ts'
import { DefinitionFault } from './fault.ts'
import { readFolders, type Source } from './folders.ts'

/** What is used; other resources (examples, say) may stand beside them. */
const USED = new Set(['StructureDefinition', 'ValueSet', 'CodeSystem', 'ConceptMap', 'Questionnaire'])

/** What a package says of itself. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification */
const OF_PACKAGE = new Set(['package.json', '.index.json'])

/**
 * Every definition in the folder and those below it; a Bundle stands for what it holds.
 * Throws DefinitionFault for a folder that is not there, and for a file that is not one resource.
 */
export async function readPackages(folder: string): Promise<readonly Source[]> {
  const there = await stat(folder).catch(() => undefined)
  if (!there?.isDirectory()) throw new DefinitionFault(folder, 'it is not a folder. Name one that holds definitions.')
  const sources = await readFolders(folder, ['']).catch((fault) => {
    throw fault instanceof DefinitionFault ? fault.within(folder) : fault
  })
  return sources
    .filter(({ file }) => !OF_PACKAGE.has(path.basename(file)))
    .map(({ file, content }) => ({ file: path.join(folder, file), content }))
    .flatMap(opened)
    .map(withoutNulls)
}

/** Throws DefinitionFault for null in a list, which stands there only beside an extension. https://hl7.org/fhir/R4/json.html#primitive */
function withoutNulls(source: Source): Source {
  const at = nullIn(source.content, String(source.content.resourceType))
  if (at === undefined) return source
  throw new DefinitionFault(source.file, `\`${at}\` is null, which is no item of a list. Take it out.`)
}

function nullIn(value: unknown, at: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const below = Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`
    if (inner === null && Array.isArray(value)) return below
    const isBeside = key.startsWith('_') || `_${key}` in value
    const found = isBeside && Array.isArray(inner) ? undefined : nullIn(inner, below)
    if (found !== undefined) return found
  }
  return undefined
}

function opened({ file, content }: Source): readonly Source[] {
  const { resourceType, entry } = content
  if (typeof resourceType !== 'string') {
    throw new DefinitionFault(file, 'it has no `resourceType`. Add it, or move the file out of this folder.')
  }
  if (resourceType === 'Bundle' && Array.isArray(entry)) {
    const held = (entry as readonly (JsonObject | null)[]).flatMap((one) => one?.resource ?? [])
    return (held as readonly JsonObject[]).flatMap((one) =>
      USED.has(String(one.resourceType)) ? [{ file, content: one }] : [],
    )
  }
  return USED.has(resourceType) ? [{ file, content }] : []
}
