/**
 * Reads the body of a request: bytes up to a limit, perhaps compressed, to text in UTF-8.
 */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { refuse } from '../fhir/outcome.ts'

/** The client went away before its request was whole: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/**
 * @param limit bytes, of the body as sent and as inflated
 * @throws OutcomeError `body-too-large`, `media-type` (another encoding than gzip), `request-malformed`; ClientGone
 */
export async function readText(request: IncomingMessage, limit: number): Promise<string> {
  const bytes = await readBody(request, limit)
  if (!isUtf8(bytes)) throw refuse('request-malformed', 'The body is not UTF-8. Send it in UTF-8.')
  return bytes.toString('utf8')
}

/** The same for a body that is no text. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip') {
    const text = `The body has Content-Encoding \`${encoding.slice(0, 100)}\`; send it plain or as \`gzip\`.`
    throw refuse('media-type', text, { headers: { 'Accept-Encoding': 'gzip, identity' } })
  }
  const sent = await readBytes(request, limit)
  return encoding === 'gzip' && sent.length > 0 ? await inflate(sent, limit) : sent
}

/**
 * A client that is sending rarely listens before it is done. So what is past the limit is thrown away for a while
 * before the refusal; a client that declares or sends much more than that is cut off.
 */
const PATIENCE = 4

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit * PATIENCE) return Promise.reject(tooLarge(limit))
  if (request.destroyed) return Promise.reject(new ClientGone())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else chunks.length = 0
      if (size > limit * PATIENCE) reject(tooLarge(limit))
    })
    request.on('end', () => {
      if (size > limit) reject(tooLarge(limit))
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone())
    })
  })
}

const gunzipped = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)

async function inflate(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await gunzipped(bytes, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw refuse('request-malformed', 'The body has Content-Encoding `gzip` but is not gzip.')
  }
}

const tooLarge = (limit: number) =>
  refuse('body-too-large', `The body is larger than ${limit} bytes. Send less at a time.`, {
    headers: { Connection: 'close' },
  })
