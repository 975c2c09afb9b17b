/** An agency's own listener, for tests: real HTTP on a free loopback port, answering as a test decides. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly type: string
  readonly numbers: readonly number[]
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read it freely
  readonly bundle: any
  /** The body as it was sent. */
  readonly text: string
}

/** What to answer: a status, a status with headers, or anything at all. */
export type EndpointAnswer =
  number | { status: number; headers?: Record<string, string> } | ((response: ServerResponse) => void)

export type Endpoint = {
  readonly url: string
  /** Every request, in the order of arrival. */
  readonly received: readonly Received[]
  /** Numbers of the events in the requests that were accepted, in the order of arrival. */
  accepted(): readonly number[]
  /** The next answers; when they are used up, 200. */
  answer(...answers: EndpointAnswer[]): void
  /** Decides every answer from now on. */
  decide(how: (received: Received) => EndpointAnswer): void
  /** Resolves when so many requests have arrived. */
  arrived(count: number): Promise<void>
  /** The most requests that were under way at once. */
  readonly together: () => number
  close(): Promise<void>
}

export async function openEndpoint(): Promise<Endpoint> {
  const received: Received[] = []
  const numbers: number[] = []
  let script: EndpointAnswer[] = []
  let decide: (received: Received) => EndpointAnswer = () => script.shift() ?? 200
  let waiting: { readonly count: number; readonly done: () => void }[] = []
  let open = 0
  let most = 0

  const server = createServer((request, response) => {
    most = Math.max(most, ++open)
    response.on('close', () => open--)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = readRequest(request.url ?? '', request.headers, Buffer.concat(chunks).toString())
      received.push(one)
      for (const { done } of waiting.filter(({ count }) => count <= received.length)) done()
      waiting = waiting.filter(({ count }) => count > received.length)
      const answer = decide(one)
      if (typeof answer === 'function') return answer(response)
      const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer
      if (status >= 200 && status < 300) numbers.push(...one.numbers)
      response.writeHead(status, headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    accepted: () => numbers,
    answer: (...answers) => (script = answers),
    decide: (how) => (decide = how),
    arrived: (count) =>
      received.length >= count ? Promise.resolve() : new Promise((done) => waiting.push({ count, done })),
    together: () => most,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Part = { readonly name: string; readonly [value: string]: unknown }

function readRequest(path: string, headers: IncomingHttpHeaders, body: string): Received {
  const bundle = JSON.parse(body)
  const parameters: readonly Part[] = bundle.entry[0].resource.parameter
  const events = parameters.filter((one) => one.name === 'notification-event')
  return {
    path,
    headers,
    bundle,
    text: body,
    type: String(parameters.find((one) => one.name === 'type')?.valueCode),
    numbers: events.map((event) =>
      Number((event.part as readonly Part[]).find((one) => one.name === 'event-number')?.valueString),
    ),
  }
}
