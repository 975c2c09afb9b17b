/**
 * Other guides for closed-loop referrals: Gravity's SDOH Clinical Care (STU 3) and BSeR. What the hub stores is valid by
 * their profiles, and what their clients call works as it is. definitions/ holds their definitions without narrative,
 * as HL7 publishes them under CC0 (https://hl7.org/fhir/us/sdoh-clinicalcare, https://hl7.org/fhir/us/bser).
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createClock } from '../../server/clock.ts'
import { createDefinitions } from '../../server/definitions/load.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { isError } from '../../server/fhir/outcome.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { newcomer, post, referred } from '../attack/scene.ts'
import {
  agency,
  assessment,
  business,
  coded,
  consent,
  decisions,
  denial,
  output,
  referral,
  task,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { ROOT } from '../checks/files.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'
import { DAY, MONDAY } from '../jobs/clocked-hub.ts'

const SDOHCC = 'http://hl7.org/fhir/us/sdoh-clinicalcare'
const GRAVITY_TASK = `${SDOHCC}/StructureDefinition/SDOHCC-TaskForReferralManagement`
const BSER_TASK = 'http://hl7.org/fhir/us/bser/StructureDefinition/referral-task'
const TEMPORARY = `${SDOHCC}/CodeSystem/SDOHCC-CodeSystemTemporaryCodes`
const ROOT_URL = 'https://no-wrong-door.example/fhir/'
const FULFIL = 'http://hl7.org/fhir/CodeSystem/task-code|fulfill'

const json = (path: string): JsonObject => JSON.parse(readFileSync(path, 'utf8')) as JsonObject
const guides = () => {
  const folder = `${ROOT}/test/guides/definitions`
  return readdirSync(folder).map((file) => ({ file, content: json(`${folder}/${file}`) }))
}

/** The errors of a resource by a profile of a guide. */
const errorsBy = (() => {
  const validator = createValidator(createDefinitions(guides()), { rules: 'open' })
  return async (resource: JsonObject, url: string): Promise<readonly string[]> => {
    const meta = { ...(resource.meta as JsonObject), profile: [url] }
    const { extension: _, ...known } = resource
    const issues = await validator.check({ ...known, meta }, {})
    // The hub's own extensions are none of the guide's business.
    const foreign = issues.filter(({ detail, text }) => detail !== 'extension-unknown' || !text.includes(ROOT_URL))
    return foreign.filter(isError).map((one) => `${one.detail} ${one.expression}: ${one.text}`)
  }
})()

/** By Gravity's profile, and by BSeR's, which has no referral without an owner. */
async function isValidReferral(one: JsonObject): Promise<void> {
  assert.deepEqual(await errorsBy(one, GRAVITY_TASK), [])
  if (one.owner !== undefined) assert.deepEqual(await errorsBy(one, BSER_TASK), [])
}

describe('guides / a Task of the hub', () => {
  const samples = readdirSync(`${ROOT}/samples/referral-task`).filter((name) => name.startsWith('valid'))
  for (const name of samples) {
    it(`is valid by the profiles of Gravity and BSeR: ${name}`, async () => {
      const sample = json(`${ROOT}/samples/referral-task/${name}`)
      await isValidReferral(sample)
      const { authoredOn: _, ...without } = sample
      assert.notDeepEqual(await errorsBy(without, GRAVITY_TASK), [], 'the profile is not applied')
    })
  }
})

describe('guides / codes', () => {
  const codesOf = (file: string): readonly string[] =>
    ((json(`${ROOT}/valuesets/${file}`).concept ?? []) as readonly { code: string }[]).map(({ code }) => code).sort()
  const temporary = (guides().find(({ content }) => content.url === TEMPORARY)?.content.concept ?? []) as readonly {
    code: string
  }[]
  const theirs = new Set(temporary.map(({ code }) => code))

  it('of capacity are those of Gravity', () => {
    const valueSet = guides().find(({ file }) => file === 'ValueSet-SDOHCC-ValueSetCapacityStatus.json')!.content as {
      compose: { include: readonly { concept: readonly { code: string }[] }[] }
    }
    const codes = valueSet.compose.include.flatMap(({ concept }) => concept.map(({ code }) => code)).sort()
    assert.deepEqual(codesOf('CodeSystem-capacity-status.json'), codes)
  })

  it('of enrolment in a program are those of Gravity', () => {
    for (const code of codesOf('CodeSystem-program-enrollment-status.json')) assert.ok(theirs.has(code), code)
  })
})

