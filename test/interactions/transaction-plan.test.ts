/**
 * Links between the entries of a transaction, and its conditions: https://hl7.org/fhir/R4/http.html#trules,
 * https://hl7.org/fhir/R4/bundle.html#references
 */
import assert from 'node:assert/strict'
import { attacked } from '../attack/scene.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'
import { goal, participant, type Body } from '../builders/index.ts'

type Entry = { readonly fullUrl?: string; readonly resource?: Body; readonly request: object }

const post = (resource: Body, fullUrl?: string, more: object = {}): Entry => ({
  ...(fullUrl ? { fullUrl } : {}),
  resource,
  request: { method: 'POST', url: resource.resourceType, ...more },
})
const put = (resource: Body, fullUrl?: string): Entry => ({
  ...(fullUrl ? { fullUrl } : {}),
  resource,
  request: { method: 'PUT', url: `${resource.resourceType}/${String(resource.id)}` },
})
const remove = (url: string): Entry => ({ request: { method: 'DELETE', url } })

const patient = (more: object = {}): Body => ({ resourceType: 'Patient', active: true, ...more })
const observation = (subject: string, more: object = {}): Body => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'height' },
  subject: { reference: subject },
  ...more,
})
const FINAL: Body = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'Observation.status' },
        { name: 'value', valueCode: 'final' },
      ],
    },
  ],
}
const numbered = (value: string): Body => patient({ identifier: [{ system: 'http://a.example/n', value }] })
const byNumber = (value: string): string => `identifier=http://a.example/n|${value}`

