/**
 * A Reply to the response: headers from what the interaction says, its text as it is.
 * https://hl7.org/fhir/R4/http.html#versions and #ops
 */
import type { Response } from 'express'
import type { Call, Reply } from '../interactions/call.ts'
import type { Target } from '../interactions/routes.ts'
import { formatEtag } from '../fhir/etag.ts'
import { serialize } from '../fhir/json.ts'
import { operationOutcome } from '../fhir/outcome.ts'
import { bytesInTurns, TURN } from '../fhir/turns.ts'
import type { Content } from './binary.ts'
import type { Compress } from './compress.ts'
import type { Layout } from './layout.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { traceOf } from './trace.ts'

type Headers = Record<string, string | number>

type Sending = { readonly call: Call; readonly target: Target; readonly layout: Layout }

/** Sends the reply. HEAD has the headers of GET; Node leaves the body out. */
export async function sendReply(response: Response, reply: Reply, { call, target, layout }: Sending): Promise<void> {
  const headers = headersOf(reply)
  // Location names what was made (201); elsewhere it would be a redirection, so the version has its own header.
  if (reply.location !== undefined) {
    headers[reply.status === 201 ? 'Location' : 'Content-Location'] = `${call.base}/${reply.location}`
  }
  const json = bodyOf(reply, call, target, headers)
  // What names its own type is no FHIR.
  const text = json && layout.write && !headers['Content-Type'] ? await layout.write(json) : json
  const body = text !== undefined && text.length > TURN.characters ? await bytesInTurns(text) : text
  sendText(response, { status: reply.status, headers, text: body, contentType: layout.contentType })
}

/** Sends the content of a Binary as itself. */
export function sendContent(response: Response, reply: Reply, { bytes, headers: own }: Content): void {
  const headers = { ...headersOf(reply), ...own }
  sendText(response, { status: reply.status, headers, text: bytes, contentType: 'application/octet-stream' })
}

function headersOf(reply: Reply): Headers {
  const headers: Headers = { ...reply.headers }
  if (reply.version !== undefined) headers['ETag'] = formatEtag(reply.version)
  if (reply.lastModified !== undefined) headers['Last-Modified'] = new Date(reply.lastModified).toUTCString()
  return headers
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Headers>
  /** Undefined or empty: no body. A long one comes in pieces. */
  readonly text: string | Buffer | readonly Buffer[] | undefined
  readonly contentType: string
}

export function sendText(response: Response, { status, headers: given, text, contentType }: Answer): void {
  const { requestId, correlationId } = traceOf(response)
  // Names and values in one list, which writeHead takes too: an object of so many headers is slow to build.
  const headers: (string | number)[] = []
  for (const name in given) headers.push(name, given[name]!)
  headers.push(...SECURITY_HEADERS, 'X-Request-Id', requestId)
  if (correlationId !== undefined) headers.push('X-Correlation-Id', correlationId)
  const vary = response.getHeader('Vary')
  headers.push('Vary', vary === undefined ? 'Accept' : `${String(vary)}, Accept`)
  if (status === 304 || status === 204) {
    response.writeHead(status, headers).end()
    return
  }
  // What the hub knows is about people: no cache on the way keeps it.
  if (given['Cache-Control'] === undefined) headers.push('Cache-Control', 'no-store')
  if (text && given['Content-Type'] === undefined) headers.push('Content-Type', contentType)
  const bytes = text ? lengthOf(text) : 0
  headers.push('Content-Length', bytes)
  ;(response.app.locals['compress'] as Compress)(response, bytes)
  response.writeHead(status, headers)
  if (!isInPieces(text)) return void response.end(text)
  for (const piece of text) response.write(piece)
  response.end()
}

const isInPieces = (text: Answer['text']): text is readonly Buffer[] => Array.isArray(text)

const lengthOf = (text: NonNullable<Answer['text']>): number =>
  isInPieces(text) ? text.reduce((sum, piece) => sum + piece.length, 0) : Buffer.byteLength(text)

function bodyOf(reply: Reply, call: Call, target: Target, headers: Headers): string | undefined {
  const preferred = target.prefers && reply.status < 300 ? call.prefer.return : undefined
  if (preferred !== undefined) headers['Preference-Applied'] = `return=${preferred}`
  if (preferred === 'minimal') return undefined
  if (preferred === 'OperationOutcome') return serialize(operationOutcome(reply.issues ?? []))
  return reply.text ?? (reply.resource && serialize(reply.resource))
}
