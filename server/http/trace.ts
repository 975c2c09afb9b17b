/**
 * What is known of a request while it is answered, and the one line that is logged of it. The line names the route,
 * never the address, query, body or a name: those may tell who a person is.
 * https://hl7.org/fhir/R4/http.html#custom (X-Request-Id)
 */
import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'

export type AccessLine = {
  readonly requestId: string
  readonly method: string
  /** `GET /:type/:id`; `-` when the address is none of the hub's. */
  readonly route: string
  readonly status: number
  readonly ms: number
  /** The calling agency; empty before it is known. */
  readonly agency: string
  /** The client went away before the answer was sent. */
  readonly aborted?: true
}

export type Trace = { readonly requestId: string; route: string; agency: string }

export const traceOf = (response: Response): Trace => response.locals['trace'] as Trace

/** Gives the request its id, sent back as X-Request-Id (the client's own where it has the form of one). */
export const trace = (log: (line: AccessLine) => void): RequestHandler => {
  return (request, response, next) => {
    const begun = performance.now()
    const asked = request.headers['x-request-id'] as string | undefined
    const known: Trace = { requestId: asked && REQUEST_ID.test(asked) ? asked : randomUUID(), route: '-', agency: '' }
    response.locals['trace'] = known
    response.setHeader('X-Request-Id', known.requestId)
    response.once('close', () => {
      const ms = Math.round((performance.now() - begun) * 1000) / 1000
      const aborted = response.writableFinished ? {} : ({ aborted: true } as const)
      log({ ...known, method: request.method, status: response.statusCode, ms, ...aborted })
    })
    next()
  }
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/
