/**
 * Which pages of other origins may call the hub from a browser (HUB_CORS). A preflight is answered before anything else,
 * because it carries no credentials. https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import type { RequestHandler } from 'express'
import cors, { type CorsOptions } from 'cors'
import { traceOf } from './trace.ts'

/** What a page may read beyond the body. */
const EXPOSED = ['ETag', 'Location', 'Content-Location', 'Last-Modified', 'X-Request-Id', 'Preference-Applied']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** Seconds for which a browser keeps a preflight. */
const MAX_AGE = 600

/** @param origins exact (`https://app.example.org`); undefined when there is none: no header of CORS is ever sent */
export function crossOrigin(origins: readonly string[]): RequestHandler | undefined {
  if (origins.length === 0) return undefined
  const options: CorsOptions = { origin: [...origins], methods: METHODS, exposedHeaders: EXPOSED, maxAge: MAX_AGE }
  const preflight = cors(options)
  const actual = cors({ ...options, preflightContinue: true })
  return (request, response, next) => {
    const { method, headers } = request
    if (method !== 'OPTIONS' || !headers.origin || !headers['access-control-request-method'])
      return actual(request, response, next)
    const requestTrace = traceOf(response)
    requestTrace.route = 'OPTIONS (preflight)'
    requestTrace.interaction = 'options'
    response.setHeader('X-Request-Id', requestTrace.requestId)
    preflight(request, response, next)
  }
}
