/**
 * A closed loop of requests over keep-alive connections: each sends its next request after the answer to the last one.
 * It speaks HTTP over plain sockets, so that the sender takes little of the processor beside the server.
 */
import { connect, type Socket } from 'node:net'

export type Ask = {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}
export type Round = { readonly url: string; next(): Ask }

/** An answer of 400 or more ends the benchmark: a fast error is not a result. */
export type Loaded = { readonly answers: number; readonly seconds: number; readonly bytesOfBody: number }

export async function load({ url, next }: Round, seconds: number, connections: number): Promise<Loaded> {
  const end = performance.now() + seconds * 1000
  let answers = 0
  let bytesOfBody = 0
  const one = async (): Promise<void> => {
    const connection = await open(url)
    while (performance.now() < end) {
      const length = await connection.send(next())
      bytesOfBody += length
      answers += 1
    }
    connection.close()
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: connections }, one))
  return { answers, seconds: (performance.now() - begun) / 1000, bytesOfBody }
}

export type Connection = {
  /** Resolves with the bytes of the body of the answer. */
  send(ask: Ask): Promise<number>
  /** Resolves with the body of the answer. */
  read(ask: Ask): Promise<string>
  close(): void
}

/** A connection to the server at this address, whose path begins each path that is sent. */
export async function open(url: string): Promise<Connection> {
  const { hostname, port, host, pathname } = new URL(url)
  const base = pathname === '/' ? '' : pathname
  const socket = await connected(Number(port), hostname)
  const answers = answersOf(socket)
  const send = async (ask: Ask, keep: boolean): Promise<Answer> => {
    const answer = answers.next(keep)
    socket.write(textOf(ask, host, base))
    const { status, length, chunks } = await answer
    if (status >= 400) throw new Error(`${ask.method} ${ask.path} answered ${status}. ${bodyOf(chunks, length)}`)
    return { status, length, chunks }
  }
  return {
    send: async (ask) => (await send(ask, false)).length,
    read: async (ask) => {
      const { chunks, length } = await send(ask, true)
      return bodyOf(chunks, length)
    },
    close: () => socket.destroy(),
  }
}

const connected = (port: number, host: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })

function textOf({ method, path, body, headers }: Ask, host: string, base: string): string {
  const content =
    body === undefined ? {} : { 'Content-Type': 'application/fhir+json', 'Content-Length': Buffer.byteLength(body) }
  const lines = Object.entries({ Host: host, ...headers, ...content }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${base}${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

/** `chunks`: of the whole answer, or of its beginning. */
type Answer = { readonly status: number; readonly length: number; readonly chunks: readonly Buffer[] }

function bodyOf(chunks: readonly Buffer[], length: number): string {
  const whole = Buffer.concat(chunks)
  const begin = whole.indexOf('\r\n\r\n') + 4
  return whole.toString('utf8', begin, begin + length)
}

/** Reads answers of a known length (Content-Length), one after the other. */
function answersOf(socket: Socket): { next(keep: boolean): Promise<Answer> } {
  let settle: { resolve(answer: Answer): void; reject(error: Error): void } | undefined
  let kept = false
  let chunks: Buffer[] = []
  let begun: { readonly status: number; readonly length: number } | undefined
  let missing = 0
  socket.on('data', (chunk: Buffer) => {
    if (begun === undefined) {
      chunks.push(chunk)
      const head = (chunks.length === 1 ? chunk : Buffer.concat(chunks)).toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      begun = { status: Number(head.slice(9, 12)), length }
      missing = length - (head.length - end - 4)
    } else {
      if (kept) chunks.push(chunk)
      missing -= chunk.length
    }
    if (missing > 0) return
    const answer = { ...begun, chunks }
    begun = undefined
    chunks = []
    settle?.resolve(answer)
  })
  socket.on('close', () => settle?.reject(new Error('The server closed the connection.')))
  socket.on('error', (error) => settle?.reject(error))
  return {
    next: (keep) => {
      kept = keep
      return new Promise((resolve, reject) => (settle = { resolve, reject }))
    },
  }
}
