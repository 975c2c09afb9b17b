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
import type { Layout } from './layout.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { traceOf } from './trace.ts'

type Headers = Record<string, string | number>

type Sending = { readonly call: Call; readonly target: Target; readonly layout: Layout }

/** Sends the reply. HEAD has the headers of GET; Node leaves the body out. */
export async function sendReply(response: Response, reply: Reply, { call, target, layout }: Sending): Promise<void> {
  const headers: Headers = { ...reply.headers }
  if (reply.version !== undefined) headers['ETag'] = formatEtag(reply.version)
  if (reply.lastModified !== undefined) headers['Last-Modified'] = new Date(reply.lastModified).toUTCString()
  // Location names what was made (201); elsewhere it would be a redirection, so the version has its own header.
  if (reply.location !== undefined) {
    headers[reply.status === 201 ? 'Location' : 'Content-Location'] = `${call.base}/${reply.location}`
  }
  const json = bodyOf(reply, call, target, headers)
  const text = json && layout.write ? await layout.write(json) : json
  sendText(response, { status: reply.status, headers, text, contentType: layout.contentType })
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Headers>
  /** Undefined or empty: no body. */
  readonly text: string | undefined
  readonly contentType: string
}

export function sendText(response: Response, { status, headers: given, text, contentType }: Answer): void {
  const headers: Headers = { ...given, ...SECURITY_HEADERS }
  headers['X-Request-Id'] = traceOf(response).requestId
  headers['Vary'] = 'Accept'
  if (status === 304 || status === 204) {
    response.writeHead(status, headers).end()
    return
  }
  // What the hub knows is about people: no cache on the way keeps it.
  headers['Cache-Control'] ??= 'no-store'
  if (text) headers['Content-Type'] ??= contentType
  headers['Content-Length'] = text ? Buffer.byteLength(text) : 0
  response.writeHead(status, headers).end(text)
}

function bodyOf(reply: Reply, call: Call, target: Target, headers: Headers): string | undefined {
  const preferred = target.prefers && reply.status < 300 ? call.prefer.return : undefined
  if (preferred !== undefined) headers['Preference-Applied'] = `return=${preferred}`
  if (preferred === 'minimal') return undefined
  if (preferred === 'OperationOutcome') return serialize(operationOutcome(reply.issues ?? []))
  return reply.text ?? (reply.resource && serialize(reply.resource))
}
