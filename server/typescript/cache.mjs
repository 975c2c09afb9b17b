/**
 * Files without their types, kept in `node_modules/.cache`, where tools keep what they can make again: a start does not strip
 * each file anew. The name of an entry is the digest of the source and of the stripper's version; it begins with the digest of
 * its own text, so that one that a crash left incomplete is not used.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const STRIPPER = createRequire(import.meta.url).resolve('@swc/wasm-typescript/package.json')
const { version } = JSON.parse(readFileSync(STRIPPER, 'utf8'))
const FOLDER = path.join(STRIPPER, '../../../.cache/no-wrong-door')

const digestOf = (text) => createHash('sha256').update(text).digest('hex')
const DIGEST_LENGTH = digestOf('').length

/**
 * @param source the text of a TypeScript file
 * @param strip answers the same text without types; called when the cache does not have it
 */
export function cached(source, strip, folder = FOLDER) {
  const file = path.join(folder, `${digestOf(`${version} ${source}`)}.js`)
  const kept = read(file)
  if (kept !== undefined) return kept
  const text = strip()
  keep(file, text)
  return text
}

function read(file) {
  let entry
  try {
    entry = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const text = entry.slice(DIGEST_LENGTH)
  return entry.startsWith(digestOf(text)) ? text : undefined
}

/** A folder that cannot be written to, or a full disk, is no error: the file is stripped again next time. */
function keep(file, text) {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    const unfinished = `${file}.${randomUUID()}`
    writeFileSync(unfinished, digestOf(text) + text)
    renameSync(unfinished, file)
  } catch {
    return
  }
}
