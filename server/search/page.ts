/**
 * Cursors: where the next page begins, in the `next` link. They are encrypted (AES-256-GCM): the order of creation in
 * them counts records that the caller may not know of.
 * https://hl7.org/fhir/R4/http.html#paging
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomFillSync } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib'
import { refuse } from '../fhir/outcome.ts'
import { bytesInTurns } from '../fhir/turns.ts'
import type { Cursor, Sort } from './query.ts'
import { SEARCH_TYPES } from './types/index.ts'

export type Cursors = {
  encode(cursor: Cursor): string
  /**
   * The cursor of a search with these sorts: one value for each sort, and the creation order.
   * @throws OutcomeError `invalid-parameter` for anything that the hub did not write for a search with these sorts.
   */
  decode(text: string, sorts: readonly Sort[]): Cursor
  /** Any state of a page, encrypted. `of` says what is paged: it must be the same when the text is opened. */
  seal(state: unknown, of: string): string
  /** @throws OutcomeError `invalid-parameter` for anything that was not sealed with the same `of` */
  open(text: string, of: string): unknown
  /** A state that may be large and is kept by the hub: compressed and encrypted, in turns and outside of the event loop. */
  sealLarge(state: unknown, of: string): Promise<string>
  /** @throws OutcomeError `invalid-parameter` for anything that `sealLarge` did not make with the same `of` */
  openLarge(text: string, of: string): Promise<unknown>
  /** Text that the caller has sent itself, compressed and encrypted; opened as `open` opens a state. */
  pack(text: string, of: string): string
  unpack(text: string, of: string): string
}

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** `secret` is the hub's; every process that has it reads the cursors encrypted with it. */
export function createCursors(secret: Buffer): Cursors {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'search cursor', 32))
  return {
    encode: (cursor) => sealed(Buffer.from(padded(cursor)), '', key),
    decode(text, sorts) {
      const cursor = stateOf(opened(text, '', key))
      if (Array.isArray(cursor) && isCursorOf(sorts, cursor as Cursor)) return cursor as Cursor
      throw invalidCursor()
    },
    seal(state, of) {
      const text = JSON.stringify(state)
      return sealed(Buffer.from(text + ' '.repeat(-Buffer.byteLength(text) & (BLOCK - 1))), of, key)
    },
    open(text, of) {
      const state = stateOf(opened(text, of, key))
      if (state !== undefined) return state
      throw invalidCursor()
    },
    async sealLarge(state, of) {
      const bytes = Buffer.concat(await bytesInTurns(JSON.stringify(state)))
      return sealed(await compress(bytes, { level: 1 }), of, key)
    },
    async openLarge(text, of) {
      const bytes = opened(text, of, key)
      if (bytes) return stateOf(await expand(bytes))
      throw invalidCursor()
    },
    pack: (text, of) => sealed(deflateRawSync(text, { level: 9 }), of, key),
    unpack(text, of) {
      const bytes = opened(text, of, key)
      if (bytes) return inflateRawSync(bytes).toString()
      throw invalidCursor()
    },
  }
}

const compress = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw)
const expand = promisify<Buffer, Buffer>(inflateRaw)

/** A state is padded to a multiple of this: its length would tell of the numbers in it. */
const BLOCK = 64

/** A stock of random bytes, since a request to the system costs more than the encryption; each is used once. */
const stock = Buffer.alloc(IV_BYTES * 256)
let used = stock.length

function nextIv(): Buffer {
  if (used === stock.length) {
    randomFillSync(stock)
    used = 0
  }
  used += IV_BYTES
  return stock.subarray(used - IV_BYTES, used)
}

/** `of`: authenticated, but not part of the result. */
function sealed(content: Buffer, of: string, key: Buffer): string {
  const iv = nextIv()
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(of))
  const bytes = [cipher.update(content), cipher.final()]
  return Buffer.concat([iv, cipher.getAuthTag(), ...bytes]).toString('base64url')
}

/** Encryption keeps the length. Padding makes it the same for every number of digits of the creation order. */
const padded = (cursor: Cursor): string => JSON.stringify(cursor) + ' '.repeat(16 - String(cursor.at(-1)).length)

export const invalidCursor = () =>
  refuse(
    'invalid-parameter',
    'The value of `_cursor` does not belong to this search; use the links of a page unchanged, or search without `_cursor`.',
  )

function opened(text: string, of: string, key: Buffer): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return undefined
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(of))
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

const stateOf = (bytes: Buffer | undefined): unknown => bytes && JSON.parse(bytes.toString())

/** Is it a cursor of a search with these sorts? */
export function isCursorOf(sorts: readonly Sort[], cursor: Cursor): boolean {
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
