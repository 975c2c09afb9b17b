/**
 * The whole hub, as a process of its own, against 6,000 requests: valid ones that are mutated, and requests of every row of
 * the hub's tables. Never a fault, never a wait, every refusal an OperationOutcome, and what was there before is there
 * after. With HUB_RULES=open so many fewer. `FUZZ=100000 FUZZ_SEED=7` asks for more, or others.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request as send, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDefinitions } from '../../server/definitions/load.ts'
import { createXmlFormat } from '../../server/definitions/xml/format.ts'
import { ERRORS } from '../../server/fhir/outcome.ts'
import { startHub, type StartedHub } from '../checks/process.ts'
import { clientAt, made, type Client } from '../given.ts'
import { mutate } from './fuzz/mutate.ts'
import { inXml } from './fuzz/xml.ts'
import { requests, type Request, type Seeded } from './fuzz/requests.ts'
import { tableRequest } from './fuzz/table-requests.ts'
import { loadTables } from '../requests/tables.ts'
import { createRandom, type Random } from '../../scripts/random.ts'
import { assessment, consent, decisions, goal, resident, plan } from '../builders/index.ts'

const COUNT = Number(process.env['FUZZ'] ?? 2_000)
const OPEN_COUNT = Math.ceil(COUNT / 5)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const AT_ONCE = 4
/** ms for one answer; so many clients send at once, tests run beside it, and the first large body waits for a thread. */
const LONGEST = 5_000
/** Larger bodies are checked in a thread, one after the other. */
const LARGE_BODY = 50_000
const MEMORY = 1024 ** 3

const xml = createXmlFormat(createDefinitions([]).structures)

type TimedAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly ms: number
}

describe('any request to the whole hub', function () {
  this.timeout(300_000 + COUNT * 20)
  let folder: string
  let hub: StartedHub
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const start = async (rules: string): Promise<void> => {
    hub = await startHub({
      HUB_STORE: `sqlite:${join(folder, `${rules}.sqlite`)}`,
      HUB_LOOPBACK_ENDPOINTS: 'true',
      HUB_LOG: 'error',
      HUB_RULES: rules,
    })
  }
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nwd-fuzz-'))
  })
  afterEach(() => hub.end('SIGKILL'))
  after(() => {
    agent.destroy()
    rmSync(folder, { recursive: true })
  })

  /** Sends so many requests, and answers how often each status came. */
  async function attack(count: number, next: (random: Random) => Request, learn: Learn): Promise<ReadonlySet<number>> {
    const choices = createRandom(SEED)
    const statuses = new Map<number, number>()
    const faults: string[] = []
    let [left, slowest] = [count, 0]
    const work = async (): Promise<void> => {
      while (left-- > 0 && faults.length < 20) {
        const request = next(choices)
        const answer = await ask(hub.url, agent, request).catch((error: Error) => error)
        const isLarge = (request.body ?? '').length > LARGE_BODY
        const fault = await faultOf(answer, isLarge ? LONGEST * 4 : LONGEST)
        if (fault !== undefined) faults.push(`${fault}: ${shown(request)}`)
        if (answer instanceof Error) continue
        learn(answer)
        slowest = Math.max(slowest, answer.ms)
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    const counted = [...statuses].sort(([one], [other]) => one - other).map(([status, times]) => `${status}: ${times}`)
    console.log(`      seed ${SEED}; ${counted.join(', ')}; slowest ${Math.round(slowest)} ms; ${megabytes(hub)} MB`)
    assert.deepEqual(faults, [])
    assert.equal(hub.child.exitCode, null)
    assert.equal(hub.printed().includes('"fault"'), false)
    assert.ok(residentBytes(hub) < MEMORY, `${megabytes(hub)} MB`)
    return new Set(statuses.keys())
  }

  it(`is answered without a fault, ${COUNT} times, and harms nothing`, async () => {
    await start('hub')
    const seeded = await seed(clientAt(hub.url, 'ui'), clientAt(hub.url, 'es'))
    const before = await snapshot(clientAt(hub.url), seeded)
    const { body: statement } = await clientAt(hub.url).get('/metadata')
    const inJson = requests(seeded, statement)
    const material = [...inJson, ...(await inXml(inJson, xml))]
    const [tables, keys] = [await loadTables(), [`Patient/${seeded.patient}`]]
    const resources = byType(inJson)
    const next = (random: Random): Request =>
      // Some as they are: what is created is attacked later.
      random.percent(2)
        ? random.pick(material.slice(0, 15))
        : random.percent(60)
          ? mutate(random.pick(material), random)
          : mildly(tableRequest({ random, tables, keys, resources, agency: 'es' }), random)
    const statuses = await attack(COUNT, next, remember(keys))
    assert.deepEqual(await snapshot(clientAt(hub.url), seeded), before)
    for (const status of [200, 201, 400, 404, 405, 412, 415, 422])
      assert.ok(statuses.has(status), `no answer was ${status}`)
    assert.equal(await hub.end(), 0)
  })

  it(`is answered without a fault with HUB_RULES=open, ${OPEN_COUNT} times`, async () => {
    await start('open')
    const [tables, keys] = [await loadTables({ everyType: () => true }), [] as string[]]
    const resources = byType(
      requests({ patient: '1', goal: '1', response: '1', task: '1' }, { rest: [{ resource: [] }] }),
    )
    const next = (random: Random): Request => mildly(tableRequest({ random, tables, keys, resources }), random)
    const statuses = await attack(OPEN_COUNT, next, remember(keys))
    for (const status of [200, 201, 400, 404, 405]) assert.ok(statuses.has(status), `no answer was ${status}`)
    assert.equal(await hub.end(), 0)
  })
})

