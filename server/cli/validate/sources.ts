/** From what the command line names to the files that are meant: files, folders, patterns, standard input. */
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { isPattern, matcher } from './pattern.ts'

/** The name of standard input. */
export const STDIN = '-'

const NDJSON = /\.(ndjson|jsonl)$/i
/** What a folder is searched for; the issues that a sample must raise stand beside it and are no resource. */
const isChecked = (name: string): boolean => /\.(json|ndjson|jsonl)$/i.test(name) && !name.endsWith('.issues.json')

/** What is read line by line, however long it is. */
export const isStream = (file: string): boolean => file === STDIN || NDJSON.test(file)

/**
 * Every file meant, in the order given; those of a folder or a pattern are sorted by name.
 * Throws Error (one sentence) for a name that leads to nothing.
 */
export async function findFiles(names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of names) found.push(...(await filesOf(name)))
  return [...new Set(found)]
}

async function filesOf(name: string): Promise<readonly string[]> {
  if (name === STDIN) return [name]
  const there = await stat(name).catch(() => undefined)
  if (there && !there.isDirectory()) return [name]
  if (there) return filesIn(name)
  if (isPattern(name)) return matchesOf(name)
  throw new Error(`There is no file or folder \`${name}\`.`)
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder, { recursive: true })).filter(isChecked).sort()
  if (files.length === 0) throw new Error(`The folder \`${folder}\` holds no .json or .ndjson file.`)
  return files.map((file) => path.join(folder, file))
}

/** A shell opens patterns itself; this is for those in quotes and for shells that do not. */
async function matchesOf(pattern: string): Promise<readonly string[]> {
  const { root, matches } = matcher(pattern)
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => matches(path.relative(root, file)))
  if (files.length === 0) throw new Error(`No file matches \`${pattern}\`.`)
  return files.sort()
}
