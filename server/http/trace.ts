/**
 * What is recorded of a request while it is answered, and its one line in the access log. The line names the route,
 * never the address, query, body or a name: those may identify a person.
 * https://hl7.org/fhir/R4/http.html#custom (X-Request-Id)
 */
import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import type { Written } from './media.ts'

export type AccessLine = {
  readonly requestId: string
  readonly method: string
  /** `GET /:type/:id`; `-` when the address is none of the hub's. */
  readonly route: string
  readonly status: number
  readonly ms: number
  /** The calling agency; empty until the caller is identified. */
  readonly agency: string
  /** The client went away before the answer was sent. */
  readonly aborted?: true
}

/** `written`: how the response is written, as soon as that is decided. */
export type Trace = { readonly requestId: string; route: string; agency: string; written?: Written }

export const traceOf = (response: Response): Trace => response.locals['trace'] as Trace

/** Gives the request its id, which reply.ts sends back as X-Request-Id (the client's own where it has the form of one). */
export const trace = (log: (line: AccessLine) => void): RequestHandler => {
  return (request, response, next) => {
    const begun = performance.now()
    const sent = request.headers['x-request-id'] as string | undefined
    const requestTrace: Trace = {
      requestId: sent && REQUEST_ID.test(sent) ? sent : randomUUID(),
      route: '-',
      agency: '',
    }
    response.locals['trace'] = requestTrace
    response.once('close', () => {
      const ms = Math.round((performance.now() - begun) * 1000) / 1000
      const aborted = response.writableFinished ? {} : ({ aborted: true } as const)
      const { requestId, route, agency } = requestTrace
      log({ requestId, route, agency, method: request.method, status: response.statusCode, ms, ...aborted })
    })
    next()
  }
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/
