/**
 * Listens, and stops without losing a request. What never becomes a request (broken HTTP, headers too large, too slow)
 * is answered here, with an OperationOutcome like everything else.
 */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { serialize } from '../fhir/json.ts'
import { operationOutcome, refuse } from '../fhir/outcome.ts'
import { FHIR_JSON } from './media.ts'
import type { MessageClasses } from './message-classes.ts'

export type Listening = {
  readonly port: number
  /** Accepts no more, lets what is under way finish within `graceMs`, then cuts off. True: all finished. */
  readonly stop: (graceMs: number) => Promise<boolean>
}

export type ListenOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Bytes of the request line and all headers. */
  readonly headerLimit?: number
  /** ms for the headers, for the whole request, and between requests of one connection. */
  readonly headersTimeout?: number
  readonly requestTimeout?: number
  readonly keepAliveTimeout?: number
  /** ms between two looks for requests that are too slow. */
  readonly checkEvery?: number
}

const DEFAULT_HEADER_LIMIT = 16 * 1024

/** Resolves when the port is taken; rejects with Node's error (EADDRINUSE, EACCES) when it cannot be. */
export async function listen(app: RequestListener & MessageClasses, options: ListenOptions): Promise<Listening> {
  const answering = new Set<ServerResponse>()
  const serve: RequestListener = (request, response) => {
    answering.add(response)
    response.on('close', () => answering.delete(response))
    app(request, response)
  }
  const { headerLimit = DEFAULT_HEADER_LIMIT } = options
  const server = createServer(
    {
      maxHeaderSize: headerLimit,
      headersTimeout: options.headersTimeout ?? 10_000,
      requestTimeout: options.requestTimeout ?? 60_000,
      keepAliveTimeout: options.keepAliveTimeout ?? 30_000,
      connectionsCheckingInterval: options.checkEvery ?? 5_000,
      // A missing Host is answered by the app, in FHIR's words.
      requireHostHeader: false,
      noDelay: true,
      IncomingMessage: app.IncomingMessage,
      ServerResponse: app.ServerResponse,
    },
    serve,
  )
  server.on('checkExpectation', serve)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseSocket(error, socket, headerLimit))
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await begin(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    stop: (graceMs) => {
      // So that a client does not send its next request into a connection that is about to close.
      for (const response of answering) if (!response.headersSent) response.setHeader('Connection', 'close')
      return end(server, sockets, graceMs)
    },
  }
}

function begin(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function end(server: Server, sockets: ReadonlySet<Socket>, graceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let finished = true
    const closeUnused = () => {
      // A connection whose last answer has just gone out would hold on until its keep-alive ends,
      // and Node counts a connection without any request as busy.
      server.closeIdleConnections()
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    }
    const sweep = setInterval(closeUnused, 20)
    const cut = setTimeout(() => {
      finished = false
      server.closeAllConnections()
    }, graceMs)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(cut)
      resolve(finished)
    })
    closeUnused()
  })
}

function refuseSocket(error: NodeJS.ErrnoException, socket: Duplex, headerLimit: number): void {
  // Closed, or in the middle of a response: no answer can be sent.
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const { status, issues } = faultOf(error.code, headerLimit)
  const body = serialize(operationOutcome(issues))
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`,
    `Content-Type: ${FHIR_JSON}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function faultOf(code: string | undefined, headerLimit: number) {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return refuse('headers-too-large', `Address and headers together are larger than ${headerLimit} bytes. Send less.`)
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return refuse('request-timeout', 'The request did not arrive whole in time.')
  if (code === 'HPE_INVALID_URL') {
    return refuse(
      'request-malformed',
      'The address has a character that must be percent-encoded. Send `é` as `%C3%A9`.',
    )
  }
  return refuse('request-malformed', 'What was sent is not an HTTP/1.1 request.')
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}
