import assert from 'node:assert/strict'
import { createConnection, type Socket } from 'node:net'
import type { Call, Reply } from '../../server/interactions/call.ts'
import { listen, type Listening, type ListenOptions } from '../../server/http/server.ts'
import { GOAL, stub } from './stub.ts'

const READ: Reply = { status: 200, text: GOAL, version: 3 }

describe('server', () => {
  const open: Listening[] = []
  const sockets: Socket[] = []

  async function start(answer: (call: Call) => Reply | Promise<Reply> = () => READ, more: Partial<ListenOptions> = {}) {
    const made = stub(answer)
    const listening = await listen(made.app, { host: '127.0.0.1', port: 0, ...more })
    open.push(listening)
    return { ...made, ...listening }
  }

  /** A raw connection that keeps what it hears. */
  function connect(port: number) {
    const socket = createConnection({ port, host: '127.0.0.1' })
    sockets.push(socket)
    let heard = ''
    let closed = false
    const waiting = new Set<() => void>()
    const wake = () => waiting.forEach((look) => look())
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => ((heard += text), wake()))
    socket.on('close', () => ((closed = true), wake()))
    socket.on('error', () => {})
    const until = (done: () => boolean) =>
      new Promise<string>((resolve) => {
        const look = () => {
          if (!done()) return
          waiting.delete(look)
          resolve(heard)
        }
        waiting.add(look)
        look()
      })
    return {
      socket,
      send: (text: string) => socket.write(text),
      hears: (text: string) => until(() => heard.includes(text)),
      closes: () => until(() => closed),
    }
  }

  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy())
    await Promise.all(open.splice(0).map((one) => one.stop(0)))
  })

  async function refusalOf(port: number, sent: string): Promise<string> {
    const client = connect(port)
    client.send(sent)
    const heard = await client.closes()
    const [head, body] = heard.split('\r\n\r\n')
    assert.match(head!, /^Content-Type: application\/fhir\+json/m)
    assert.match(head!, new RegExp(`^Content-Length: ${Buffer.byteLength(body!)}$`, 'm'))
    return `${head!.split('\r\n')[0]} ${JSON.parse(body!).issue[0].details.coding[0].code}`
  }

  it('answers what is not HTTP with an OperationOutcome', async () => {
    const { port } = await start()
    for (const sent of [
      'NONSENSE\r\n\r\n',
      'GET /fhir/Goal/a HTTP/1.1\r\nno colon\r\n\r\n',
      'GET\r\n\r\n',
      '\x16\x03\x01\r\n\r\n',
    ])
      assert.equal(await refusalOf(port, sent), 'HTTP/1.1 400 Bad Request request-malformed', sent)
    assert.equal(
      await refusalOf(
        port,
        'POST /fhir/Goal HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
      'HTTP/1.1 400 Bad Request request-malformed',
    )
  })

  it('answers headers that are too large with 431', async () => {
    const { port } = await start()
    const sent = `GET /fhir/Goal/a HTTP/1.1\r\nHost: h\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`
    assert.equal(await refusalOf(port, sent), 'HTTP/1.1 431 Request Header Fields Too Large headers-too-large')
  })

  it('answers headers or a body that come too slowly with 408', async () => {
    const { port } = await start(undefined, { headersTimeout: 20, requestTimeout: 20, checkEvery: 10 })
    const slow = [
      'GET /fhir/Goal/a HTTP/1.1\r\nHost:',
      'POST /fhir/Goal HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ]
    for (const sent of slow)
      assert.equal(await refusalOf(port, sent), 'HTTP/1.1 408 Request Timeout request-timeout', sent)
  })

  it('answers a request without a Host in FHIR’s words', async () => {
    const { port } = await start()
    const client = connect(port)
    client.send('GET /fhir/Goal/a HTTP/1.1\r\n\r\n')
    assert.match(await client.hears('issue'), /^HTTP\/1\.1 400 [\s\S]*invalid-header/)
  })

  it('takes an address that is sent whole, as by a proxy', async () => {
    const { port, calls } = await start()
    const client = connect(port)
    client.send('GET http://hub.example/fhir/Goal/a?x=1 HTTP/1.1\r\nHost: hub.example\r\n\r\n')
    await client.hears(GOAL)
    assert.equal(calls[0]!.call.id, 'a')
    assert.deepEqual(calls[0]!.call.params, [['x', '1']])
  })

  it('answers targets that are no address at all', async () => {
    const { port, faults } = await start()
    for (const target of [
      '//[#',
      '/fhir/#',
      'http://[/',
      'http://h',
      '*',
      'fhir/Goal/a',
      '/fhir/Goal/\u00a0',
      '//:x#',
      'http://a:b#@/?',
      '//x@[#',
      '//a@b:c#',
    ]) {
      const client = connect(port)
      client.send(`OPTIONS ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
      assert.match(await client.closes(), /^HTTP\/1\.1 4\d\d [\s\S]*"OperationOutcome"/, target)
    }
    assert.equal(faults.length, 0)
  })

  it('tells a client that sent its address unencoded what to do', async () => {
    const { port } = await start()
    const client = connect(port)
    client.send('GET /fhir/Goal?name=Zoë HTTP/1.1\r\nHost: h\r\n\r\n')
    assert.match(await client.closes(), /^HTTP\/1\.1 400 [\s\S]*must be percent-encoded/)
  })

  it('asks for the body of a client that waits for 100-continue, and ignores other expectations', async () => {
    const { port } = await start()
    const client = connect(port)
    const head = `POST /fhir/Goal HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${GOAL.length}\r\n`
    client.send(`${head}Expect: 100-continue\r\n\r\n`)
    await client.hears('100 Continue')
    client.send(GOAL)
    await client.hears(GOAL)
    const other = connect(port)
    other.send(`${head}Expect: wonders\r\n\r\n${GOAL}`)
    assert.match(await other.hears(GOAL), /^HTTP\/1\.1 200/)
  })

  it('refuses a huge declared body at once and closes the connection', async () => {
    const { port, calls } = await start()
    const client = connect(port)
    client.send(
      'POST /fhir/Goal HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{',
    )
    assert.match(await client.closes(), /^HTTP\/1\.1 413 [\s\S]*body-too-large/)
    assert.equal(calls.length, 0)
  })

  it('logs a client that went away, and goes on', async () => {
    const { port, lines, faults } = await start()
    const client = connect(port)
    client.send('POST /fhir/Goal HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{')
    const next = connect(port)
    next.send('GET /fhir/Goal/a HTTP/1.1\r\nHost: h\r\n\r\n')
    await next.hears(GOAL)
    client.socket.destroy()
    while (lines.length < 2) await new Promise(setImmediate)
    assert.deepEqual([lines[1]!.route, lines[1]!.aborted], ['POST /:type', true])
    assert.equal(faults.length, 0)
  })

  it('keeps a connection for the next request', async () => {
    const { port } = await start()
    const client = connect(port)
    for (const id of ['a', 'b']) {
      client.send(`GET /fhir/Goal/${id} HTTP/1.1\r\nHost: h\r\nX-Request-Id: ${id}\r\n\r\n`)
      assert.doesNotMatch(await client.hears(`X-Request-Id: ${id}`), /Connection: close/)
    }
  })

  it('stops after the answer that is under way, and takes nothing new', async () => {
    let answer = () => {}
    let arrived = () => {}
    const under = new Promise<void>((resolve) => (arrived = resolve))
    const hub = await start(async () => {
      arrived()
      await new Promise<void>((resolve) => (answer = resolve))
      return READ
    })
    const idle = connect(hub.port)
    const client = connect(hub.port)
    client.send('GET /fhir/Goal/a HTTP/1.1\r\nHost: h\r\n\r\n')
    await under
    const stopped = hub.stop(60_000)
    await idle.closes()
    const late = connect(hub.port)
    await late.closes()
    answer()
    const heard = await client.closes()
    assert.match(heard, /^Connection: close\r$/m)
    assert.ok(heard.endsWith(GOAL))
    assert.equal(await stopped, true)
  })

  it('cuts off what does not finish in time', async () => {
    let arrived = () => {}
    const under = new Promise<void>((resolve) => (arrived = resolve))
    const hub = await start(() => {
      arrived()
      return new Promise(() => {})
    })
    const client = connect(hub.port)
    client.send('GET /fhir/Goal/a HTTP/1.1\r\nHost: h\r\n\r\n')
    await under
    assert.equal(await hub.stop(10), false)
    assert.equal(await client.closes(), '')
  })

  it('says why it cannot listen', async () => {
    const { port } = await start()
    await assert.rejects(
      listen(() => {}, { host: '127.0.0.1', port }),
      { code: 'EADDRINUSE' },
    )
  })
})
