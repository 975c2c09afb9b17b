/**
 * Writes docs/reference/*.md from the definitions: `node --import ./server/typescript/register.mjs scripts/docs.ts`. With `--check` it writes
 * nothing, and its exit code is 0 if the pages are current.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { loadDefinitions } from '../server/definitions/load.ts'
import { examples } from '../test/errors/raised.ts'
import { errorsPage } from './docs/errors.ts'
import { referencePages } from './docs/pages.ts'

const ROOT = path.join(import.meta.dirname, '..')
const FOLDER = path.join(ROOT, 'docs', 'reference')

const pages: Readonly<Record<string, string>> = {
  ...referencePages(await loadDefinitions(ROOT)),
  'errors.md': errorsPage(await examples()),
}
const stale = Object.keys(pages).filter((name) => read(name) !== pages[name])

if (process.argv.includes('--check')) {
  for (const name of stale)
    console.error(
      `docs/reference/${name} is not current. Run \`node --import ./server/typescript/register.mjs scripts/docs.ts\`.`,
    )
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  mkdirSync(FOLDER, { recursive: true })
  for (const name of stale) writeFileSync(path.join(FOLDER, name), pages[name] ?? '')
}
if (stale.length === 0 || !process.argv.includes('--check')) {
  console.log(`docs/reference: ${Object.keys(pages).length} pages, ${stale.length} of them changed.`)
}

function read(name: string): string | undefined {
  try {
    return readFileSync(path.join(FOLDER, name), 'utf8')
  } catch {
    return undefined
  }
}
