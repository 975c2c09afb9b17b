/** Every limit is a setting, holds where it is set, and the refusal above it says which limit it is. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { SETTINGS } from '../../server/config.ts'
import type { ErrorCode } from '../../server/fhir/outcome.ts'
import { condition, goal, participant, subscription } from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

/** The limits of the hub in this test, low enough to be reached with little. */
const LIMITS = {
  HUB_BODY_LIMIT: 3000,
  HUB_ADDRESS_LIMIT: 300,
  HUB_DEPTH_LIMIT: 9,
  HUB_PARAMETER_LIMIT: 4,
  HUB_VALUE_LIMIT: 6,
  HUB_SEARCH_LIMIT: 400,
  HUB_TRANSACTION_LIMIT: 2,
  HUB_PATCH_LIMIT: 3,
  HUB_SUBSCRIPTION_LIMIT: 2,
  HUB_CHAIN_LIMIT: 2,
  HUB_CHAIN_RECORD_LIMIT: 3,
}

/** The limits above which a request is not refused: the answer is cut and says so. */
const CUT = { HUB_COUNT_LIMIT: 2, HUB_INCLUDE_LIMIT: 3 }

/** The limits that the tests of their own part reach. */
const ELSEWHERE = {
  HUB_CONCURRENCY_LIMIT: 'below, and test/http/concurrency.test.ts',
  HUB_LOOK_UP_LIMIT: 'test/operations/match.test.ts',
  HUB_SSN_ATTEMPT_LIMIT: 'test/write/rules/participant-number.test.ts',
  HUB_CHECK_LIMIT: 'test/errors/http-requests.ts',
  HUB_FHIRPATH_LIMIT: 'test/attack/expressions.test.ts',
  HUB_ASYNC_LIMIT: 'test/interactions/async-accept.test.ts',
  HUB_ASYNC_RESULT_LIMIT: 'test/interactions/async-accept.test.ts',
  HUB_ITERATE_LIMIT: 'test/interactions/include.test.ts',
  HUB_QUERY_LIMIT: 'test/errors/requests.ts',
  HUB_NOTIFICATION_LIMIT: 'test/subscriptions/delivery-queue.test.ts',
  HUB_ENDPOINT_ANSWER_LIMIT: 'test/subscriptions/channels/rest-hook.test.ts',
}

type Setting = keyof typeof LIMITS
type Case = {
  readonly send: (client: Client, size: number) => Promise<Answer>
  readonly above: readonly [status: number, code: ErrorCode]
  readonly names: RegExp
}

const sized = (bytes: number): string => {
  const body = JSON.stringify({ ...goal('Patient/nobody', 'proposed'), language: 'en' })
  return body + ' '.repeat(bytes - body.length)
}
const nested = (depth: number): string => `${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`

