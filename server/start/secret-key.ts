/**
 * The secret key of the hub. It keys the hash by which Social Security numbers are matched and seals the cursors of
 * pages: from the setting HUB_SSN_KEY, else a file beside the store that is made at the first start and that only its
 * owner may read. All processes that share a store need the same one.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config.ts'
import { ConfigFault } from '../config.ts'

const BYTES = 32

/**
 * In: the settings. Out: the key. A store in memory gets a new key each time; one in MongoDB needs the setting.
 * Throws ConfigFault when the file does not hold a key: with another key, no number that was stored would match any more.
 */
export function loadSecretKey(config: Pick<Config, 'ssnKey' | 'store'>): Buffer {
  if (config.ssnKey !== undefined) return Buffer.from(config.ssnKey, 'utf8')
  if (config.store.kind === 'memory') return randomBytes(BYTES)
  if (config.store.kind === 'mongodb')
    throw new ConfigFault(
      'Set HUB_SSN_KEY: all hubs that share a MongoDB need one secret key, and this one has no file beside the store to keep it in.',
    )
  const path = `${config.store.path}.ssn-key`
  return readKey(path) ?? makeKey(path)
}

function readKey(path: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex')
    if (key.length === BYTES) return key
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  throw new ConfigFault(
    `The file \`${path}\` does not hold the key that it should: restore it from a backup, or set HUB_SSN_KEY.`,
  )
}

/** Written whole under another name and then linked, so that a second process sees all of the key or none. */
function makeKey(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${randomBytes(BYTES).toString('hex')}\n`, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const key = readKey(path)
  if (!key) throw new ConfigFault(`The file \`${path}\` vanished while it was made: start again.`)
  return key
}
