import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { createRouter, ROUTES } from '../../server/interactions/routes.ts'
import type { Operation } from '../../server/operations/operation.ts'
import type { Handler } from '../../server/interactions/call.ts'
import { NAMES } from '../http/stub.ts'

const handler: Handler = async () => ({ status: 200 })
const operation = (name: string, more: Partial<Operation>): Operation => ({
  name,
  definition: `https://hub.example/OperationDefinition/${name}`,
  levels: ['system'],
  types: [],
  affectsState: false,
  run: handler,
  ...more,
})

const route = createRouter({
  interactions: Object.fromEntries(NAMES.map((name) => [name, handler])),
  operations: [
    operation('validate', { levels: ['type', 'instance'] }),
    operation('submit', { levels: ['instance'], types: ['QuestionnaireResponse'], affectsState: true }),
    operation('reindex', { affectsState: true }),
    operation('count', { levels: ['system', 'type'], types: ['Patient'] }),
  ],
})

function refused(method: string, path: string): OutcomeError {
  try {
    route(method, path)
  } catch (error) {
    assert(error instanceof OutcomeError, String(error))
    return error
  }
  return assert.fail(`${method} ${path} was routed`)
}

describe('router', () => {
  it('finds the interaction of every address, and the names in it', () => {
    const cases: [string, string, string, object][] = [
      ['GET', '/metadata', 'capabilities', {}],
      ['POST', '/', 'transaction', {}],
      ['POST', '', 'transaction', {}],
      ['GET', '/Goal', 'search-type', { type: 'Goal' }],
      ['GET', '/Goal/', 'search-type', { type: 'Goal' }],
      ['POST', '/Goal', 'create', { type: 'Goal' }],
      ['GET', '/Goal/_search', 'search-type', { type: 'Goal' }],
      ['POST', '/Goal/_search', 'search-type', { type: 'Goal' }],
      ['GET', '/Goal/a.B-1', 'read', { type: 'Goal', id: 'a.B-1' }],
      ['HEAD', '/Goal/a', 'read', { type: 'Goal', id: 'a' }],
      ['GET', '/Goal/metadata', 'read', { type: 'Goal', id: 'metadata' }],
      ['PUT', '/Goal/%61', 'update', { type: 'Goal', id: 'a' }],
      ['DELETE', '/Goal/a', 'delete', { type: 'Goal', id: 'a' }],
      ['GET', '/Goal/a/_history', 'history-instance', { type: 'Goal', id: 'a' }],
      ['GET', '/Goal/a/_history/3', 'vread', { type: 'Goal', id: 'a', version: '3' }],
    ]
    for (const [method, path, name, names] of cases) {
      const { name: found, type, id, version } = route(method, path)
      assert.equal(found, name, `${method} ${path}`)
      assert.deepEqual(JSON.parse(JSON.stringify({ type, id, version })), names, `${method} ${path}`)
    }
  })

  it('finds operations at their levels and types only', () => {
    assert.equal(route('POST', '/$reindex').name, '$reindex')
    assert.equal(route('GET', '/Goal/$validate').route, 'GET /:type/$validate')
    assert.deepEqual([route('POST', '/Goal/a/$validate').type, route('POST', '/Goal/a/$validate').id], ['Goal', 'a'])
    assert.equal(route('GET', '/$count').route, 'GET /$count')
    assert.equal(route('GET', '/Patient/$count').name, '$count')
    assert.equal(refused('GET', '/Goal/$count').status, 404)
    assert.equal(route('POST', '/QuestionnaireResponse/a/$submit').name, '$submit')
    for (const path of [
      '/$validate',
      '/Goal/a/$submit',
      '/QuestionnaireResponse/$submit',
      '/$nothing',
      '/Goal/$',
      '/Goal/a/b/$validate',
    ])
      assert.equal(refused('POST', path).issues[0]!.detail, 'unknown-address', path)
  })

  it('takes GET only for an operation that changes nothing', () => {
    const error = refused('GET', '/QuestionnaireResponse/a/$submit')
    assert.equal(error.status, 405)
    assert.equal(error.headers['Allow'], 'POST')
    assert.equal(refused('PUT', '/Goal/$validate').headers['Allow'], 'GET, HEAD, POST')
  })

  it('refuses a method that the address does not take, and says which it takes', () => {
    const cases: [string, string, string][] = [
      ['POST', '/Goal/a', 'GET, HEAD, PUT, PATCH, DELETE'],
      ['TRACE', '/Goal', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
      ['GET', '/', 'POST'],
      ['PUT', '/Goal/_search', 'GET, HEAD, POST'],
      ['POST', '/metadata', 'GET, HEAD'],
      ['OPTIONS', '/Goal/a/_history/1', 'GET, HEAD'],
    ]
    for (const [method, path, allow] of cases) {
      const error = refused(method, path)
      assert.equal(error.status, 405, `${method} ${path}`)
      assert.equal(error.headers['Allow'], allow, `${method} ${path}`)
    }
  })

  it('offers only what has a handler', () => {
    assert.equal(refused('GET', '/_history').issues[0]!.detail, 'unknown-address')
    assert.equal(refused('GET', '/Goal/_history').issues[0]!.detail, 'unknown-address')
    const without = createRouter({ interactions: { read: handler }, operations: [] })
    assert.throws(() => without('DELETE', '/Goal/a'), /Use GET, HEAD\./)
    assert.throws(() => without('GET', '/metadata'), OutcomeError)
  })

  it('refuses names that cannot be types, ids or addresses', () => {
    const cases: [string, string][] = [
      ['/patient/a', 'unknown-type'],
      ['//a', 'unknown-type'],
      ['/Goal/a_b', 'invalid-id'],
      ['/Goal/a%2Fb', 'invalid-id'],
      ['/Goal//', 'invalid-id'],
      [`/Goal/${'a'.repeat(65)}`, 'invalid-id'],
      ['/Goal/a/_history/x%20y', 'invalid-id'],
      ['/Goal/a/b', 'unknown-address'],
      ['/Goal/a/_history/1/2', 'unknown-address'],
      ['/Goal/_nothing', 'unknown-address'],
      ['/Goal/%', 'request-malformed'],
      ['/Goal/%ff', 'request-malformed'],
    ]
    for (const [path, code] of cases) assert.equal(refused('GET', path).issues[0]!.detail, code, path)
  })

  it('has no row twice', () => {
    const rows = ROUTES.map(([method, path]) => `${method} ${path}`)
    assert.equal(new Set(rows).size, rows.length)
  })
})