const CASES: Readonly<Record<Setting, readonly Case[]>> = {
  HUB_BODY_LIMIT: [
    {
      send: (es, bytes) => es.post('/Goal/$validate', sized(bytes)),
      above: [413, 'body-too-large'],
      names: /larger than 3000 bytes/,
    },
  ],
  HUB_ADDRESS_LIMIT: [
    {
      send: (es, length) => es.get(`/Goal?_id=${'a'.repeat(length - '/fhir/Goal?_id='.length)}`),
      above: [414, 'address-too-long'],
      names: /`?301`? characters; at most `?300`? /,
    },
  ],
  HUB_DEPTH_LIMIT: [
    {
      send: (es, depth) => es.post('/Goal/$validate', `{"resourceType":"Goal","x":${nested(depth)}}`),
      above: [400, 'json-too-deep'],
      names: /more than 9 deep/,
    },
  ],
  HUB_PARAMETER_LIMIT: [
    {
      send: (es, count) => es.get(`/Goal?_id=a${'&_id=a'.repeat(count - 1)}`),
      above: [400, 'invalid-parameter'],
      names: /`5` parameters; at most `4` /,
    },
    {
      // Of the address and the form together.
      send: (es, count) =>
        es.send('POST', '/Goal/_search?_id=a&_id=a', `_id=a${'&_id=a'.repeat(count - 3)}`, {
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        }),
      above: [400, 'invalid-parameter'],
      names: /`5` parameters; at most `4` /,
    },
    {
      // Of a condition in a header.
      send: (es, count) =>
        es.send('POST', '/Patient', participant('es'), {
          headers: { 'If-None-Exist': `_id=a${'&_id=a'.repeat(count - 1)}` },
        }),
      above: [400, 'invalid-parameter'],
      names: /`5` parameters; at most `4` /,
    },
  ],
  HUB_SEARCH_LIMIT: [
    {
      send: (es, size) =>
        es.send('POST', '/Goal/_search', `_id=${'a'.repeat(size - 3)}`, {
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        }),
      above: [400, 'invalid-parameter'],
      names: /`401` characters; at most `400` /,
    },
    {
      // Of an address in a batch.
      async send(es, size) {
        const entry = [{ request: { method: 'GET', url: `Goal?_id=${'a'.repeat(size - 3)}` } }]
        const { body, ...answer } = await es.post('', { resourceType: 'Bundle', type: 'batch', entry })
        const [{ response }] = body.entry
        return { ...answer, status: Number(response.status.slice(0, 3)), body: response.outcome }
      },
      above: [400, 'invalid-parameter'],
      names: /`401` characters; at most `400` /,
    },
  ],
  HUB_VALUE_LIMIT: [
    {
      send: (es, count) => es.get(`/Goal?_id=a,b&_id=a${',a'.repeat(count - 3)}`),
      above: [400, 'invalid-parameter'],
      names: /`7` values; at most `6` /,
    },
  ],
  HUB_TRANSACTION_LIMIT: [
    {
      send: (es, count) =>
        es.post('', {
          resourceType: 'Bundle',
          type: 'batch',
          entry: Array.from({ length: count }, () => ({ request: { method: 'GET', url: 'Goal' } })),
        }),
      above: [413, 'too-many-entries'],
      names: /has 3 entries; at most 2 /,
    },
    {
      // Records that one transaction may delete.
      send: (es, count) => {
        const urls = [`Goal?_id=a&_count=${count - 1}`, 'Goal?_id=b']
        const entry = urls.map((url) => ({ request: { method: 'DELETE', url } }))
        return es.post('', { resourceType: 'Bundle', type: 'transaction', entry })
      },
      above: [413, 'too-many-entries'],
      names: /may delete more than 2 records/,
    },
  ],
  HUB_PATCH_LIMIT: [
    {
      async send(es, count) {
        const key = `/Patient/${made(await es.post('/Patient', participant('es'))).id}`
        const patch = Array.from({ length: count }, () => ({ op: 'replace', path: '/active', value: true }))
        const headers = { 'Content-Type': 'application/json-patch+json', 'If-Match': 'W/"1"' }
        return es.send('PATCH', key, JSON.stringify(patch), { headers })
      },
      above: [413, 'patch-too-long'],
      names: /has 4 operations; at most 3 /,
    },
    {
      async send(es, count) {
        const key = `/Patient/${made(await es.post('/Patient', participant('es'))).id}`
        const part = [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'Patient.active' },
          { name: 'value', valueBoolean: true },
        ]
        const parameter = Array.from({ length: count }, () => ({ name: 'operation', part }))
        return es.send('PATCH', key, { resourceType: 'Parameters', parameter }, { headers: { 'If-Match': 'W/"1"' } })
      },
      above: [413, 'patch-too-long'],
      names: /has 4 operations; at most 3 /,
    },
  ],
  HUB_CHAIN_LIMIT: [
    {
      send: (es, depth) => es.get(`/Goal?${['patient', 'organization', 'partof'].slice(0, depth).join('.')}.name=x`),
      above: [400, 'invalid-parameter'],
      names: /leads over more than 2 references/,
    },
    {
      send: (es, depth) =>
        es.get(`/Organization?${'_has:Organization:partof:'.repeat(depth - 1)}_has:Patient:organization:_id=x`),
      above: [400, 'invalid-parameter'],
      names: /leads over more than 2 references/,
    },
  ],
  HUB_CHAIN_RECORD_LIMIT: [
    {
      async send(es, count) {
        const family = `Onway${count}`
        for (let made = 0; made < count; made += 1)
          await es.post('/Patient', participant('es', { family, given: `P${made}` }))
        return es.get(`/Goal?patient.family=${family}`)
      },
      above: [422, 'too-costly'],
      names: /more than 3 records of `Patient`/,
    },
  ],
  HUB_SUBSCRIPTION_LIMIT: [
    {
      async send(es, count) {
        const one = subscription('https://hooks.example/es', { topic: 'plan-updated', status: 'off' })
        const { body } = await es.get('/Subscription?_total=accurate')
        for (let made = body.total + 1; made < count; made += 1) await es.post('/Subscription', one)
        return es.post('/Subscription', one)
      },
      above: [422, 'subscription-rule'],
      names: /`2` subscriptions already/,
    },
  ],
}

