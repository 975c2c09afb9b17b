/**
 * Cursors: where the next page begins, in the `next` link. They are sealed (AES-256-GCM): the order of creation that
 * they hold counts records that the caller may not know of.
 * https://hl7.org/fhir/R4/http.html#paging
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { refuse } from '../fhir/outcome.ts'
import type { Cursor, Sort } from './query.ts'

export type Cursors = {
  encode(cursor: Cursor): string
  /**
   * Reads a cursor for a search sorted so: one value for each sort, and the creation order.
   * @throws OutcomeError `invalid-parameter` for anything that the hub did not write for such a search.
   */
  decode(text: string, sorts: readonly Sort[]): Cursor
}

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** `secret` is the hub's; cursors sealed with it are read by every process that has it. */
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
      if (cursor && fits(cursor, sorts)) return cursor
      throw notOurs()
    },
  }
}

/** Sealing keeps the length: with blanks, it is the same whatever the number of digits of the creation order. */
const padded = (cursor: Cursor): string => JSON.stringify(cursor) + ' '.repeat(16 - String(cursor.at(-1)).length)

/** For what is no cursor of the search it came with. */
export const notOurs = () =>
  refuse(
    'invalid-parameter',
    '`_cursor` is not one of this search; follow the `next` link as it was given, or begin without it.',
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

function fits(cursor: Cursor, sorts: readonly Sort[]): boolean {
  const creation = cursor.at(-1)
  return (
    cursor.length === sorts.length + 1 &&
    sorts.every((sort, index) => sortable(cursor[index], sort.kind)) &&
    Number.isSafeInteger(creation) &&
    Number(creation) >= 0
  )
}

/** Dates sort by a number, everything else by a text; null is a record without a value. */
function sortable(value: unknown, kind: Sort['kind']): boolean {
  if (kind === 'updated') return Number.isSafeInteger(value)
  if (kind === 'id') return typeof value === 'string'
  return value === null || (kind === 'date' ? Number.isSafeInteger(value) : typeof value === 'string')
}