describe('interactions / transaction plan / open', () => {
  let hub: Given
  let board: Client
  let count = 0
  before(async () => {
    hub = await given({ HUB_RULES: 'open', HUB_SEED: 'none' })
    board = hub.as(undefined)
  })
  after(() => hub.stop())

  const fresh = (): string => `t-${(count += 1)}`
  const send = (...entry: readonly Entry[]): Promise<Answer> =>
    board.post('/', { resourceType: 'Bundle', type: 'transaction', entry })
  /** The resources of an answer, in order. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read it freely
  const resources = (answer: Answer): readonly any[] =>
    made(answer).entry.map(({ resource }: { resource: object }) => resource)
  const statuses = (answer: Answer): readonly number[] =>
    made(answer).entry.map(({ response }: { response: { status: string } }) => Number(response.status.slice(0, 3)))
  const how = async (query: string): Promise<number> => made(await board.get(`/Patient?${query}&_total=accurate`)).total
  /** Both orders of the entries: the outcome of a transaction does not depend on it. */
  const inBothOrders = async (check: (order: (entries: readonly Entry[]) => readonly Entry[]) => Promise<void>) => {
    await check((entries) => entries)
    await check((entries) => [...entries].reverse())
  }

  it('resolves a relative reference at the server that the fullUrl of its entry names', async () => {
    const stored = made(await board.post('/Patient', patient()))
    for (const root of ['http://a.example', 'https://b.example/fhir/r4', hub.url]) {
      const [one, other] = resources(
        await send(
          post(patient(), `${root}/Patient/${stored.id}`),
          post(observation(`Patient/${stored.id}`), `${root}/Observation/2`),
        ),
      )
      assert.notEqual(one.id, stored.id)
      assert.equal(other.subject.reference, `Patient/${one.id}`, root)
    }
  })

  it('resolves relative references in contained resources, and relative addresses, the same way', async () => {
    const [binary, document] = resources(
      await send(
        post({ resourceType: 'Binary', contentType: 'text/plain', data: 'YQ==' }, 'http://a.example/Binary/1'),
        post(
          {
            resourceType: 'DocumentReference',
            status: 'current',
            contained: [
              { resourceType: 'Patient', id: 'p', generalPractitioner: [{ reference: 'Practitioner/none' }] },
            ],
            subject: { reference: '#p' },
            context: { related: [{ reference: 'Binary/1' }] },
            content: [{ attachment: { url: 'Binary/1' } }],
          },
          'http://a.example/DocumentReference/1',
        ),
      ),
    )
    const address = `Binary/${binary.id}`
    assert.equal(document.content[0].attachment.url, address)
    assert.equal(document.context.related[0].reference, address)
    assert.equal(document.contained[0].generalPractitioner[0].reference, 'Practitioner/none')
  })

  it('leaves a relative reference where the entry has another server, or none, and one to no entry', async () => {
    const { id } = made(await board.post('/Patient', patient()))
    for (const fullUrl of [
      'http://b.example/Observation/2',
      'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a',
      undefined,
    ]) {
      const [, kept] = resources(
        await send(post(patient(), `http://a.example/Patient/${id}`), post(observation(`Patient/${id}`), fullUrl)),
      )
      assert.equal(kept.subject.reference, `Patient/${id}`)
    }
    const [, elsewhere] = resources(
      await send(post(patient(), 'http://a.example/Patient/1'), post(observation('http://a.example/Patient/2'))),
    )
    assert.equal(elsewhere.subject.reference, 'http://a.example/Patient/2')
  })

  it('resolves a reference to a version by the fullUrl and the version of the entry', async () => {
    const urn = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'
    for (const fullUrl of ['http://a.example/Patient/1', urn]) {
      const [one, same, other] = resources(
        await send(
          post(patient({ meta: { versionId: '7' } }), fullUrl),
          post(observation(`${fullUrl}/_history/7`)),
          post(observation(`${fullUrl}/_history/6`)),
        ),
      )
      assert.equal(same.subject.reference, `Patient/${one.id}/_history/1`)
      assert.equal(other.subject.reference, `${fullUrl}/_history/6`)
    }
    const [one, relative] = resources(
      await send(
        post(patient(), 'http://a.example/Patient/1'),
        post(observation('Patient/1/_history/3'), 'http://a.example/Observation/1'),
      ),
    )
    assert.equal(relative.subject.reference, `Patient/${one.id}/_history/1`)
  })

  it('resolves references to an entry that updates, whatever server its fullUrl names', async () => {
    const { id } = made(await board.post('/Patient', patient()))
    const [, one] = resources(
      await send(
        put(patient({ id, active: false }), 'http://a.example/Patient/old'),
        post(observation('http://a.example/Patient/old')),
      ),
    )
    assert.equal(one.subject.reference, `Patient/${id}`)
  })

  it('resolves conditional references among the records as the transaction leaves them', async () => {
    await inBothOrders(async (order) => {
      const number = fresh()
      const answer = await send(...order([post(numbered(number)), post(observation(`Patient?${byNumber(number)}`))]))
      const all = resources(answer)
      const one = all.find(({ resourceType }) => resourceType === 'Patient')
      assert.equal(
        all.find(({ resourceType }) => resourceType === 'Observation').subject.reference,
        `Patient/${one.id}`,
      )
    })
  })

  it('lets no conditional reference match what the transaction deletes or changes into something else', async () => {
    await inBothOrders(async (order) => {
      const number = fresh()
      const { id } = made(await board.post('/Patient', numbered(number)))
      const refers = post(observation(`Patient?${byNumber(number)}`))
      refused(await send(...order([remove(`Patient/${id}`), refers])), 422, 'reference-not-found')
      refused(await send(...order([put({ ...numbered(`${number}-x`), id }), refers])), 422, 'reference-not-found')
      assert.equal(made(await board.get(`/Patient/${id}`)).meta.versionId, '1')
      // It is deleted, and another takes its number.
      const all = resources(await send(...order([remove(`Patient/${id}`), post(numbered(number)), refers])))
      const [found] = all.filter((one) => one?.resourceType === 'Observation')
      assert.notEqual(found.subject.reference, `Patient/${id}`)
    })
  })

  it('refuses a conditional reference that the transaction makes ambiguous', async () => {
    await inBothOrders(async (order) => {
      const number = fresh()
      made(await board.post('/Patient', numbered(number)))
      const answer = await send(...order([post(numbered(number)), post(observation(`Patient?${byNumber(number)}`))]))
      refused(answer, 412, 'multiple-matches')
      assert.equal(await how(byNumber(number)), 1)
    })
  })

  it('creates where If-None-Exist matches only what the transaction deletes', async () => {
    await inBothOrders(async (order) => {
      const number = fresh()
      const { id } = made(await board.post('/Patient', numbered(number)))
      const answer = await send(
        ...order([remove(`Patient/${id}`), post(numbered(number), undefined, { ifNoneExist: byNumber(number) })]),
      )
      assert.deepEqual([...statuses(answer)].sort(), [201, 204])
      const found = made(await board.get(`/Patient?${byNumber(number)}`)).entry
      assert.equal(found.length, 1)
      assert.notEqual(found[0].resource.id, id)
    })
  })

  it('refuses two entries of which the order would decide which is created', async () => {
    for (const more of [{ ifNoneExist: 'x' }, {}])
      await inBothOrders(async (order) => {
        const number = fresh()
        const other = 'ifNoneExist' in more ? { ifNoneExist: byNumber(number) } : {}
        const entries = order([
          post(numbered(number), undefined, { ifNoneExist: byNumber(number) }),
          post(numbered(number), undefined, other),
        ])
        const answer = await send(...entries)
        refused(answer, 400, 'bundle-invalid')
        assert.match(answer.body.issue[0].expression[0], /^Bundle\.entry\[[01]\]\.request\.ifNoneExist$/)
        assert.equal(await how(byNumber(number)), 0)
      })
  })

  it('lets two entries with the same condition use the record that there is', async () => {
    const number = fresh()
    const { id } = made(await board.post('/Patient', numbered(number)))
    const condition = { ifNoneExist: byNumber(number) }
    const [a, b] = ['http://a.example/Patient/1', 'http://a.example/Patient/2'] as const
    const answer = await send(
      post(numbered(number), a, condition),
      post(numbered(number), b, condition),
      post(observation(a)),
      post(observation(`${b}/_history/1`)),
    )
    assert.deepEqual(statuses(answer), [200, 200, 201, 201])
    const [, , one, other] = resources(answer)
    assert.deepEqual([one.subject.reference, other.subject.reference], [`Patient/${id}`, `Patient/${id}/_history/1`])
  })

  it('refuses a condition that names an entry of the Bundle', async () => {
    const urn = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'
    for (const [fullUrl, named] of [
      [urn, urn],
      [urn, encodeURIComponent(urn)],
      ['http://a.example/Patient/9', 'http://a.example/Patient/9'],
    ] as const) {
      const conditional = post(observation(fullUrl), undefined, { ifNoneExist: `subject=${named}` })
      const answer = await send(post(patient(), fullUrl), conditional)
      refused(answer, 400, 'bundle-invalid')
      assert.deepEqual(answer.body.issue[0].expression, ['Bundle.entry[1].request.ifNoneExist'])
      for (const [method, resource] of [
        ['PUT', observation('Patient/9')],
        ['DELETE', undefined],
        ['PATCH', FINAL],
      ] as const) {
        const url = `Observation?subject=${named}`
        const byUrl = await send(post(patient(), fullUrl), {
          ...(resource ? { resource } : {}),
          request: { method, url },
        })
        refused(byUrl, 400, 'bundle-invalid')
        assert.deepEqual(byUrl.body.issue[0].expression, ['Bundle.entry[1].request.url'], method)
      }
      const reference = { ...observation(fullUrl), partOf: [{ reference: `Procedure?subject=${named}` }] }
      const refers = await send(post(patient(), fullUrl), post(reference))
      refused(refers, 400, 'bundle-invalid')
      assert.deepEqual(refers.body.issue[0].expression, ['Bundle.entry[1].resource.partOf[0]'])
    }
  })
})