describe('guides / the calls of Gravity clients', function () {
  this.timeout(30_000)
  let hub: Given
  let source: Client, target: Client
  let subject: string
  before(async () => {
    hub = await given()
    ;[source, target] = [hub.as('es'), hub.as('vr')]
    subject = await newcomer(source, 'es')
    await post(source, consent(subject, 'es', 'vr'))
  })
  after(() => hub.stop())

  const create = async (): Promise<Body & { id: string }> => {
    const request = await post(source, referral(subject, 'es', 'vr'))
    return post(source, task(subject, `ServiceRequest/${request.id}`, 'es', 'vr')) as Promise<Body & { id: string }>
  }
  const ids = async (client: Client, query: string): Promise<readonly string[]> => {
    const { entry = [] } = made(await client.get(`/Task?${query}`)) as { entry?: { resource: { id: string } }[] }
    return entry.map(({ resource }) => resource.id)
  }

  it('create a Task and read it: what was made is valid by both guides', async () => {
    const { id } = await create()
    const { body, headers } = await target.get(`/Task/${id}`)
    assert.match(headers.get('etag') ?? '', /^W\/"1"$/)
    await isValidReferral(body as JsonObject)
  })

  it('find it by code, owner, patient, requester, status, focus, id and time, as either party', async () => {
    const { id, focus } = await create()
    const queries = [
      `code=${encodeURIComponent(FULFIL)}`,
      'code=fulfill',
      'owner=Organization/vr',
      `patient=${subject}`,
      `patient=${subject.replace('Patient/', '')}`,
      'requester=Organization/es',
      'status=requested',
      `focus=${(focus as { reference: string }).reference}`,
      `_id=${id}`,
      '_lastUpdated=gt2020-01-01',
      `patient=${subject}&owner=Organization/vr&status=requested,accepted&code=fulfill`,
    ]
    for (const client of [source, target])
      for (const query of queries) assert.ok((await ids(client, `${query}&_count=100`)).includes(id), query)
    for (const query of ['owner=Organization/es', 'status=completed', 'focus=ServiceRequest/none'])
      assert.ok(!(await ids(target, `${query}&_count=100`)).includes(id), query)
  })

  it('include the ServiceRequest that it is about, and the parties of the ServiceRequest', async () => {
    const { id, focus } = await create()
    const { reference } = focus as { reference: string }
    const found = made(await target.get(`/Task?_id=${id}&_include=Task:focus`)) as {
      entry: { resource: { resourceType: string; id: string } }[]
    }
    assert.ok(found.entry.some(({ resource }) => `${resource.resourceType}/${resource.id}` === reference))
    const request = made(
      await target.get(
        `/ServiceRequest?_id=${reference.split('/')[1]}&_include=ServiceRequest:patient&_include=ServiceRequest:requester&_include=ServiceRequest:performer`,
      ),
    ) as { entry: unknown[] }
    assert.equal(request.entry.length, 4)
  })

  it('move it on with If-Match; without one it is 428, with an old one 412', async () => {
    const { id } = await create()
    const read = async () => made(await target.get(`/Task/${id}`)) as Body & { meta: { versionId: string } }
    const status = (one: Body, status: string, business: string): Body => ({
      ...one,
      status,
      businessStatus: coded('https://no-wrong-door.example/fhir/CodeSystem/referral-business-status', business),
    })
    refused(await target.put(`/Task/${id}`, status(await read(), 'accepted', 'accepted')), 428, 'version-required')
    made(await target.put(`/Task/${id}`, status(await read(), 'accepted', 'accepted'), 1))
    assert.equal((await target.put(`/Task/${id}`, status(await read(), 'in-progress', 'in-service'), 1)).status, 412)
    made(await target.put(`/Task/${id}`, status(await read(), 'in-progress', 'in-service'), 2))
    await isValidReferral((await source.get(`/Task/${id}`)).body as JsonObject)
  })

  it('get Tasks of both guides from what the assessment proposes and from $refer', async () => {
    const form = await post(source, assessment(subject, true))
    for (const recipient of ['dhs', 'abe']) await post(source, consent(subject, 'es', recipient))
    made(
      await source.post(
        `/${subject}/$submit-referrals`,
        decisions(`QuestionnaireResponse/${form.id}`, { snap: true, tanf: true, abe: true }),
      ),
    )
    made(
      await source.post(`/${subject}/$refer`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'service', valueCode: 'program-referral-coordination' },
          { name: 'performer', valueReference: agency('vr') },
        ],
      }),
    )
    const all = made(await source.get(`/Task?patient=${subject}&_count=100`)) as { entry: { resource: JsonObject }[] }
    assert.ok(all.entry.length >= 4)
    for (const { resource } of all.entry) await isValidReferral(resource)
  })

  it('read the capacity of programs, which their agency states', async () => {
    const found = made(await source.get('/HealthcareService?capacity=capacity,waitlist,no-capacity&_count=100')) as {
      entry?: unknown[]
    }
    assert.ok((found.entry ?? []).length > 0)
  })
})

