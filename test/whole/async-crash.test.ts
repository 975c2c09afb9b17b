/** A real hub that is killed (kill -9) while transactions run in the background: none is done twice, none is lost in silence. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startHub } from '../checks/process.ts'
import { clientAt, made } from '../given.ts'
import { temporaryFolder } from '../store/stores.ts'
import { resident } from '../builders/index.ts'

const LATER = { headers: { Prefer: 'respond-async' } }
const REQUESTS = 8
const PEOPLE = 30

const people = (type: string, number: number) => ({
  resourceType: 'Bundle',
  type,
  entry: Array.from({ length: PEOPLE }, (_, index) => ({
    resource: resident('es', `${type}-${number}-${index}`),
    request: { method: 'POST', url: 'Patient' },
  })),
})

type Result = {
  readonly entry: readonly { readonly response: { readonly status: string; readonly outcome?: object } }[]
}

describe('a hub that is killed while requests run in the background', function () {
  this.timeout(120_000)
  let folder: string
  before(async () => (folder = await temporaryFolder()))
  after(() => rm(folder, { recursive: true }))

  for (const [rules, agency] of [
    ['hub', 'es'],
    ['open', undefined],
  ] as const)
    it(`carries out every transaction once, and repeats no batch (HUB_RULES=${rules})`, () => kill(rules, agency))

  async function kill(rules: string, agency: string | undefined): Promise<void> {
    const settings = { HUB_STORE: `sqlite:${join(folder, `${rules}.sqlite`)}`, HUB_RULES: rules }
    const killed = await startHub(settings)
    let es = clientAt(killed.url, agency)
    const paths: { path: string; type: string; number: number }[] = []
    for (let number = 0; number < REQUESTS; number++) {
      const type = number % 4 === 3 ? 'batch' : 'transaction'
      const answer = await es.post('/', people(type, number), LATER)
      assert.equal(answer.status, 202, answer.text)
      paths.push({ path: `/_async/${answer.headers.get('content-location')!.split('/').at(-1)}`, type, number })
    }
    await killed.end('SIGKILL')

    const next = await startHub(settings)
    es = clientAt(next.url, agency)
    const outcomes: string[] = []
    for (const { path, type, number } of paths) {
      let answer = await es.get(path)
      while (answer.status === 202) answer = await es.get(path)
      const { entry } = made(answer) as Result
      const text = JSON.stringify(entry[0]?.response.outcome ?? {})
      const code = /async-[a-z-]+/.exec(text)?.[0] ?? entry[0]!.response.status
      const system = 'https://no-wrong-door.example/fhir/NamingSystem/agency/es'
      const names = Array.from({ length: PEOPLE }, (_, index) => `${system}|${type}-${number}-${index}`)
      const query = encodeURIComponent(names.join(','))
      const { total: there } = made(await es.get(`/Patient?identifier=${query}&_total=accurate&_count=0`))
      assert.ok(there <= PEOPLE, `${there} people for ${PEOPLE} entries`)
      if (type === 'transaction') assert.equal(there, PEOPLE, `${path}: ${code}`)
      else if (code !== 'async-outcome-unknown') assert.equal(there, PEOPLE, `${path}: ${code}`)
      outcomes.push(`${type} ${code}`)
    }
    console.log(
      `      ${[...new Set(outcomes)].map((one) => `${outcomes.filter((other) => other === one).length} ${one}`).join(', ')}`,
    )
    await next.end()
  }
})
