import assert from 'node:assert/strict'
import { buildHistory, buildResponses, buildSearchset, type Recorded } from '../../server/fhir/bundle.ts'

type HistoryEntry = { request: unknown; response: { status: string; etag?: string } }

const base = 'http://hub.example/fhir'
const at = Date.UTC(2024, 0, 2, 3, 4, 5, 678)
const goal = (id: string, more: Partial<Recorded> = {}): Recorded => ({
  type: 'Goal',
  id,
  version: 1,
  at,
  method: 'POST',
  text: `{"resourceType":"Goal","id":"${id}","x":1.50}`,
  ...more,
})

describe('buildSearchset', () => {
  it('splices stored text, says why each entry is there, and links to the next page', () => {
    const text = buildSearchset({
      base,
      links: { self: `${base}/Goal?_count=1&x="`, next: `${base}/Goal?page=2` },
      matches: [goal('a')],
      included: [goal('b')],
      total: 7,
      issues: [{ severity: 'warning', detail: 'unknown-parameter', text: 'The parameter `x` was ignored.' }],
    })
    assert.ok(text.includes('"resource":{"resourceType":"Goal","id":"a","x":1.50},"search":{"mode":"match"}'))
    const bundle = JSON.parse(text)
    assert.equal(bundle.type, 'searchset')
    assert.equal(bundle.total, 7)
    assert.deepEqual(bundle.link, [
      { relation: 'self', url: `${base}/Goal?_count=1&x="` },
      { relation: 'next', url: `${base}/Goal?page=2` },
    ])
    assert.deepEqual(
      bundle.entry.map((entry: { fullUrl?: string; search: { mode: string } }) => [entry.fullUrl, entry.search.mode]),
      [
        [`${base}/Goal/a`, 'match'],
        [`${base}/Goal/b`, 'include'],
        [undefined, 'outcome'],
      ],
    )
    assert.equal(bundle.entry[2].resource.issue[0].severity, 'warning')
  })

  it('keeps a total of 0 and has no empty array', () => {
    const text = buildSearchset({ base, links: { self: base }, matches: [], total: 0 })
    assert.deepEqual(JSON.parse(text), {
      resourceType: 'Bundle',
      type: 'searchset',
      total: 0,
      link: [{ relation: 'self', url: base }],
    })
  })
})

describe('buildHistory', () => {
  it('states for each version its request and response; a deletion has no resource', () => {
    const versions = [
      goal('a', { version: 3, method: 'DELETE', text: '' }),
      goal('a', { version: 2, method: 'PUT' }),
      goal('a'),
    ]
    const bundle = JSON.parse(buildHistory({ base, links: { self: `${base}/Goal/a/_history` }, versions, total: 3 }))
    assert.equal(bundle.type, 'history')
    assert.deepEqual(
      bundle.entry.map((entry: HistoryEntry) => [
        entry.request,
        entry.response.status,
        entry.response.etag,
        'resource' in entry,
      ]),
      [
        [{ method: 'DELETE', url: 'Goal/a' }, '204 No Content', 'W/"3"', false],
        [{ method: 'PUT', url: 'Goal/a' }, '200 OK', 'W/"2"', true],
        [{ method: 'POST', url: 'Goal' }, '201 Created', 'W/"1"', true],
      ],
    )
    assert.equal(bundle.entry[0].response.lastModified, '2024-01-02T03:04:05.678Z')
    assert.equal(bundle.entry[0].fullUrl, `${base}/Goal/a`)
  })
})

describe('buildResponses', () => {
  it('answers each entry in order, with or without a body', () => {
    const outcome = { resourceType: 'OperationOutcome', issue: [] }
    const text = buildResponses('batch-response', [
      { status: 201, location: 'Goal/a/_history/1', version: 1, lastModified: at, text: goal('a').text },
      { status: 404, outcome },
      { status: 204 },
    ])
    assert.ok(text.includes('"x":1.50'))
    const bundle = JSON.parse(text)
    assert.equal(bundle.type, 'batch-response')
    assert.equal(bundle.total, undefined)
    assert.deepEqual(
      bundle.entry.map((entry: HistoryEntry) => entry.response),
      [
        {
          status: '201 Created',
          location: 'Goal/a/_history/1',
          etag: 'W/"1"',
          lastModified: '2024-01-02T03:04:05.678Z',
        },
        { status: '404 Not Found', outcome },
        { status: '204 No Content' },
      ],
    )
  })
})
