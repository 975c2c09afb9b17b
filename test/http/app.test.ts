import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import request from 'supertest'
import { loadConfig } from '../../server/config.ts'
import { refuse } from '../../server/fhir/outcome.ts'
import type { Reply } from '../../server/interactions/call.ts'
import { limitsOf } from '../../server/start/limits.ts'
import { GOAL, NOW, stub } from './stub.ts'

const FHIR = 'application/fhir+json'
const READ: Reply = { status: 200, text: GOAL, version: 3, lastModified: Date.UTC(2024, 0, 1, 10, 20, 30, 999) }
const MADE: Reply = { ...READ, status: 201, version: 1, location: 'Goal/a/_history/1' }

const ok = (reply: Reply = READ, more = {}) => stub(() => reply, more)

function expectOutcome(response: request.Response, status: number, code: string, sentence?: RegExp): void {
  assert.equal(response.status, status, response.text)
  assert.equal(response.headers['content-type'], 'application/fhir+json; charset=utf-8')
  const outcome = JSON.parse(response.text)
  assert.equal(outcome.resourceType, 'OperationOutcome')
  assert.equal(outcome.issue[0].details.coding[0].code, code)
  assert.ok(response.headers['x-request-id'])
  if (sentence) assert.match(outcome.issue[0].details.text, sentence)
}

