/**
 * Cursors: where the next page begins, in the `next` link. They are encrypted (AES-256-GCM): the order of creation in
 * them counts records that the caller may not know of.
 * https://hl7.org/fhir/R4/http.html#paging
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { refuse } from '../fhir/outcome.ts'
import type { Cursor, Sort } from './query.ts'
import { SEARCH_TYPES } from './types/index.ts'

export type Cursors = {
  encode(cursor: Cursor): string
  /**
   * The cursor of a search with these sorts: one value for each sort, and the creation order.
   * @throws OutcomeError `invalid-parameter` for anything that the hub did not write for a search with these sorts.
   */
  decode(text: string, sorts: readonly Sort[]): Cursor
}

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** `secret` is the hub's; every process that has it reads the cursors encrypted with it. */
export function createCursors(secret: Buffer): Cursors {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'search cursor', 32))
  return {
    encode(cursor) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, iv)
      const sealed = [cipher.update(padded(cursor), 'utf8'), cipher.final()]
      return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]).toString('base64url')
    },
    decode(text, sorts) {
      const cursor = open(text, key)
      if (cursor && isOf(sorts, cursor)) return cursor
      throw invalidCursor()
    },
  }
}

/** Encryption keeps the length. Padding makes it the same for every number of digits of the creation order. */
const padded = (cursor: Cursor): string => JSON.stringify(cursor) + ' '.repeat(16 - String(cursor.at(-1)).length)

export const invalidCursor = () =>
  refuse(
    'invalid-parameter',
    'The value of `_cursor` does not belong to this search; use the `next` link unchanged, or search without `_cursor`.',
  )

function open(text: string, key: Buffer): Cursor | undefined {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return undefined
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES))
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    const opened = [decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]
    const value: unknown = JSON.parse(Buffer.concat(opened).toString())
    return Array.isArray(value) ? (value as Cursor) : undefined
  } catch {
    return undefined
  }
}

function isOf(sorts: readonly Sort[], cursor: Cursor): boolean {
  const creation = cursor.at(-1)
  return (
    cursor.length === sorts.length + 1 &&
    sorts.every((sort, index) => isSortValue(cursor[index], sort.kind)) &&
    Number.isSafeInteger(creation) &&
    Number(creation) >= 0
  )
}

/** Is it a value of this sort? null is the value of a record without an entry. */
function isSortValue(value: unknown, kind: Sort['kind']): boolean {
  if (kind === 'updated') return Number.isSafeInteger(value)
  if (kind === 'id') return typeof value === 'string'
  return value === null || typeof value === SEARCH_TYPES[kind].sortKeyType
}