describe('the limits', () => {
  let hub: Given
  before(async () => {
    const settings = Object.entries({ ...LIMITS, ...CUT }).map(([name, limit]) => [name, String(limit)])
    hub = await given({ ...Object.fromEntries(settings), HUB_SEED: 'sample' })
  })
  after(() => hub.stop())

  it('have each a case here, or in the test of their part', () => {
    const limits = Object.keys(SETTINGS).filter((name) => name.endsWith('_LIMIT'))
    assert.deepEqual(limits.sort(), [LIMITS, CUT, ELSEWHERE].flatMap((one) => Object.keys(one)).sort())
  })

  for (const [name, cases] of Object.entries(CASES) as [Setting, readonly Case[]][]) {
    for (const [number, { send, above, names }] of cases.entries()) {
      it(`of ${name} is taken whole, and one more is refused (${number + 1})`, async () => {
        const es = hub.as('es')
        const taken = await send(es, LIMITS[name])
        assert.ok(taken.status < 400, taken.text)
        assert.match(refused(await send(es, LIMITS[name] + 1), ...above), names)
      })
    }
  }

  it('of HUB_COUNT_LIMIT and HUB_INCLUDE_LIMIT cut a page, which says so', async () => {
    const es = hub.as('es')
    const patient = made(await es.post('/Patient', participant('es')))
    const subject = `Patient/${patient.id}`
    const page = async (query: string) => {
      const { body } = await es.get(`/${query}`)
      const modes = (body.entry as { search?: { mode: string } }[]).map(({ search }) => search?.mode ?? 'version')
      return [modes.join(' '), new URL(body.link[0].url).searchParams.get('_count')]
    }
    for (let count = 0; count < 3; count += 1) made(await es.post('/Condition', condition(subject)))
    const included = `Patient?_id=${patient.id}&_revinclude=Condition:patient`
    assert.deepEqual(await page(included), ['match include include include', null])
    made(await es.post('/Condition', condition(subject)))
    assert.deepEqual(await page(included), ['match include include include outcome', null])
    assert.deepEqual(await page(`Condition?patient=${subject}&_count=3`), ['match match', '2'])
    assert.deepEqual(await page(`Condition?patient=${subject}`), ['match match', null])
    assert.equal((await page('Condition/_history?_count=3'))[0], 'version version')
    assert.equal((await page('Condition/_history'))[0], 'version version')
  })

  it('of HUB_ADDRESS_LIMIT leaves 8192 bytes to the headers', async () => {
    const get = async (size: number) =>
      (await hub.as('es').get('/Goal', { headers: { 'X-Other': 'x'.repeat(size) } })).status
    assert.deepEqual([await get(7500), await get(9000)], [200, 431])
  })

  it('of the requests at the same time stands in the way of one agency, not of the others', async () => {
    const one = await given({ HUB_CONCURRENCY_LIMIT: '2' })
    // Bodies that do not end: the requests stay under way.
    const hanging = [1, 2].map(() => connect(one.port, '127.0.0.1'))
    try {
      for (const socket of hanging) {
        socket.write(
          'POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nX-Agency: es\r\nContent-Type: application/fhir+json\r\n' +
            'Content-Length: 20\r\nExpect: 100-continue\r\n\r\n{',
        )
        await new Promise((resolve) => socket.once('data', resolve))
      }
      const answer = await one.as('es').get('/Goal')
      assert.match(refused(answer, 429, 'too-many-requests'), /`es` has `2` requests under way/)
      assert.equal(answer.headers.get('retry-after'), '1')
      for (const other of ['abe', undefined]) assert.equal((await one.as(other).get('/Goal')).status, 200)
      assert.equal((await one.as('es').get('/metadata')).status, 200)
      // One is cut off, the other ends.
      hanging[0]!.destroy()
      hanging[1]!.write('0123456789012345678')
      hanging[1]!.end()
      assert.match(await textOf(hanging[1]!), /^HTTP\/1.1 400/)
      assert.equal((await one.as('es').get('/Goal')).status, 200)
    } finally {
      for (const socket of hanging) socket.destroy()
      await one.stop()
    }
  })
})
