/**
 * Compresses large answers for clients that accept it (gzip, brotli, deflate), outside the event loop. What carries a secret
 * says `Cache-Control: no-transform` and is left alone (docs/decisions/0062-what-is-compressed.md).
 */
import compression from 'compression'
import type { Response } from 'express'

/** @param threshold bytes; 0: never */
export type Compress = (response: Response, bytes: number) => void

export function createCompress(threshold: number): Compress {
  if (threshold === 0) return () => undefined
  const middleware = compression({ threshold })
  return (response, bytes) => {
    // Below the threshold not even the hooks of the package are set.
    if (bytes >= threshold && response.req.headers['accept-encoding'] !== undefined)
      middleware(response.req, response, () => undefined)
  }
}
