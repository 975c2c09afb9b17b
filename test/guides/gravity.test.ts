/**
 * Other guides for closed-loop referrals: Gravity's SDOH Clinical Care (STU 3) and BSeR. What the hub stores is valid by
 * their profiles, and what their clients call works as it is. definitions/ holds their definitions without narrative,
 * as HL7 publishes them under CC0 (https://hl7.org/fhir/us/sdoh-clinicalcare, https://hl7.org/fhir/us/bser).
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createDefinitions } from '../../server/definitions/load.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { isError } from '../../server/fhir/outcome.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { newcomer, post } from '../attack/scene.ts'
import { agency, assessment, coded, consent, decisions, referral, task, type Body } from '../builders/index.ts'
import { ROOT } from '../checks/files.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

const SDOHCC = 'http://hl7.org/fhir/us/sdoh-clinicalcare'
const GRAVITY_TASK = `${SDOHCC}/StructureDefinition/SDOHCC-TaskForReferralManagement`
const BSER_TASK = 'http://hl7.org/fhir/us/bser/StructureDefinition/referral-task'
const TEMPORARY = `${SDOHCC}/CodeSystem/SDOHCC-CodeSystemTemporaryCodes`
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
    return issues.filter(isError).map((one) => `${one.detail} ${one.expression}: ${one.text}`)
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
    refused(await target.put(`/Task/${id}`, status(await read(), 'accepted', 'accepted')), 428, 'if-match-required')
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