describe('app', () => {
  describe('a reply', () => {
    it('has the text as it is, and the version in its headers', async () => {
      const response = await request(ok().app).get('/fhir/Goal/a')
      assert.equal(response.status, 200)
      assert.equal(response.text, GOAL)
      assert.equal(response.headers['etag'], 'W/"3"')
      assert.equal(response.headers['last-modified'], 'Mon, 01 Jan 2024 10:20:30 GMT')
      assert.equal(response.headers['content-type'], 'application/fhir+json; charset=utf-8')
      assert.equal(response.headers['cache-control'], 'no-store')
      assert.equal(response.headers['x-content-type-options'], 'nosniff')
      assert.equal(response.headers['x-powered-by'], undefined)
      assert.match(response.headers['content-security-policy']!, /default-src 'none'/)
    })

    it('to HEAD has the headers of GET and no body', async () => {
      const { app, calls } = ok()
      const response = await request(app).head('/fhir/Goal/a')
      assert.equal(response.status, 200)
      assert.equal(response.headers['etag'], 'W/"3"')
      assert.equal(response.headers['content-length'], String(GOAL.length))
      assert.equal(response.text ?? '', '')
      assert.equal(calls[0]!.call.method, 'GET')
      assert.equal((await request(app).head('/fhir/nothing/at/all/x')).status, 404)
    })

    it('of 304 or 204 has no body, whatever the interaction gave', async () => {
      for (const status of [304, 204]) {
        const response = await request(ok({ ...READ, status }).app).get('/fhir/Goal/a')
        assert.equal(response.status, status)
        assert.equal(response.text, '')
        assert.equal(response.headers['content-type'], undefined)
        assert.equal(response.headers['etag'], 'W/"3"')
      }
    })

    it('serializes a resource, with decimals as they came', async () => {
      const { app } = stub((call) => ({ status: 200, resource: call.body }))
      const text = '{"resourceType":"Goal","x":1.50}'
      const response = await request(app).put('/fhir/Goal/a').set('Content-Type', FHIR).send(text)
      assert.equal(response.text, text)
    })

    it('is laid out for people with _pretty=true, and otherwise the same', async () => {
      const text = '{"resourceType":"Goal","a":[1.50,[],{},{"b":"x, {\\"y\\": [1]}"}],"c":null}'
      const response = await request(ok({ ...READ, text }).app).get('/fhir/Goal/a?_pretty=true&x=1')
      assert.equal(response.text, JSON.stringify(JSON.parse(text), null, 2).replace('1.5,', '1.50,'))
      assert.equal((await request(ok({ ...READ, text }).app).get('/fhir/Goal/a?_pretty=false')).text, text)
    })

    it('names what was made by an absolute address', async () => {
      const post = (app: Parameters<typeof request>[0]) =>
        request(app).post('/fhir/Goal').set('Content-Type', FHIR).set('Host', 'hub.example:8080').send(GOAL)
      const response = await post(ok(MADE).app)
      assert.equal(response.status, 201)
      assert.equal(response.headers['location'], 'http://hub.example:8080/fhir/Goal/a/_history/1')
      const behind = await post(ok(MADE, { publicUrl: 'https://state.example/hub' }).app)
      assert.equal(behind.headers['location'], 'https://state.example/hub/Goal/a/_history/1')
    })

    it('follows Prefer: return for creates and updates only', async () => {
      const send = (path: string, prefer: string) =>
        request(ok(MADE).app).post(path).set('Content-Type', FHIR).set('Prefer', prefer).send(GOAL)
      const minimal = await send('/fhir/Goal', 'return=minimal')
      assert.deepEqual([minimal.status, minimal.text, minimal.headers['content-length']], [201, '', '0'])
      assert.equal(minimal.headers['preference-applied'], 'return=minimal')
      assert.equal(minimal.headers['etag'], 'W/"1"')
      const outcome = await send('/fhir/Goal', 'return=OperationOutcome')
      assert.equal(JSON.parse(outcome.text).resourceType, 'OperationOutcome')
      assert.equal((await send('/fhir/Goal', 'return=representation')).text, GOAL)
      assert.equal((await send('/fhir/Goal/$validate', 'return=minimal')).text, GOAL)
    })
  })

  describe('a call', () => {
    it('carries what the request says', async () => {
      const { app, calls } = ok(MADE)
      await request(app)
        .put('/fhir/Goal/a?x=1&x=2&_format=json&_pretty=true&y[z]=3')
        .set({ 'Content-Type': FHIR, Host: 'hub.example', 'X-Agency': 'es', 'If-Match': 'W/"2"', 'If-None-Match': '*' })
        .set({
          'If-Modified-Since': 'Mon, 01 Jan 2024 00:00:00 GMT',
          'If-None-Exist': 'identifier=1',
          Prefer: 'handling=lenient',
          'X-Request-Id': 'req-1',
        })
        .send(GOAL)
      assert.equal(calls[0]!.name, 'update')
      assert.deepEqual(JSON.parse(JSON.stringify(calls[0]!.call)), {
        caller: { agency: 'es', role: 'agency' },
        requestId: 'req-1',
        method: 'PUT',
        type: 'Goal',
        id: 'a',
        params: [
          ['x', '1'],
          ['x', '2'],
          ['y[z]', '3'],
        ],
        body: { resourceType: 'Goal', id: 'a', x: 1.5 },
        ifMatch: 'W/"2"',
        ifNoneMatch: '*',
        ifModifiedSince: 'Mon, 01 Jan 2024 00:00:00 GMT',
        ifNoneExist: 'identifier=1',
        prefer: { handling: 'lenient' },
        base: 'http://hub.example/fhir',
        now: NOW,
      })
    })

    it('joins the parameters of the address and of the form', async () => {
      const { app, calls } = ok()
      await request(app).post('/fhir/Goal/_search?a=1').type('form').send('b=2&_format=json&b=%2C').expect(200)
      assert.deepEqual(calls[0]!.call.params, [
        ['a', '1'],
        ['b', '2'],
        ['b', ','],
      ])
      assert.equal(calls[0]!.call.body, undefined)
      await request(app).post('/fhir/Goal/_search').expect(200)
    })

    it('may have no body where an operation takes none', async () => {
      const { app, calls } = ok()
      await request(app).post('/fhir/Goal/a/$validate').expect(200)
      await request(app).get('/fhir/Goal/a/$validate?mode=x').expect(200)
      assert.deepEqual(
        calls.map(({ call }) => call.body),
        [undefined, undefined],
      )
    })

    it('may come compressed', async () => {
      const { app, calls } = ok(MADE)
      await request(app)
        .post('/fhir/Goal')
        .set({ 'Content-Type': FHIR, 'Content-Encoding': 'gzip' })
        .serialize((body) => body)
        .send(gzipSync(GOAL) as unknown as string)
        .expect(201)
      assert.equal(calls[0]!.call.body?.id, 'a')
    })

    it('to metadata needs no caller', async () => {
      await request(ok().app).get('/fhir/metadata').set('X-Agency', 'nobody').expect(200)
    })
  })

  describe('XML', () => {
    const XML = 'application/fhir+xml'
    const GOAL_XML = '<Goal xmlns="http://hl7.org/fhir"><id value="a"/></Goal>'
    const { app, calls } = stub((call) => ({ status: 200, resource: call.body ?? { resourceType: 'Goal', id: 'a' } }))
    const answered = (accept: string, address: string) => request(app).get(address).set('Accept', accept)

    it('is what the response is written in where it is asked for', async () => {
      for (const response of [
        await answered(XML, '/fhir/Goal/a'),
        await answered('*/*', '/fhir/Goal/a?_format=xml'),
        await request(app).post('/fhir/Goal/_search').type('form').send('_format=xml'),
      ]) {
        assert.equal(response.headers['content-type'], 'application/fhir+xml; charset=utf-8')
        assert.equal(response.headers['vary'], 'Accept')
        assert.equal(response.text ?? '', `<?xml version="1.0" encoding="UTF-8"?>${GOAL_XML}`)
      }
      const pretty = await answered(XML, '/fhir/Goal/a?_pretty=true')
      assert.match(pretty.text, /^<\?xml.*\n<Goal xmlns="http:\/\/hl7.org\/fhir">\n {2}<id value="a"\/>\n<\/Goal>$/)
    })

    it('is read where a resource is', async () => {
      const text = GOAL_XML.replace('<id', '\n<id')
      await request(app).put('/fhir/Goal/a').set('Content-Type', XML).send(text).expect(200)
      const { body, locate } = calls.at(-1)!.call
      assert.deepEqual(body, { resourceType: 'Goal', id: 'a' })
      assert.deepEqual(locate!('Goal.id'), { line: 2, column: 1 })
      const parameters = '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="x"/></parameter></Parameters>'
      await request(app).post('/fhir/Goal/$validate').set('Content-Type', 'text/xml').send(parameters).expect(200)
      assert.deepEqual(calls.at(-1)!.call.body, { resourceType: 'Parameters', parameter: [{ name: 'x' }] })
    })

    it('is what refusals are written in too, those before and after routing', async () => {
      const refusals = [
        await answered(XML, '/nowhere'),
        await answered(XML, '/fhir/goal'),
        await answered(XML, '/fhir/Goal/a').set('X-Agency', 'nobody'),
        await answered(XML, '/fhir/Goal?a=%'),
        await answered(XML, '/fhir/Goal/a_b'),
        await request(app).put('/fhir/Goal/a?_format=xml').set('Content-Type', XML).send('<Goal>'),
      ]
      for (const { status, headers, text } of refusals) {
        assert.ok(status >= 400 && status < 500)
        assert.equal(headers['content-type'], 'application/fhir+xml; charset=utf-8')
        assert.match(text, /<OperationOutcome xmlns="http:\/\/hl7.org\/fhir"><issue>/)
      }
      assert.match(refusals.at(-1)!.text, /line 1, column 1/)
    })

    it('that is not FHIR is refused with its place', async () => {
      const response = await request(app)
        .put('/fhir/Goal/a')
        .set('Content-Type', XML)
        .send('<Goal xmlns="http://hl7.org/fhir">\n<x</Goal>')
      expectOutcome(response, 400, 'xml-malformed', /line 2, column/)
      const { headers } = await request(app).put('/fhir/Goal/a').set('Content-Type', 'text/turtle').send(GOAL_XML)
      assert.match(headers['accept']!, /application\/fhir\+json.*application\/fhir\+xml/)
    })
  })

  describe('a refusal is an OperationOutcome:', () => {
    const { app, calls, faults } = stub(
      (call) => {
        if (call.id === 'bug') throw new TypeError('secret detail')
        if (call.id === 'gone') throw refuse('deleted', 'Deleted.', { headers: { ETag: 'W/"4"' } })
        return READ
      },
      { limits: { ...limitsOf(loadConfig({})).http, body: 1000 } },
    )
    const post = (body: string | Buffer, type = FHIR) =>
      request(app)
        .post('/fhir/Goal')
        .set('Content-Type', type)
        .serialize((it) => it)
        .send(body as string)

    it('404 for an address that the hub does not have', async () => {
      expectOutcome(await request(app).get('/fhir/Goal/a/b/c/d'), 404, 'unknown-address')
      expectOutcome(await request(app).get('/'), 404, 'unknown-address', /begin with `\/fhir`/)
      expectOutcome(await request(app).get('/FHIR/Goal'), 404, 'unknown-address')
      expectOutcome(await request(app).get('/fhir/goal'), 404, 'unknown-type')
    })

    it('405 with Allow', async () => {
      const response = await request(app).post('/fhir/Goal/a')
      expectOutcome(response, 405, 'method-not-allowed', /does not take POST/)
      assert.equal(response.headers['allow'], 'GET, HEAD, PUT, PATCH, DELETE')
    })

    it('401 for a caller that is no agency', async () => {
      expectOutcome(await request(app).get('/fhir/Goal/a').set('X-Agency', 'nobody'), 401, 'unknown-agency')
    })

    it('406 for a format that is neither JSON nor XML', async () => {
      expectOutcome(await request(app).get('/fhir/Goal/a').set('Accept', 'text/turtle'), 406, 'not-acceptable')
      expectOutcome(await request(app).get('/fhir/Goal/a?_format=ttl'), 406, 'not-acceptable')
      expectOutcome(
        await request(app).post('/fhir/Goal/_search').type('form').send('_format=ttl'),
        406,
        'not-acceptable',
      )
    })

    it('415 for a body that is not read', async () => {
      expectOutcome(await post(GOAL, 'text/plain'), 415, 'media-type', /`text\/plain`/)
      expectOutcome(await post(GOAL, 'application/json; charset=latin1'), 415, 'media-type')
      expectOutcome(await post(GOAL).set('Content-Encoding', 'br'), 415, 'media-type', /`br`/)
      expectOutcome(await request(app).post('/fhir/Goal/_search').type('json').send('{}'), 415, 'media-type')
    })

    it('413 for a body past the limit, sent whole, in pieces or compressed', async () => {
      expectOutcome(await post(`"${'x'.repeat(999)}"`), 413, 'body-too-large', /1000 bytes/)
      expectOutcome(await post(`"${'x'.repeat(100_000)}"`), 413, 'body-too-large')
      const packed = gzipSync('x'.repeat(100_000))
      assert.ok(packed.length < 1000)
      expectOutcome(await post(packed).set('Content-Encoding', 'gzip'), 413, 'body-too-large')
      const chunked = request(app).post('/fhir/Goal').set('Content-Type', FHIR)
      for (let i = 0; i < 30; i++) chunked.write('x'.repeat(100))
      expectOutcome(await chunked, 413, 'body-too-large')
    })

    it('414 for an address past the limit', async () => {
      expectOutcome(await request(app).get(`/fhir/Goal?x=${'y'.repeat(8200)}`), 414, 'address-too-long')
    })

    it('400 for what cannot be read: JSON, UTF-8, gzip, the address, a parameter, no resource', async () => {
      expectOutcome(await post('{"a":'), 400, 'json-malformed', /line 1, column 6/)
      expectOutcome(await post('{"a":1,"a":1}'), 400, 'json-duplicate-key')
      expectOutcome(await post('['.repeat(70)), 400, 'json-too-deep')
      expectOutcome(await post(Buffer.from([0x22, 0xff, 0x22])), 400, 'request-malformed', /not UTF-8/)
      expectOutcome(await post(GOAL).set('Content-Encoding', 'gzip'), 400, 'request-malformed', /not gzip/)
      expectOutcome(await request(app).get('/fhir/Goal/%ff'), 400, 'request-malformed')
      expectOutcome(await request(app).get('/fhir/Goal?a=%'), 400, 'request-malformed')
      expectOutcome(await request(app).get('/fhir/Goal/a_b'), 400, 'invalid-id', /`a_b`/)
      expectOutcome(await request(app).get('/fhir/Goal/a').set('Host', 'a b/c'), 400, 'invalid-header')
      expectOutcome(await request(app).post('/fhir/Goal'), 400, 'body-missing')
      for (const body of ['[]', 'null', '"x"', '{}', '{"resourceType":1}'])
        expectOutcome(await post(body), 400, 'body-missing', /not a resource/)
    })

    it('whatever a handler throws, with its headers', async () => {
      const response = await request(app).get('/fhir/Goal/gone')
      expectOutcome(response, 410, 'deleted')
      assert.equal(response.headers['etag'], 'W/"4"')
    })

    it('500 for a fault, which is logged under the request id and not shown', async () => {
      const response = await request(app).get('/fhir/Goal/bug').set('X-Request-Id', 'req-1')
      expectOutcome(response, 500, 'internal', /logged under `req-1`/)
      assert.ok(!response.text.includes('secret'))
      const [fault] = faults
      assert.equal(fault!.requestId, 'req-1')
      assert.equal((fault!.error as Error).message, 'secret detail')
      assert.equal(faults.length, 1)
    })

    it('and nothing refused reached a handler', () => {
      assert.deepEqual([...new Set(calls.map(({ call }) => call.id))], ['gone', 'bug'])
    })
  })

  describe('the id of a request', () => {
    const sent = async (id: string) => {
      const { headers } = await request(ok().app).get('/fhir/Goal/a').set('X-Request-Id', id)
      return [headers['x-request-id']!, headers['x-correlation-id']] as const
    }

    it('is the client’s, where it has the form of one', async () => {
      for (const id of ['abc.1', 'Root=1-67891233-abcdef', 'a+b/c==', 'urn:uuid:1', 'x'.repeat(128)])
        assert.deepEqual(await sent(id), [id, undefined])
    })

    it('is made otherwise, and the client’s is sent back beside it', async () => {
      // The last two: numbers that may be a person's, which would be kept in clear.
      for (const id of ['has spaces', '{}', 'x'.repeat(129), 'ssn=219-09-9999', '219099999']) {
        const [made, given] = await sent(id)
        assert.match(made, /^[0-9a-f-]{36}$/)
        assert.equal(given, id)
      }
      for (const id of ['x'.repeat(300), 'é']) assert.equal((await sent(id))[1], undefined)
    })
  })

  describe('the log', () => {
    it('has one line for each request: the route, never the address, query, body or names', async () => {
      const { app, lines } = ok(MADE)
      await request(app).get('/fhir/Goal/secret-id?ssn=secret').set({ 'X-Agency': 'es', 'X-Request-Id': 'abc.1' })
      await request(app).post('/fhir/Goal').set('Content-Type', FHIR).send('{"resourceType":"secret"')
      await request(app).get('/fhir/secret/x/y/z').set('X-Request-Id', 'has spaces')
      await request(app).get('/fhir/Goal/$validate?x=secret')
      await settled(() => lines.length === 4)
      assert.deepEqual(
        lines.map(({ method, route, status, agency }) => ({ method, route, status, agency })),
        [
          { method: 'GET', route: 'GET /:type/:id', status: 201, agency: 'es' },
          { method: 'POST', route: 'POST /:type', status: 400, agency: 'board' },
          { method: 'GET', route: '-', status: 404, agency: '' },
          { method: 'GET', route: 'GET /:type/$validate', status: 201, agency: 'board' },
        ],
      )
      assert.ok(!JSON.stringify(lines).includes('secret'))
      assert.equal(lines[0]!.requestId, 'abc.1')
      assert.match(lines[2]!.requestId, /^[0-9a-f-]{36}$/)
      assert.ok(lines.every(({ ms }) => ms >= 0))
    })
  })

  describe('metrics', () => {
    const METRICS = { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'a 1\n' }
    const board = async () => ({ agency: 'board', role: 'board' as const })

    it('are answered to the board by GET and HEAD, as they are', async () => {
      const { app, lines } = ok(READ, { identify: board, metrics: async () => METRICS })
      const response = await request(app).get('/metrics?x=1').set('Accept', 'text/plain')
      assert.deepEqual([response.status, response.text], [200, METRICS.text])
      assert.equal(response.headers['content-type'], METRICS.contentType)
      assert.equal(response.headers['cache-control'], 'no-store')
      assert.equal((await request(app).head('/metrics')).headers['content-length'], '4')
      const refused = await request(app).post('/metrics').send('x')
      expectOutcome(refused, 405, 'method-not-allowed', /GET, HEAD/)
      assert.equal(refused.headers['allow'], 'GET, HEAD')
      await settled(() => lines.length === 3)
      assert.deepEqual(
        lines.map(({ route, interaction, agency }) => [route, interaction, agency]),
        lines.map(() => ['GET /metrics', 'metrics', 'board']),
      )
    })

    it('do not exist for anybody else, nor where there are none', async () => {
      const metrics = async () => METRICS
      for (const [agency, more] of [
        ['es', { metrics }],
        ['nobody', { metrics }],
        ['board', { identify: board }],
      ] as const) {
        const { app } = ok(READ, more)
        const [answer, unknown] = await Promise.all(
          ['/metrics', '/nothing'].map((path) => request(app).get(path).set('X-Agency', agency)),
        )
        expectOutcome(answer!, 404, 'unknown-address')
        assert.equal(answer!.text, unknown!.text)
      }
    })

    it('counts no more at the same time than any request of the caller', async () => {
      const limits = { ...limitsOf(loadConfig({})).http, concurrency: 1 }
      let free = (): void => undefined
      const wait = new Promise<void>((resolve) => (free = resolve))
      let reads = 0
      const metrics = async () => {
        reads += 1
        await wait
        return METRICS
      }
      const { app } = ok(READ, { identify: board, metrics, limits })
      const first = request(app)
        .get('/metrics')
        .then(({ status }) => status)
      await settled(() => reads === 1)
      expectOutcome(await request(app).get('/metrics'), 429, 'too-many-requests')
      free()
      assert.equal(await first, 200)
    })
  })
})

/** The line is written when the connection has taken the answer, which the client may see first. */
async function settled(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !done(); turn++) await new Promise(setImmediate)
}
