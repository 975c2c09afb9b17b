/**
 * `GET /metrics`, outside of the FHIR addresses: figures for Prometheus. At the hub's own port the board alone has it
 * (app.ts); a port of its own is for a scraper that has no credentials, and takes callers of this machine only.
 */
import type { OutgoingHttpHeader, RequestListener, ServerResponse } from 'node:http'
import { pathOf } from './address.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { listen, type Listening } from './server.ts'

export const METRICS_PATH = '/metrics'

/** The methods that it takes. */
export const METRICS_METHODS: readonly string[] = ['GET', 'HEAD']

/** Reads the metrics as text. */
export type ReadMetrics = () => Promise<{ readonly contentType: string; readonly text: string }>

const LOOPBACK = '127.0.0.1'

/** Listens for scrapers on loopback. @param fault receives what the reading of the metrics throws */
export function listenForScrapers(
  read: ReadMetrics,
  { port, fault }: { readonly port: number; readonly fault: (error: unknown) => void },
): Promise<Listening> {
  const answer: RequestListener = async ({ method = '', url = '' }, response) => {
    if (pathOf(url) !== METRICS_PATH || !METRICS_METHODS.includes(method)) return send(response, 404, NOTHING)
    try {
      const { text, contentType } = await read()
      send(response, 200, text, contentType)
    } catch (error) {
      fault(error)
      send(response, 500, 'The metrics could not be read. The log has the error.\n')
    }
  }
  return listen(answer, { host: LOOPBACK, port })
}

const NOTHING = 'There is nothing here but `GET /metrics`.\n'

/** HEAD has the headers of GET; Node leaves the body out. */
function send(response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  const headers = ['Content-Type', contentType, 'Content-Length', Buffer.byteLength(text), 'Cache-Control', 'no-store']
  response.writeHead(status, [...headers, ...SECURITY_HEADERS] as OutgoingHttpHeader[]).end(text)
}