describe('guides / the Tasks that operations, timers and rules make', function () {
  this.timeout(60_000)
  let now = MONDAY
  let hub: Given
  let es: Client, abe: Client, vr: Client, board: Client
  let subject: string
  before(async () => {
    hub = await given(
      {},
      createClock(() => now),
    )
    ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((one) => hub.as(one)) as [Client, Client, Client, Client]
  })
  after(() => hub.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
  })

  /** The Task as es reads it, in each of its versions. */
  async function areReferrals(id: string): Promise<JsonObject> {
    const { entry } = made(await es.get(`/Task/${id}/_history?_count=50`)) as { entry: { resource: JsonObject }[] }
    for (const { resource } of entry) await isValidReferral(resource)
    return entry[0]!.resource
  }
  const sent = async (): Promise<StoredBody> => (await referred(es, subject, 'es', 'vr')).task as StoredBody
  const act = (client: Client, id: string, operation: string, parameter: readonly object[]) =>
    client.post(`/Task/${id}/$${operation}`, { resourceType: 'Parameters', parameter })
  const declined = (text: string) => ({
    status: 'failed',
    ...business('declined'),
    statusReason: { text },
    output: [output('outcome', 'referral-outcome', 'declined')],
  })

  it('are valid by both guides after $claim', async () => {
    const permit = consent(subject, 'es', 'abe') as Body & { provision: object }
    const purpose = [{ system: `${ROOT_URL}CodeSystem/consent-purpose`, code: 'open-referral' }]
    await post(es, { ...permit, provision: { ...permit.provision, purpose } })
    const parameter = [{ name: 'service', valueCode: 'adult-basic-education' }]
    const address = [{ use: 'home', district: '28081', state: 'MS' }]
    made(await es.change(made(await es.get(`/${subject}`)), { address }))
    const answer = made(await es.post(`/${subject}/$refer`, { resourceType: 'Parameters', parameter }))
    const { id } = answer.entry[1].resource
    made(await abe.post(`/Task/${id}/$claim`))
    assert.deepEqual((await areReferrals(id)).status, 'accepted')
  })

  it('are valid by both guides after $appeal and $adjudicate', async () => {
    const { id } = await sent()
    made(await act(vr, id, 'appeal', [{ name: 'reason', valueString: 'It is not ours.' }]))
    made(await act(board, id, 'adjudicate', [{ name: 'decision', valueString: 'It is.' }]))
    assert.equal(((await areReferrals(id)).output as unknown[]).length, 2)
  })

  it('are valid by both guides after a re-route, notes and feedback', async () => {
    const task = await sent()
    await post(es, consent(subject, 'es', 'abe'))
    const routed = made(await es.change(task, { owner: agency('abe'), note: [{ text: 'Try again.' }] })) as StoredBody
    const feedback = { ...output('feedback', 'task-output', 'feedback'), valueCodeableConcept: undefined }
    made(await abe.change(routed, { output: [{ ...feedback, valueString: 'On the way.' }] }))
    assert.deepEqual((await areReferrals(task.id)).owner, agency('abe'))
  })

  it('are valid by both guides when they are closed, corrected, and marked as an error', async () => {
    const accepted = made(await vr.change(await sent(), { status: 'accepted', ...business('contacted') })) as StoredBody
    const closed = made(await vr.change(accepted, declined('Does not want to.'))) as StoredBody
    const corrected = made(
      await vr.change(closed, {
        status: 'completed',
        ...business('services-received'),
        statusReason: { text: 'Came after all.' },
        output: [
          output('outcome', 'referral-outcome', 'received-services'),
          output('resulting-service-code', 'service-catalogue', 'career-counseling'),
        ],
      }),
    ) as StoredBody
    const error = { status: 'entered-in-error', statusReason: { text: 'Another person.' } }
    made(await es.change(corrected, error))
    assert.equal((await areReferrals(closed.id)).status, 'entered-in-error')
  })

  it('are valid by both guides when a request is revoked, and when the participant denies the owner', async () => {
    const first = await sent()
    const request = made(await es.get(`/${(first.focus as { reference: string }).reference}`))
    made(await es.change(request, { status: 'revoked' }))
    assert.equal((await areReferrals(first.id)).status, 'cancelled')
    const second = await sent()
    await post(es, denial(subject, 'es', 'vr'))
    assert.equal((await areReferrals(second.id)).status, 'cancelled')
  })

  it('are valid by both guides after every timer of a referral that nobody answers', async () => {
    const { id } = await sent()
    for (const days of [2, 3, 7, 9, 45]) {
      now = MONDAY + days * DAY
      await hub.hub.runDue()
    }
    const task = await areReferrals(id)
    assert.ok((task.output as unknown[]).length >= 5, JSON.stringify(task.output))
  })

  it('are referrals only with the code `fulfill`: a review of a consent and a proposed change are none of theirs', async () => {
    const task = await sent()
    made(
      await vr.change(task, {
        status: 'rejected',
        ...business('rejected-capacity'),
        statusReason: { text: 'The program is full.' },
      }),
    )
    const all = made(await es.get(`/Task?patient=${subject}&code:not=fulfill`)) as { entry: { resource: JsonObject }[] }
    assert.deepEqual(
      all.entry.map(({ resource }) => (resource.code as { coding: { code: string }[] }).coding[0]?.code),
      ['review-consent'],
    )
  })
})