describe('interactions / transaction plan / conditions with a URN', () => {
  let hub: Given
  before(async () => {
    hub = await given({ HUB_RULES: 'open', HUB_SEED: 'none' })
  })
  after(() => hub.stop())

  for (const system of ['urn:oid:2.16.840.1.113883.4.3.28', 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'])
    it(`take an identifier of the system ${system}`, async () => {
      const criterion = `identifier=${system}|1`
      const resource = { resourceType: 'Patient', identifier: [{ system, value: '1' }] }
      const send = async (...entry: readonly object[]) =>
        made(await hub.as(undefined).post('/', { resourceType: 'Bundle', type: 'transaction', entry })).entry
      const [first] = await send({ resource, request: { method: 'POST', url: 'Patient', ifNoneExist: criterion } })
      const [again] = await send({ resource, request: { method: 'POST', url: 'Patient', ifNoneExist: criterion } })
      assert.deepEqual([first.response.status, again.response.status], ['201 Created', '200 OK'])
      const [updated, referring] = await send(
        { resource: { ...resource, active: true }, request: { method: 'PUT', url: `Patient?${criterion}` } },
        post(observation(`Patient?${criterion}`)),
      )
      assert.equal(updated.resource.id, first.resource.id)
      assert.equal(referring.resource.subject.reference, `Patient/${first.resource.id}`)
    })
})

describe('interactions / transaction plan / at the same time', () => {
  it('decides conditional references and If-None-Exist again when another record comes to match meanwhile', async () => {
    const scene = await attacked({ HUB_RULES: 'open', HUB_SEED: 'none' })
    try {
      const board = scene.as('board')
      const send = (...entry: readonly Entry[]) =>
        board.post('/', { resourceType: 'Bundle', type: 'transaction', entry })
      made(await board.post('/Patient', numbered('one')))
      scene.between(async () => made(await board.post('/Patient', numbered('one'))))
      refused(await send(post(observation(`Patient?${byNumber('one')}`))), 412, 'multiple-matches')
      let other = ''
      scene.between(async () => (other = made(await board.post('/Patient', numbered('two'))).id))
      const answer = await send(
        post(numbered('two'), 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', { ifNoneExist: byNumber('two') }),
        post(observation('urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0')),
      )
      assert.equal(made(answer).entry[1].resource.subject.reference, `Patient/${other}`)
    } finally {
      await scene.stop()
    }
  })
})

describe('interactions / transaction plan / between agencies', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  it('files no record under a participant who has the id that the sender uses for another', async () => {
    const mine = made(await es.post('/Patient', participant('es', { number: 'T-1' })))
    const entry = [
      post(participant('es', { number: 'T-2' }), `http://a.example/Patient/${mine.id}`),
      post(goal(`Patient/${mine.id}`), 'http://a.example/Goal/1'),
    ]
    const answer = made(await es.post('/', { resourceType: 'Bundle', type: 'transaction', entry }))
    const [person, its] = answer.entry.map(({ resource }: { resource: Body }) => resource)
    assert.equal(its.subject.reference, `Patient/${person.id}`)
    assert.equal(made(await es.get(`/Goal?patient=Patient/${mine.id}&_total=accurate`)).total, 0)
  })

  it('resolves a conditional reference among what the sender may know of', async () => {
    const condition = 'Patient?identifier=https://no-wrong-door.example/fhir/NamingSystem/agency/abe|T-3'
    const refer = (client: Client) =>
      client.post('/', { resourceType: 'Bundle', type: 'transaction', entry: [post(goal(condition))] })
    made(await hub.as('abe').post('/Patient', participant('abe', { number: 'T-3' })))
    made(await refer(hub.as('abe')))
    refused(await refer(es), 422, 'reference-not-found')
  })
})
