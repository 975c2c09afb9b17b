/**
 * Writes profiles/schema/*.json from the profiles: `node --import ./server/typescript/register.mjs scripts/schemas.ts`. With `--check` it writes
 * nothing, and its exit code is 0 if the files are current.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { loadDefinitions } from '../server/definitions/load.ts'
import { schemaFiles, type SchemaFile } from '../server/validate/schema-files.ts'

const ROOT = path.join(import.meta.dirname, '..')
const FOLDER = path.join(ROOT, 'profiles', 'schema')

const expected = schemaFiles(await loadDefinitions(ROOT))
const stale = staleFiles(expected)

if (process.argv.includes('--check')) {
  for (const name of stale)
    console.error(
      `profiles/schema/${name} is not current. Run \`node --import ./server/typescript/register.mjs scripts/schemas.ts\`.`,
    )
  if (stale.length === 0) console.log(`profiles/schema: ${expected.length} files are current.`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  mkdirSync(FOLDER, { recursive: true })
  for (const { name, text } of expected) if (stale.includes(name)) writeFileSync(path.join(FOLDER, name), text)
  for (const name of stale) if (!expected.some((one) => one.name === name)) rmSync(path.join(FOLDER, name))
  console.log(`profiles/schema: ${expected.length} files, ${stale.length} of them changed.`)
}

/** Names of files that differ, are missing, or have no profile any more. */
function staleFiles(files: readonly SchemaFile[]): string[] {
  const present = new Set(existing())
  const changed = files.filter(
    ({ name, text }) => !present.has(name) || readFileSync(path.join(FOLDER, name), 'utf8') !== text,
  )
  const extra = [...present].filter((name) => !files.some((one) => one.name === name))
  return [...changed.map((one) => one.name), ...extra]
}

function existing(): string[] {
  try {
    return readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
}