type Learn = (answer: TimedAnswer) => void

/** Remembers the records that were created, and some of them for long. */
const remember =
  (keys: string[]): Learn =>
  ({ status, headers }) => {
    const [, key] = /\/([A-Z][A-Za-z]+\/[^/]+)\/_history\/1$/.exec(headers.location ?? '') ?? []
    if (status === 201 && key !== undefined && keys.length < 300) keys.push(key)
  }

/** Mostly as it is; else with a change or more. Never as the board or another agency: they may change what is kept. */
function mildly(request: Request, random: Random): Request {
  if (random.percent(70)) return request
  const changed = mutate(request, random)
  const { 'X-Agency': agency } = request.headers
  return { ...changed, headers: { ...changed.headers, ...(agency === undefined ? {} : { 'X-Agency': agency }) } }
}

/** The resources in the bodies of requests, by type. */
function byType(material: readonly Request[]): ReadonlyMap<string, readonly object[]> {
  const all = material.flatMap(({ body }) =>
    body?.startsWith('{') ? [JSON.parse(body) as { resourceType: string }] : [],
  )
  return new Map(
    [...new Set(all.map(({ resourceType }) => resourceType))].map((type) => [
      type,
      all.filter(({ resourceType }) => resourceType === type),
    ]),
  )
}

type Whole = Seeded & { readonly keys: readonly string[] }

/** What UI holds of a participant and sends to Adult Basic Education; the requests are Employment Services'. */
async function seed(ui: Client, es: Client): Promise<Whole> {
  const patient = made(await ui.post('/Patient', resident('ui', 'kept')))
  const subject = `Patient/${patient.id}`
  const aim = made(await ui.post('/Goal', goal(subject, 'proposed')))
  const response = made(await ui.post('/QuestionnaireResponse', assessment(subject)))
  const scheme = made(await ui.post('/CarePlan', plan('ui', subject, `Goal/${aim.id}`, 'active')))
  const agreed = made(await ui.post('/Consent', consent(subject, 'ui', 'abe')))
  const choices = decisions(`QuestionnaireResponse/${response.id}`, { abe: true, snap: false, tanf: false })
  made(await ui.post(`/${subject}/$submit-referrals`, choices))
  const { body } = await ui.get(`/Task?patient=${patient.id}`)
  const own = made(await es.post('/Patient', resident('es', 'own')))
  return {
    patient: own.id,
    goal: aim.id,
    response: response.id,
    task: body.entry[0].resource.id,
    keys: [
      subject,
      `Goal/${aim.id}`,
      `QuestionnaireResponse/${response.id}`,
      `CarePlan/${scheme.id}`,
      `Consent/${agreed.id}`,
      `Task/${body.entry[0].resource.id}`,
    ],
  }
}

/** Everything of the seeded records, and the lookups, as the board sees it. */
async function snapshot(board: Client, { keys }: Whole): Promise<readonly unknown[]> {
  const records = await Promise.all(keys.flatMap((key) => [board.get(`/${key}`), board.get(`/${key}/_history`)]))
  const lookups = await Promise.all(
    ['Organization', 'HealthcareService', 'Location', 'PlanDefinition'].map((type) => board.get(`/${type}?_count=100`)),
  )
  return [...records, ...lookups].map(({ status, body }) => ({
    status,
    entries: body.entry?.map((one: { resource: unknown }) => one.resource) ?? body,
  }))
}

function ask(url: string, agent: Agent, { method, path, headers, body }: Request): Promise<TimedAnswer> {
  const { hostname, port, pathname } = new URL(url)
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const request = send(
      { hostname, port, agent, method, path: pathname + path, headers: { ...headers, ...length } },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, ms: performance.now() - begun }),
        )
        response.on('error', reject)
      },
    )
    request.setTimeout(LONGEST * 5, () => request.destroy(new Error('no answer')))
    request.on('error', reject)
    request.end(body)
  })
}

/** What is wrong with an answer; undefined when nothing is. */
async function faultOf(answer: TimedAnswer | Error, longest: number): Promise<string | undefined> {
  if (answer instanceof Error) return `no answer (${answer.message})`
  const { status, headers, text, ms } = answer
  if (status >= 500) return `${status} ${text.slice(0, 300)}`
  if (ms > longest) return `${Math.round(ms)} ms`
  if (status < 400 || text === '') return undefined
  const type = headers['content-type'] ?? ''
  if (!/^(application\/(fhir\+)?|text\/)(json|xml)(; fhirVersion=4.0)?; charset=utf-8$/.test(type))
    return `the media type ${type}`
  const { resourceType, issue } = (type.includes('xml') ? await xml.read(text) : JSON.parse(text)) as {
    resourceType: string
    issue?: { details: { coding: { code: string }[] } }[]
  }
  if (resourceType !== 'OperationOutcome' || !issue?.length) return `a refusal without issues: ${text.slice(0, 300)}`
  const strange = issue.find((one) => !Object.hasOwn(ERRORS, one.details.coding[0]?.code ?? ''))
  return strange ? `the code ${JSON.stringify(strange)}` : undefined
}

const shown = ({ method, path, headers, body = '' }: Request): string =>
  `${method} ${path} ${JSON.stringify(headers)} ${body.length > 1500 ? `${body.slice(0, 1500)}… (${body.length})` : body}`

/** Where the system tells it (Linux); elsewhere memory is not looked at. */
function residentBytes({ child }: StartedHub): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024
  } catch {
    return 0
  }
}
const megabytes = (hub: StartedHub): number => Math.round(residentBytes(hub) / 1024 ** 2)