describe('guides / the table of statuses in docs/referral-guides.md', () => {
  const rows = readFileSync(`${ROOT}/docs/referral-guides.md`, 'utf8')
    .split('\n## ')
    .find((section) => section.startsWith('Statuses'))!
    .split('\n')
    .filter((line) => /^\| /.test(line) && !line.startsWith('| Task.status'))
    .map((line) => line.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '')))
  const lifecycle = json(`${ROOT}/capability/rules/referral-lifecycle.json`) as {
    statuses: string[]
    terminal: string[]
    transitions: { to: string; businessStatus?: string[] }[]
  }

  it('has each status of the lifecycle', () => {
    const statuses = rows.flatMap((cells) => cells[1] ?? [])
    assert.deepEqual(statuses.sort(), [...lifecycle.statuses, ...lifecycle.terminal].sort())
  })

  it('has each business status with which a transition begins, beside its status', () => {
    let status = ''
    const stated = new Set<string>()
    for (const cells of rows) {
      status = cells[1]?.[0] ?? status
      for (const code of cells[4] ?? []) stated.add(`${status} ${code}`)
    }
    for (const { to, businessStatus = [] } of lifecycle.transitions)
      for (const code of businessStatus) assert.ok(stated.has(`${to} ${code}`), `${to} ${code}`)
  })
})
