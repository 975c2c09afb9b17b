import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Interrupted } from '../../../server/jobs/worker.ts'
import { guardedLookup, RefusedAddress, type Resolve } from '../../../server/subscriptions/channels/lookup.ts'
import { restHook } from '../../../server/subscriptions/channels/rest-hook.ts'

const never = new AbortController().signal

describe('subscriptions / channels / rest-hook', () => {
  let server: Server
  let sockets: Socket[]
  let requests: number
  /** Called with the number of the request (1, 2, ...); false: it was dealt with here. */
  let before: (number: number, socket: Socket) => boolean
  beforeEach(async () => {
    sockets = []
    requests = 0
    before = () => true
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        if (before(++requests, request.socket)) response.writeHead(204).end()
      })
    })
    server.on('connection', (socket) => sockets.push(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const message = (more: object = {}) => ({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    headers: [],
    body: '{}',
    timeout: 5_000,
    ...more,
  })
  const channel = (resolve?: Resolve, answerLimit = 4096) =>
    restHook({ loopback: true, now: Date.now, answerLimit, ...(resolve ? { resolve } : {}) })

  it('keeps the connection for the next notification', async () => {
    const send = channel()
    for (let number = 1; number <= 5; number++) assert.deepEqual(await send(message(), never), { accepted: true })
    assert.deepEqual([requests, sockets.length], [5, 1])
  })

  it('takes a new connection at once when the kept one turns out to be closed', async () => {
    const send = channel()
    await send(message(), never)
    before = (number, socket) => {
      if (number === 2) socket.resetAndDestroy()
      return number !== 2
    }
    assert.deepEqual(await send(message(), never), { accepted: true })
    assert.deepEqual([requests, sockets.length], [3, 2])
  })

  it('does not repeat a request whose own connection breaks', async () => {
    before = (_number, socket) => {
      socket.resetAndDestroy()
      return false
    }
    const outcome = await channel()(message(), never)
    assert.deepEqual(outcome, { accepted: false, text: 'The endpoint cannot be reached (ECONNRESET).' })
    assert.equal(requests, 1)
  })

  it('speaks TLS to an https endpoint, and nothing in clear', async () => {
    const { port } = server.address() as AddressInfo
    const outcome = await channel()(message({ endpoint: `https://127.0.0.1:${port}/` }), never)
    assert.equal(outcome.accepted, false)
    assert.equal(requests, 0)
  })

  it('says that a name cannot be resolved', async () => {
    const send = channel((_name, _options, callback) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), []),
    )
    const outcome = await send(message({ endpoint: 'https://agency.example/' }), never)
    assert.deepEqual(outcome, { accepted: false, text: 'The name of the endpoint cannot be resolved.' })
  })

  it('reads no more of an answer than the limit, and keeps its status', async () => {
    const connectionsAfter = async (bytes: number): Promise<number> => {
      before = (_number, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`)
        return false
      }
      const send = channel(undefined, 1000)
      const known = sockets.length
      for (let times = 0; times < 2; times += 1) assert.deepEqual(await send(message(), never), { accepted: true })
      return sockets.length - known
    }
    assert.deepEqual([await connectionsAfter(1000), await connectionsAfter(1001)], [1, 2])
  })

  it('is interrupted by the signal, and says so', async () => {
    const stop = new AbortController()
    before = () => {
      stop.abort()
      return false
    }
    await assert.rejects(channel()(message(), stop.signal), Interrupted)
  })
})

describe('subscriptions / channels / lookup', () => {
  const resolve =
    (...addresses: string[]): Resolve =>
    (_name, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
  const look = (lookup: ReturnType<typeof guardedLookup>, all: boolean): Promise<unknown> =>
    new Promise((done, fail) => {
      lookup('agency.example', { all }, (error, ...found) => (error ? fail(error) : done(found)))
    })

  it('hands out the addresses that it checked, in either form that is asked for', async () => {
    const guard = guardedLookup(resolve('93.184.216.34', '2606:4700::1'), false)
    assert.deepEqual(await look(guard, false), ['93.184.216.34', 4])
    assert.deepEqual(await look(guard, true), [
      [
        { address: '93.184.216.34', family: 4 },
        { address: '2606:4700::1', family: 6 },
      ],
    ])
  })

  for (const addresses of [
    ['127.0.0.1'],
    ['93.184.216.34', '10.0.0.1'],
    ['2606:4700::1', '::ffff:169.254.169.254'],
    [],
  ]) {
    it(`refuses a name that leads to ${addresses.join(' and ') || 'nothing'}`, async () => {
      for (const all of [true, false])
        await assert.rejects(look(guardedLookup(resolve(...addresses), false), all), RefusedAddress)
    })
  }

  it('asks for every address, whatever the connection asked for', async () => {
    const lookups: unknown[] = []
    const guard = guardedLookup((_name, options, callback) => {
      lookups.push(options.all)
      callback(null, [{ address: '93.184.216.34', family: 4 }])
    }, false)
    await look(guard, false)
    assert.deepEqual(lookups, [true])
  })
})
