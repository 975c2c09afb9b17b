import assert from 'node:assert/strict'
import { checkSubscription } from '../../../server/domain/subscription/check.ts'
import { parseCriteria } from '../../../server/domain/subscription/filter.ts'
import { topicsOf, type Topic } from '../../../server/domain/subscription/topic.ts'
import { readSpec } from '../../../server/domain/subscription/spec.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import { definitions, START, subscription } from '../../subscriptions/scene.ts'

const ENDPOINT = 'https://agency.example/hook'

describe('subscription / check', () => {
  let topics: readonly Topic[]
  before(async () => {
    topics = topicsOf(await definitions())
  })

  const issuesOf = (resource: Resource) =>
    checkSubscription(readSpec(resource), { topics, loopback: false }, START, 'Subscription')
  const channel = (more: object): Resource => {
    const base = subscription('s', ENDPOINT)
    return { ...base, channel: { ...(base.channel as object), ...more } } as Resource
  }

  const GOOD: readonly (readonly [what: string, resource: () => Resource])[] = [
    ['a plain one', () => subscription('s', ENDPOINT)],
    [
      'one turned off, even after its end',
      () => subscription('s', ENDPOINT, { status: 'off', end: '2020-01-01T00:00:00Z' }),
    ],
    ['every content', () => subscription('s', ENDPOINT, { content: 'full-resource' })],
    [
      'filters in both grammars',
      () =>
        subscription('s', ENDPOINT, {
          filters: [
            'Task?owner=Organization/abe&requester=Organization/es',
            'Task.owner=Organization/abe',
            'owner=Organization/abe',
          ],
        }),
    ],
    ['the version that is sent', () => channel({ payload: 'application/fhir+json; fhirVersion=4.0' })],
    [
      'the periods of the guide’s example',
      () => subscription('s', ENDPOINT, { heartbeat: 86400, timeout: 60, maxCount: 20 }),
    ],
    ['an end to come', () => subscription('s', ENDPOINT, { end: '2027-12-31T12:00:00Z' })],
    [
      'a topic with a version',
      () => ({ ...subscription('s', ENDPOINT), criteria: `${subscription('s', ENDPOINT).criteria as string}|0.1.0` }),
    ],
  ]
  for (const [what, resource] of GOOD) it(`takes ${what}`, () => assert.deepEqual(issuesOf(resource()), []))

  const BAD: readonly (readonly [what: string, resource: () => Resource, expression: string, text: RegExp])[] = [
    [
      'the status active',
      () => subscription('s', ENDPOINT, { status: 'active' }),
      'status',
      /`active`; send `requested`.*or `off`/,
    ],
    ['the status error', () => subscription('s', ENDPOINT, { status: 'error' }), 'status', /Only the hub/],
    [
      'an unknown topic',
      () => subscription('s', ENDPOINT, { topic: 'nothing' }),
      'criteria',
      /SubscriptionTopic\/referral-created`, .*service-enrolment/,
    ],
    [
      'search criteria instead of a topic',
      () => ({ ...subscription('s', ENDPOINT), criteria: 'Task?status=requested' }),
      'criteria',
      /no topic/,
    ],
    [
      'a filter that the topic does not allow',
      () => subscription('s', ENDPOINT, { filters: ['owner=Organization/a', 'priority=urgent'] }),
      'criteria.extension[1]',
      /`priority`; it takes `patient`, `owner`/,
    ],
    [
      'a filter about another type',
      () => subscription('s', ENDPOINT, { filters: ['Patient?name=x'] }),
      'criteria.extension[0]',
      /about `Patient`, the topic about `Task`/,
    ],
    [
      'a filter that is none',
      () => subscription('s', ENDPOINT, { filters: ['owner'] }),
      'criteria.extension[0]',
      /cannot be read/,
    ],
    ['another channel', () => channel({ type: 'websocket' }), 'channel.type', /use `rest-hook`/],
    ['no endpoint', () => channel({ endpoint: undefined }), 'channel.endpoint', /absolute/],
    ['a private endpoint', () => channel({ endpoint: 'https://10.0.0.1/' }), 'channel.endpoint', /private/],
    [
      'a header of the message',
      () => subscription('s', ENDPOINT, { headers: ['X-Route: a', 'Host: b'] }),
      'channel.header[1]',
      /`Host`/,
    ],
    [
      'too many headers',
      () => subscription('s', ENDPOINT, { headers: Array.from({ length: 21 }, (_, index) => `X-${index}: a`) }),
      'channel.header',
      /at most `20`/,
    ],
    ['XML', () => channel({ payload: 'application/fhir+xml' }), 'channel.payload', /application\/fhir\+json/],
    [
      'a version that is not sent',
      () => channel({ payload: 'application/fhir+json; fhirVersion=5.0' }),
      'channel.payload',
      /fhirVersion=4\.0/,
    ],
    ['heartbeats too close', () => subscription('s', ENDPOINT, { heartbeat: 9 }), 'channel', /least is `10`/],
    ['no time to answer', () => subscription('s', ENDPOINT, { timeout: 0 }), 'channel', /timeout is `0`/],
    [
      'an end that has passed',
      () => subscription('s', ENDPOINT, { end: new Date(START).toISOString() }),
      'end',
      /has passed/,
    ],
  ]
  for (const [what, resource, expression, text] of BAD) {
    it(`refuses ${what}`, () => {
      const issues = issuesOf(resource())
      assert.deepEqual(
        issues.map((issue) => [issue.detail, issue.expression]),
        [['subscription-rule', `Subscription.${expression}`]],
      )
      assert.match(issues[0]?.text ?? '', text)
    })
  }

  it('reports everything that is wrong at once', () => {
    const wrong = { ...subscription('s', 'http://agency.example/', { status: 'active', topic: 'nothing' }) }
    assert.deepEqual(
      issuesOf(wrong).map((issue) => issue.expression),
      ['Subscription.status', 'Subscription.criteria', 'Subscription.channel.endpoint'],
    )
  })
})

describe('subscription / filter', () => {
  const CASES: readonly (readonly [
    text: string,
    type: string | undefined,
    params: readonly (readonly [string, string])[],
  ])[] = [
    ['owner=Organization/a', undefined, [['owner', 'Organization/a']]],
    ['status:not=draft', undefined, [['status:not', 'draft']]],
    [
      'Task?owner=Organization/a&status=requested,accepted',
      'Task',
      [
        ['owner', 'Organization/a'],
        ['status', 'requested,accepted'],
      ],
    ],
    ['Task.status:not=draft', 'Task', [['status:not', 'draft']]],
    ['Task?Task.status=draft', 'Task', [['status', 'draft']]],
    ['code=http%3A%2F%2Fa%7Cb', undefined, [['code', 'http://a|b']]],
    ['name=a=b', undefined, [['name', 'a=b']]],
  ]
  for (const [text, type, params] of CASES) {
    it(`reads \`${text}\``, () =>
      assert.deepEqual(parseCriteria(text), type === undefined ? { params } : { type, params }))
  }

  for (const text of ['', 'owner', 'owner=', '=x', 'a=b&', 'Task?', 'a=%E0%A4%A']) {
    it(`finds no filter in \`${text}\``, () => assert.equal(parseCriteria(text), undefined))
  }
})
