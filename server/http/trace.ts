/**
 * What is recorded of a request while it is answered, for its one line in the access log and for metrics. It names the route,
 * never the address, query, body or a name: those may identify a person.
 * https://hl7.org/fhir/R4/http.html#custom (X-Request-Id)
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Response } from 'express'
import type { Written } from './media.ts'

export type AccessLine = {
  readonly requestId: string
  readonly method: string
  /** `GET /:type/:id`; `-` when the address is none of the hub's. */
  readonly route: string
  /** `read`, `$match`; `none` when the address is none of the hub's. */
  readonly interaction: string
  /** The type of resource that the address names, which need not be one of the hub's. */
  readonly type?: string | undefined
  readonly status: number
  readonly ms: number
  /** The calling agency; empty until the caller is identified. */
  readonly agency: string
  /** The client went away before the answer was sent. */
  readonly aborted?: true
}

/** `written`: how the response is written, as soon as that is decided. */
export type Trace = {
  readonly requestId: string
  /** The client's own id where it has not the form of one; sent back as X-Correlation-Id, and logged nowhere. */
  readonly correlationId?: string
  route: string
  interaction: string
  type?: string | undefined
  agency: string
  written?: Written
}

export const traceOf = (response: Response): Trace => response.locals['trace'] as Trace

/**
 * Gives the request its id, which reply.ts sends back as X-Request-Id (the client's own where it has the form of one).
 * Before Express, as it needs nothing of it: Express keeps the `locals` that a response has.
 */
export const trace =
  (log: (line: AccessLine) => void) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const begun = performance.now()
    const requestTrace: Trace = {
      ...idsOf(request.headers['x-request-id'] as string | undefined),
      route: '-',
      interaction: 'none',
      type: undefined,
      agency: '',
    }
    ;(response as Response).locals = { trace: requestTrace }
    response.on('close', () => {
      const ms = Math.round((performance.now() - begun) * 1000) / 1000
      const { requestId, route, interaction, type, agency } = requestTrace
      const { method = '' } = request
      const line: AccessLine = { requestId, route, interaction, type, agency, method, status: response.statusCode, ms }
      log(response.writableFinished ? line : { ...line, aborted: true })
    })
  }

/** "When the server assigned id is different to the client assigned id, the server SHOULD also return X-Correlation-Id". */
function idsOf(sent: string | undefined): Pick<Trace, 'requestId' | 'correlationId'> {
  if (sent === undefined || sent === '') return { requestId: randomUUID() }
  if (REQUEST_ID.test(sent) && !SSN.test(sent)) return { requestId: sent }
  return { requestId: randomUUID(), ...(PRINTABLE.test(sent) ? { correlationId: sent } : {}) }
}

/** UUIDs, ULIDs, base64, `Root=1-67891233-abcdef`: what programs make, and no sentence about a person. */
const REQUEST_ID = /^[\w.:=/+@-]{1,128}$/
/** It would be kept in the log and with what the request writes. */
const SSN = /^\d{9}$|(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/
const PRINTABLE = /^[ -~]{1,256}$/
