/** Requests that no client should send, byte by byte: each is answered, none with a fault, and none confuses the next. */
import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { gzipSync } from 'node:zlib'
import { made, refused, type Client } from '../given.ts'
import { condition, consent, goal, participant, transaction } from '../builders/index.ts'
import { attacked, newcomer, post, type Scene } from './scene.ts'

describe('attack / protocol', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client
  let subject: string
  before(async () => {
    scene = await attacked()
    es = scene.as('es')
    subject = await newcomer(es, 'es')
  })
  after(() => scene.stop())

  /** Everything that is heard until the hub closes, or half a second nothing more comes. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = createConnection({ port: Number(new URL(scene.url).port), host: '127.0.0.1' })
      let heard = ''
      socket.setEncoding('latin1')
      socket.setTimeout(500, () => socket.destroy())
      socket.on('data', (more) => (heard += String(more)))
      socket.on('error', () => {})
      socket.on('close', () => resolve(heard))
      socket.end(text, 'latin1')
    })
  const statuses = (heard: string) => [...heard.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
  const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n\r\n`

  it('answers ambiguous framing with a refusal and never with two answers', async () => {
    const host = 'Host: 127.0.0.1'
    const json = 'Content-Type: application/fhir+json'
    const smuggled = lines('GET /fhir/Patient HTTP/1.1', host)
    const requests = [
      lines('POST /fhir/Patient HTTP/1.1', host, json, 'Content-Length: 4', 'Transfer-Encoding: chunked') +
        '0\r\n\r\n' +
        smuggled,
      lines('POST /fhir/Patient HTTP/1.1', host, json, 'Content-Length: 2', 'Content-Length: 50') + '{}' + smuggled,
      lines('POST /fhir/Patient HTTP/1.1', host, json, 'Transfer-Encoding: chunked, identity') + '0\r\n\r\n',
      lines('POST /fhir/Patient HTTP/1.1', host, json, 'Transfer-Encoding: chunked') + 'zz\r\n{}\r\n0\r\n\r\n',
      lines('POST /fhir/Patient HTTP/1.1', host, json, 'Content-Length: -1') + '{}',
      lines('POST /fhir/Patient HTTP/1.1', host, json, 'Content-Length: 1e3') + '{}',
      lines('GET /fhir/Patient HTTP/1.1', host, ' folded: header'),
      lines('GET /fhir/Patient HTTP/9.9', host),
      lines('GET /fhir/Patient\x00 HTTP/1.1', host),
      lines('GET /fhir/Patient HTTP/1.1', host, 'X-Agency: e\x00s'),
    ]
    for (const request of requests) {
      const found = statuses(await raw(request))
      assert.ok(
        found.length <= 1 && found.every((one) => one >= 400 && one < 500),
        `${JSON.stringify(request.slice(0, 200))}: ${found}`,
      )
    }
  })

  it('refuses two Hosts, two agencies and hosts that are none', async () => {
    const statusesFor = async (...headers: readonly string[]) =>
      statuses(await raw(lines('GET /fhir/Patient HTTP/1.1', ...headers, 'Connection: close')))
    assert.deepEqual(await statusesFor('Host: a.example', 'Host: b.example'), [400])
    assert.deepEqual(await statusesFor('Host: localhost', 'X-Agency: es', 'X-Agency: board'), [401])
    assert.deepEqual(await statusesFor('Host: localhost', 'X-Agency: board', 'X-Agency: es'), [401])
    for (const host of ['a.example/evil', 'a b', '"', 'a.example:99999999', 'user@a.example', ''])
      assert.deepEqual(await statusesFor(`Host: ${host}`), [400], host)
    assert.deepEqual(await statusesFor('Host: 127.0.0.1'), [200])
    assert.deepEqual(statuses(await raw(lines('GET /fhir/metadata HTTP/1.0'))), [400])
    assert.deepEqual(
      statuses(
        await raw(lines('GET http://other.example/fhir/metadata HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close')),
      ),
      [200],
    )
  })

  it('reads versions as whole numbers, whatever is put into If-Match', async () => {
    const one = await post(es, participant('es'))
    const tags = [
      '1',
      '"1"',
      'W/"01"',
      'W/"1.0"',
      'W/"+1"',
      'W/"0x1"',
      'W/"1e0"',
      'W/" 1"',
      'W/"1',
      'w/"1"',
      "W/'1'",
      'W/"2"',
      '""',
      ',',
      'W/"99999999999999999999"',
      'W/"-1"',
      'W/"__proto__"',
      'W/"2", *',
    ]
    for (const tag of tags) {
      const answer = await es.send('PUT', `/Patient/${one.id}`, one, { headers: { 'If-Match': tag } })
      const strong = tag === '"1"'
      assert.ok(
        strong ? [200, 412].includes(answer.status) : [400, 412, 428].includes(answer.status),
        `${tag}: ${answer.status}`,
      )
      if (answer.status === 200) break
    }
    const { meta } = made(await es.get(`/Patient/${one.id}`))
    assert.ok(Number(meta.versionId) <= 2)
  })

  it('lets no name of Object.prototype through', async () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']
    for (const name of names) {
      const value = '{"isAdmin":true,"agency":"board"}'
      const bodies = [
        JSON.stringify(condition(subject)).replace(/^\{/, `{"${name}":${value},`),
        JSON.stringify(condition(subject)).replace('"code":{', `"code":{"${name}":${value},`),
        JSON.stringify(condition(subject)).replace('"subject":{', `"subject":{"${name}":${value},`),
        JSON.stringify(transaction({ method: 'POST', url: 'Condition', resource: condition(subject) })).replace(
          '"request":{',
          `"request":{"${name}":${value},`,
        ),
      ]
      for (const [index, body] of bodies.entries()) {
        const answer = await es.post(index < 3 ? '/Condition' : '', body)
        assert.ok(answer.status < 500, answer.text)
        if (index < 3) assert.equal(answer.status, 422, `${name} ${index}: ${answer.text}`)
      }
      for (const path of [
        `/Condition?${name}=1`,
        `/Condition?patient.${name}=1`,
        `/Condition?_sort=${name}`,
        `/Condition?_include=Condition:${name}`,
        `/Condition/${name}`,
        `/${name}`,
        `/Condition/$${name}`,
        `/Condition?code:${name}=1`,
      ]) {
        const { status, text } = await es.get(path)
        assert.ok(status >= 400 && status < 500, `${path}: ${status} ${text}`)
      }
      refused(await es.get('/Condition', { headers: { 'X-Agency': name } }), 401, 'unknown-agency')
      assert.ok(
        (
          await es.post(`/${subject}/$refer`, {
            resourceType: 'Parameters',
            parameter: [
              { name, valueCode: name },
              { name: 'service', valueCode: name },
            ],
          })
        ).status < 500,
      )
      for (const text of [
        { resourceType: name },
        { resourceType: 'Bundle', type: name },
        { ...goal(subject), resourceType: name },
        { ...goal(subject), meta: { profile: [name] } },
        { ...goal(subject), contained: [{ resourceType: name, id: 'x' }] },
        { ...goal(subject), extension: [{ url: name, [name]: 1 }] },
      ]) {
        const answer = await es.post('/Goal', text)
        assert.ok(answer.status >= 400 && answer.status < 500, `${JSON.stringify(text)}: ${answer.status}`)
      }
    }
    assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined)
  })

  it('answers ids, parameters and texts with any character', async () => {
    const odd = [
      '\u0000',
      '\u0001',
      '\u007f',
      '\u2028',
      '\ufeff',
      '\uffff',
      '../..',
      '..%2f..',
      '%',
      '%00',
      '%ff',
      '%c0%af',
      '%d8%00',
      ';',
      '\\',
      "'",
      '"',
      '`',
      '${1}',
      '<script>',
      '💥',
      'é'.normalize('NFD'),
      ' ',
    ]
    for (const one of odd) {
      const encoded = encodeURIComponent(one)
      for (const path of [
        `/Patient/${encoded}`,
        `/Patient/${encoded}/_history`,
        `/Patient/x/_history/${encoded}`,
        `/Patient?family=${encoded}`,
        `/Patient?${encoded}=1`,
        `/Patient?_id=${encoded}`,
        `/Patient?identifier=${encoded}|${encoded}`,
        `/Patient?birthdate=${encoded}`,
        `/Patient?_count=${encoded}`,
        `/Patient?_format=${encoded}`,
        `/Patient?_sort=${encoded}`,
        `/Patient?_lastUpdated=${encoded}`,
        `/${subject}/$reconcile?base=${encoded}`,
      ]) {
        const { status, text } = await es.get(path)
        assert.ok(status < 500, `${path}: ${text}`)
      }
      const answer = await es.post('/Patient', {
        ...participant('es'),
        name: [{ use: 'official', family: one, given: [one] }],
      })
      assert.ok(answer.status < 500, answer.text)
      if (answer.status === 201) assert.equal(answer.body.name[0].family, one)
    }
    for (const lone of ['"\\ud800"', '"\\udc00\\ud800"']) {
      const answer = await es.post('/Patient', JSON.stringify(participant('es')).replace('"Ferris"', lone))
      assert.equal(answer.status, 400)
    }
  })

  it('takes numbers of any size without a fault', async () => {
    for (const number of [
      '1e400',
      '-1e400',
      '9'.repeat(5000),
      `0.${'1'.repeat(5000)}`,
      '1E-400',
      '-0',
      '1e9999999999',
    ]) {
      const body = JSON.stringify(goal(subject)).replace(
        /\}$/,
        `,"target":[{"measure":{"text":"x"},"detailQuantity":{"value":${number},"system":"urn:iso:std:iso:4217","code":"USD"}}]}`,
      )
      const started = performance.now()
      const { status, text } = await es.post('/Goal', body)
      assert.ok(status < 500, text.slice(0, 300))
      assert.ok(performance.now() - started < 2000)
    }
    for (const count of ['1e9', '-1', '0x10', '99999999999999999999', 'NaN', '1.5', ''])
      assert.ok((await es.get(`/Patient?_count=${count}`)).status < 500, count)
  })

  it('inflates no bomb and reads no other coding', async () => {
    const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024, 32))
    const send = (body: Buffer, encoding: string) =>
      fetch(`${scene.url}/Patient`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/fhir+json', 'Content-Encoding': encoding, 'X-Agency': 'es' },
      })
    assert.equal((await send(zeros, 'gzip')).status, 413)
    assert.equal((await send(gzipSync(zeros), 'gzip, gzip')).status, 415)
    assert.equal((await send(Buffer.from('x'), 'br')).status, 415)
    assert.equal((await send(gzipSync(JSON.stringify(participant('es'))), 'GZIP')).status, 201)
    assert.equal((await send(Buffer.concat([gzipSync('{'), Buffer.from('junk')]), 'gzip')).status, 400)
  })

  it('answers deep, wide and nested Bundles in bounded time', async () => {
    const batch = (entries: readonly object[]) => ({ resourceType: 'Bundle', type: 'batch', entry: entries })
    const nest = (depth: number): object =>
      batch(depth === 0 ? [] : [{ request: { method: 'POST', url: '/' }, resource: nest(depth - 1) }])
    for (const body of [
      nest(3),
      nest(14),
      batch(Array.from({ length: 400 }, () => ({ request: { method: 'GET', url: 'Patient?_count=200' } }))),
    ]) {
      const started = performance.now()
      const { status } = await es.post('', body)
      assert.ok(status < 500)
      assert.ok(performance.now() - started < 20_000)
    }
    const inner = (await es.post('', nest(1))).body.entry[0].response.status
    assert.match(inner, /^4/, 'a Bundle in a Bundle is not processed: limits would not hold')
    assert.equal((await es.post('', '['.repeat(100_000))).status, 400)
    assert.equal((await es.post('', '{"a":'.repeat(100_000))).status, 400)
  })

  it('answers methods and overrides as what they are', async () => {
    for (const method of ['PROPFIND', 'TRACE']) {
      const heard = await raw(
        lines(`${method} /fhir/${subject} HTTP/1.1`, 'Host: 127.0.0.1', 'X-Agency: es', 'Connection: close'),
      )
      assert.ok(
        statuses(heard).every((one) => one === 405 || one === 404 || one === 501),
        `${method}: ${statuses(heard)}`,
      )
    }
    made(
      await es.get(`/${subject}`, {
        headers: {
          'X-HTTP-Method-Override': 'DELETE',
          'X-Forwarded-Host': 'evil.example',
          'X-Original-URL': '/fhir/metadata',
        },
      }),
    )
    const head = await es.send('HEAD', `/${subject}`)
    assert.deepEqual([head.status, head.text], [200, ''])
  })

  it('matches a condition against what the caller knows, and says so only of that', async () => {
    const dhs = scene.as('dhs')
    const answer = await dhs.post('/Consent', consent(subject, 'dhs', 'dhs'), {
      headers: { 'If-None-Exist': `patient=${subject}` },
    })
    refused(answer, 422, 'reference-not-found')
    refused(
      await dhs.post('', transaction({ method: 'POST', url: 'Goal', resource: goal('Patient?family=Ferris') })),
      422,
      'reference-not-found',
    )
  })
})
