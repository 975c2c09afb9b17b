/** Reads the JSON files of the repository's folders; every fault names the file. */
import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { parseJson } from '../fhir/json.ts'
import type { JsonObject } from '../fhir/types.ts'
import { DefinitionFault } from './fault.ts'

/** One JSON file: its path relative to the root, and the object that it holds. */
export type Source = { readonly file: string; readonly content: JsonObject }

/** Generated from the profiles: not a source. */
const GENERATED = path.join('profiles', 'schema')

/**
 * All JSON files under the folders of `root`, sorted by name; a folder that is not there holds none.
 * Throws DefinitionFault for a file that is not one JSON object (with line and column).
 */
export async function readFolders(root: string, folders: readonly string[]): Promise<readonly Source[]> {
  const lists = await Promise.all(folders.map((folder) => jsonFiles(root, folder)))
  return Promise.all(lists.flat().map((file) => readSource(root, file)))
}

async function jsonFiles(root: string, folder: string): Promise<string[]> {
  if (folder === GENERATED) return []
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(nothingThere)
  const found = await Promise.all(
    entries.map((entry) => {
      const name = path.join(folder, entry.name)
      if (entry.isDirectory()) return jsonFiles(root, name)
      return entry.name.endsWith('.json') ? [name] : []
    }),
  )
  return found.flat().sort()
}

function nothingThere(fault: NodeJS.ErrnoException): [] {
  if (fault.code === 'ENOENT') return []
  throw fault
}

async function readSource(root: string, file: string): Promise<Source> {
  const text = await readFile(path.join(root, file), 'utf8')
  const content = parse(text, file)
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new DefinitionFault(file, 'it does not hold a JSON object. Put one definition in it, or remove the file.')
  }
  return { file, content: content as JsonObject }
}

// JSON.parse is the fast way; only when it refuses is the text read again for line and column.
function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (fault) {
    throw new DefinitionFault(file, `it is not JSON: ${whyNot(text, fault)} Correct the file.`)
  }
}

function whyNot(text: string, fault: unknown): string {
  try {
    parseJson(text)
  } catch (better) {
    return (better as Error).message
  }
  return `${(fault as Error).message}.`
}
