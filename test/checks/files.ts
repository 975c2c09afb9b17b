/** The files of the repository, for the tests that look at the repository itself. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Paths of files below a folder of the repository, relative to its root, with `/`, sorted. */
export function sourceFiles(folder: string, endings: readonly string[]): string[] {
  const top = join(ROOT, folder)
  if (!existsSync(top)) return []
  const entries = readdirSync(top, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
  return files.map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/')).sort()
}
