/** An off-the-shelf client works unchanged. https://github.com/Vermonster/fhir-kit-client */
import assert from 'node:assert/strict'
import { given, type Given } from '../given.ts'
import { assessment, consent, goal, resident, triple, type Body } from '../builders/index.ts'

type Resource = Body & { readonly id: string; readonly meta: { readonly versionId: string } }
type BundlePage = Resource & {
  readonly total: number
  readonly link: readonly { readonly relation: string; readonly url: string }[]
  readonly entry: readonly { readonly resource: Resource; readonly response?: { readonly status: string } }[]
}
type Headed = { readonly headers: Record<string, string> }
type Refused = { readonly response: { readonly status: number; readonly data: Body } }

/** What this client does, as far as it is used here: its own types speak of every resource of every version. */
type PublicClient = {
  capabilityStatement(): Promise<Resource>
  create(ask: { resourceType: string; body: Body; options?: Headed }): Promise<Resource>
  read(ask: { resourceType: string; id: string }): Promise<Resource>
  vread(ask: { resourceType: string; id: string; version: string }): Promise<Resource>
  history(ask: { resourceType: string; id: string }): Promise<BundlePage>
  search(ask: { resourceType: string; searchParams: object; options?: { postSearch: boolean } }): Promise<BundlePage>
  nextPage(ask: { bundle: BundlePage }): Promise<BundlePage> | undefined
  update(ask: { resourceType: string; id: string; body: Body; options?: Headed }): Promise<Resource>
  delete(ask: { resourceType: string; id: string }): Promise<unknown>
  transaction(ask: { body: Body }): Promise<BundlePage>
  batch(ask: { body: Body }): Promise<BundlePage>
  operation(ask: {
    name: string
    resourceType?: string
    id?: string
    method?: string
    input?: object
  }): Promise<BundlePage>
  resolve(ask: { reference: string }): Promise<Resource>
}

