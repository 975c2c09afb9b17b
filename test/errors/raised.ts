/** Every code of ERRORS as a hub answers it: to the requests of requests.ts, and to the samples of the profiles. */
import { readFileSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import type { Clock } from '../../server/clock.ts'
import { ERRORS, type ErrorCode } from '../../server/fhir/outcome.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { listen } from '../../server/http/server.ts'
import { attacked, type Scene } from '../attack/scene.ts'
import { ROOT } from '../checks/files.ts'
import { recorder, type Exchange } from './exchange.ts'
import type { ErrorCase } from './case.ts'
import { CASES } from './requests.ts'

export type Raised = Exchange & {
  /** What is done wrong: a sentence, or the sample that shows it. */
  readonly what: string
  readonly sample?: string
  /** The issue with the code. */
  readonly issue: JsonObject
}

/** Hubs on which codes are raised: one for each choice of settings. */
function createStage() {
  let [code, made] = ['', 0]
  // Time stands still and ids are counted, so that an example is the same every time.
  const clock: Clock = { now: () => Date.parse('2026-01-12T15:00:00Z'), newId: () => `${code}-${++made}` }
  const scenes = new Map<string, Promise<Scene>>()
  const sceneFor = (settings: ErrorCase['settings'] = {}): Promise<Scene> => {
    const key = JSON.stringify(settings)
    const scene = scenes.get(key) ?? attacked({ HUB_PUBLIC_URL: 'https://hub.example/fhir', ...settings }, clock)
    scenes.set(key, scene)
    return scene
  }
  return {
    /** What the requests of a case came to. */
    async raise(expected: ErrorCode, { what, send, settings }: ErrorCase): Promise<Raised> {
      const scene = await sceneFor(settings)
      const { as, last } = recorder(`http://127.0.0.1:${scene.port}/fhir`)
      ;[code, made] = [expected, 0]
      await send({
        board: as(),
        es: as('es'),
        abe: as('abe'),
        ui: as('ui'),
        as,
        between: scene.between,
        beforeReading: scene.beforeReading,
        store: scene.store,
      })
      return raised(expected, what, last())
    },
    async end() {
      for (const scene of scenes.values()) await (await scene).stop()
    },
  }
}

function raised(code: ErrorCode, what: string, exchange: Exchange): Raised {
  const issue = issuesOf(exchange).find((one) => codeOf(one) === code)
  if (!issue) throw new Error(`${code} was not raised, but ${exchange.answer.status}: ${exchange.answer.text}`)
  return { ...exchange, what, issue }
}

/** The issues of an OperationOutcome, or of those within a Bundle. */
const issuesOf = ({ answer }: Exchange): readonly JsonObject[] => {
  const body = answer.body as JsonObject | undefined
  const entries = (body?.entry ?? []) as readonly {
    readonly resource?: JsonObject
    readonly response?: { readonly outcome?: JsonObject }
  }[]
  const within = entries.flatMap(({ resource, response }) => [resource, response?.outcome])
  return [body, ...within].flatMap((one) => (one?.issue ?? []) as JsonObject[])
}

const codeOf = (issue: JsonObject): string | undefined =>
  (issue.details as { readonly coding?: readonly { readonly code: string }[] } | undefined)?.coding?.[0]?.code

/** A request whose body stays away, to a server with less patience than a hub's. */
async function timedOut(): Promise<Raised> {
  const server = await listen(() => undefined, {
    host: '127.0.0.1',
    port: 0,
    requestTimeout: 20,
    headersTimeout: 20,
    checkEvery: 10,
  })
  const socket = connect(server.port, '127.0.0.1')
  try {
    socket.write('POST /fhir/Patient HTTP/1.1\r\nHost: hub.example\r\nContent-Length: 500\r\n\r\n{"resourceType":')
    const text = await textOf(socket)
    const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as JsonObject
    const answer = { status: Number(text.split(' ')[1]), headers: new Headers(), text, body }
    return raised('request-timeout', 'A body that does not come.', {
      method: 'POST',
      path: '/Patient',
      headers: {},
      answer,
    })
  } finally {
    socket.destroy()
    await server.stop(0)
  }
}

/** Codes that a sample of a profile raises, each with the sample that shows it with the least around it. */
export function samplesByCode(): ReadonlyMap<ErrorCode, string> {
  const best = new Map<ErrorCode, { readonly file: string; readonly rank: number }>()
  for (const { file, codes, length } of invalidSamples()) {
    const rank = codes.length * 1_000_000 + length
    for (const code of codes) if (rank < (best.get(code)?.rank ?? Infinity)) best.set(code, { file, rank })
  }
  return new Map([...best].map(([code, { file }]) => [code, file]))
}

function* invalidSamples(): Generator<{ file: string; codes: readonly ErrorCode[]; length: number }> {
  const samples = join(ROOT, 'samples')
  for (const folder of readdirSync(samples)) {
    for (const name of readdirSync(join(samples, folder))
      .filter((one) => one.endsWith('.issues.json'))
      .sort()) {
      const issues = JSON.parse(readFileSync(join(samples, folder, name), 'utf8')) as readonly { code: ErrorCode }[]
      const file = `samples/${folder}/${name.replace('.issues.json', '.json')}`
      const { length } = readFileSync(join(ROOT, file), 'utf8')
      yield { file, codes: issues.map(({ code }) => code), length }
    }
  }
}

/** A sample, as `$validate` judges it. */
function caseOf(sample: string): ErrorCase {
  const body = readFileSync(join(ROOT, sample), 'utf8')
  const { resourceType } = JSON.parse(body) as { resourceType: string }
  return { what: sample, send: ({ es }) => es.post(`/${resourceType}/$validate`, body) }
}

/** Every code with an example, in the order of ERRORS. Throws for one that nothing raises. */
export async function examples(): Promise<ReadonlyMap<ErrorCode, Raised>> {
  const samples = samplesByCode()
  const stage = createStage()
  const found = new Map<ErrorCode, Raised>()
  try {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const [own, sample] = [CASES[code], samples.get(code)]
      if (code === 'request-timeout') found.set(code, await timedOut())
      else if (own) found.set(code, await stage.raise(code, own))
      else if (sample) found.set(code, { ...(await stage.raise(code, caseOf(sample))), sample })
      else throw new Error(`Nothing raises \`${code}\`: give it a case in requests.ts, or a sample.`)
    }
  } finally {
    await stage.end()
  }
  return found
}