describe('fhir-kit-client', function () {
  this.timeout(30_000)
  let hub: Given
  let client: PublicClient
  let patient: Resource
  before(async () => {
    hub = await given()
    // Not by a static import: the package is an ES module only, and test files may be loaded by require.
    const { Client: FhirKitClient } = await import('fhir-kit-client')
    client = new FhirKitClient({ baseUrl: hub.url, customHeaders: { 'X-Agency': 'es' } }) as unknown as PublicClient
    patient = await client.create({ resourceType: 'Patient', body: resident('es', 'kit') })
  })
  after(() => hub.stop())

  const refusal = (work: Promise<unknown>): Promise<Refused['response']> =>
    work.then(
      () => assert.fail('It was not refused.'),
      (error: Refused) => error.response,
    )

  it('reads the capability statement', async () => {
    const statement = await client.capabilityStatement()
    assert.equal(statement.resourceType, 'CapabilityStatement')
    assert.equal(statement['fhirVersion'], '4.0.1')
  })

  it('creates, reads, reads a version, updates with If-Match, and reads the history', async () => {
    const { id } = patient
    assert.deepEqual(await client.read({ resourceType: 'Patient', id }), patient)
    const changed = await client.update({
      resourceType: 'Patient',
      id,
      body: { ...patient, language: 'en' },
      options: { headers: { 'If-Match': 'W/"1"' } },
    })
    assert.equal(changed.meta.versionId, '2')
    assert.deepEqual(await client.vread({ resourceType: 'Patient', id, version: '1' }), patient)
    const history = await client.history({ resourceType: 'Patient', id })
    assert.deepEqual(
      history.entry.map(({ resource }) => resource.meta.versionId),
      ['2', '1'],
    )
    assert.deepEqual(await client.resolve({ reference: `Patient/${id}` }), changed)
  })

  it('pages through a search to its end, by GET and by POST', async () => {
    const subject = `Patient/${patient.id}`
    const made: string[] = []
    for (let index = 0; index < 7; index++)
      made.push((await client.create({ resourceType: 'Goal', body: goal(subject, 'proposed') })).id)
    for (const postSearch of [false, true]) {
      const found: string[] = []
      const searchParams = { patient: patient.id, _count: 3 }
      let page: BundlePage | undefined = await client.search({
        resourceType: 'Goal',
        searchParams,
        options: { postSearch },
      })
      for (; page; page = await client.nextPage({ bundle: page }))
        found.push(...page.entry.map(({ resource }) => resource.id))
      assert.deepEqual(found.sort(), [...made].sort())
    }
  })

  it('creates on a condition once', async () => {
    const identifier = [{ system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es', value: 'once' }]
    const ask = {
      resourceType: 'Goal',
      body: { ...goal(`Patient/${patient.id}`, 'proposed'), identifier },
      options: { headers: { 'If-None-Exist': `identifier=${identifier[0]!.system}|once` } },
    }
    const first = await client.create(ask)
    assert.deepEqual(await client.create(ask), first)
  })

  it('sends a transaction and a batch', async () => {
    const done = await client.transaction({ body: triple('es', 'kit-triple') })
    assert.equal(done['type'], 'transaction-response')
    assert.deepEqual(
      done.entry.map(({ response, resource }) => [response?.status, resource.resourceType]),
      [
        ['201 Created', 'Patient'],
        ['201 Created', 'Goal'],
        ['201 Created', 'CarePlan'],
      ],
    )
    const request = { method: 'GET', url: `Patient/${patient.id}` }
    const batch = await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry: [{ request }] } })
    assert.equal(batch.entry[0]?.resource.id, patient.id)
  })

  it('calls operations: $validate of a type, $propose-referrals of an assessment', async () => {
    const outcome = await client.operation({
      name: '$validate',
      resourceType: 'Patient',
      input: resident('es', 'no'),
    })
    assert.equal(outcome.resourceType, 'OperationOutcome')
    const response = await client.create({
      resourceType: 'QuestionnaireResponse',
      body: assessment(`Patient/${patient.id}`),
    })
    const proposed = await client.operation({
      name: '$propose-referrals',
      resourceType: 'QuestionnaireResponse',
      id: response.id,
    })
    assert.match(JSON.stringify(proposed), /abe/)
  })

  it('calls the operations about people, consent and referrals', async () => {
    const entered = await client.create({ resourceType: 'Patient', body: resident('es', 'kit-2') })
    const about = { resourceType: 'Patient', id: entered.id }
    const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
    const reference = (name: string, to: string) => ({ name, valueReference: { reference: to } })
    const found = await client.operation({ name: '$match', resourceType: 'Patient', input: resident('es', 'kit-2') })
    assert.equal(found.entry[0]?.resource.id, entered.id)
    const body = consent(`Patient/${entered.id}`, 'es', 'abe')
    await client.create({ resourceType: 'Consent', body })
    const referral = parameters(
      { name: 'service', valueCode: 'career-counseling' },
      reference('performer', 'Organization/abe'),
    )
    const referred = await client.operation({ ...about, name: '$refer', input: referral })
    assert.deepEqual(
      referred.entry.map(({ resource }) => resource.resourceType),
      ['ServiceRequest', 'Task'],
    )
    const everything = await client.operation({ ...about, name: '$everything', method: 'GET', input: { _count: 1 } })
    const next = await client.nextPage({ bundle: everything })
    assert.ok(next?.entry.length, 'the second page is empty')
    const why = await client.operation({ ...about, name: '$why', method: 'GET', input: { agency: 'abe' } })
    assert.match(JSON.stringify(why), /"consent"/)
    const task = referred.entry[1]?.resource.id ?? ''
    const appealed = await client.operation({
      name: '$appeal',
      resourceType: 'Task',
      id: task,
      input: parameters({ name: 'reason', valueString: 'Who leads?' }),
    })
    assert.equal(appealed.id, task)
    const denied = await client.operation({
      ...about,
      name: '$revoke-consent',
      input: parameters(reference('recipient', 'Organization/abe')),
    })
    assert.equal(denied.resourceType, 'Consent')
    const refusedReferral = await refusal(client.operation({ ...about, name: '$refer', input: referral }))
    assert.deepEqual([refusedReferral.status, refusedReferral.data.resourceType], [422, 'OperationOutcome'])
    const warnings = await client.operation({ name: '$warnings', method: 'GET' })
    assert.equal(warnings.resourceType, 'Parameters')
    const merged = await refusal(client.operation({ name: '$merge', resourceType: 'Patient', input: parameters() }))
    assert.equal(merged.status, 404)
  })

  it('is refused in a way that it can read: 404, 410, 412, 422, 428', async () => {
    const gone = await client.create({ resourceType: 'Goal', body: goal(`Patient/${patient.id}`, 'proposed') })
    await client.delete({ resourceType: 'Goal', id: gone.id })
    const [resourceType, id] = ['Patient', patient.id]
    const stale = { headers: { 'If-Match': 'W/"1"' } }
    const refusals = [
      [404, refusal(client.read({ resourceType, id: 'nobody' }))],
      [410, refusal(client.read({ resourceType: 'Goal', id: gone.id }))],
      [412, refusal(client.update({ resourceType, id, body: patient, options: stale }))],
      [422, refusal(client.create({ resourceType, body: { resourceType, gender: 'x' } }))],
      [428, refusal(client.update({ resourceType, id, body: patient }))],
    ] as const
    for (const [status, refused] of refusals) {
      const answer = await refused
      assert.equal(answer.status, status, JSON.stringify(answer.data))
      assert.equal(answer.data.resourceType, 'OperationOutcome')
    }
  })
})
