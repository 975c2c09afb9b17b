/**
 * The statements of both modes are valid and true: what they declare is tried against the hub.
 * test/whole/capability-walk.test.ts tries each value of each parameter.
 * https://hl7.org/fhir/R4/capabilitystatement.html
 */
import assert from 'node:assert/strict'
import { given, refused, type Answer, type Client, type Given } from '../given.ts'
import { goal, resident } from '../builders/index.ts'
import { answerFaults } from '../checks/answers.ts'

type Declaration = Answer['body']
type Declared = { readonly name: string; readonly type: string; readonly definition?: string }

/** A value of each type of search parameter, and of the controls. */
const VALUES: Readonly<Record<string, string>> = {
  token: 'active',
  string: 'Fam',
  reference: 'nobody',
  date: 'ge2026-11-24',
  uri: 'http://example.org',
  number: 'ge1',
  quantity: 'ge5.4|http://unitsofmeasure.org|mg',
  special: '1|1|1|km',
  composite: '2026$2026',
}
const CONTROLS: Readonly<Record<string, string>> = {
  _count: '1',
  _sort: '-_lastUpdated',
  _containedType: 'contained',
  _include: '',
  _revinclude: '',
  _contained: 'false',
  _filter: '_id eq nobody',
  // Its name goes on: `_has:Type:reference:parameter`.
  _has: '',
  _list: 'nobody',
  _total: 'accurate',
  _summary: 'count',
  _asOf: '2026-11-24T05:00:00Z',
  // Not with `_summary`.
  _elements: '',
}

/** Parameters of one request. */
const MANY = 40

for (const rules of ['hub', 'open'] as const) {
  describe(`the statement of HUB_RULES=${rules}`, function () {
    this.timeout(60_000)
    let hub: Given
    let board: Client
    let whole: Declaration
    let rest: Declaration
    before(async () => {
      hub = await given({ HUB_RULES: rules })
      board = hub.as(undefined)
      whole = (await board.get('/metadata')).body
      rest = whole.rest[0]
    })
    after(() => hub.stop())

    it('is valid, in every mode', async () => {
      for (const mode of ['full', 'normative', 'terminology']) {
        const { status, body } = await board.get(`/metadata?mode=${mode}`)
        assert.equal(status, 200)
        assert.deepEqual(await answerFaults(body), [], mode)
      }
    })

    it('names each search parameter by its definition, of its type, where FHIR or the hub defines it', () => {
      const own: readonly Declared[] = rest.resource.flatMap((one: Declaration) => one.searchParam ?? [])
      for (const { name, definition } of own) assert.match(definition ?? '', /^https?:/, name)
      const common = new Set(own.filter(({ name }) => name.startsWith('_')).map(({ name }) => name))
      for (const name of ['_id', '_lastUpdated']) assert.ok(common.has(name), name)
      for (const name of ['_count', '_sort', '_include', '_id'])
        assert.ok(
          rest.searchParam.some((one: Declared) => one.name === name),
          name,
        )
    })

    it('declares for every type parameters that every type takes', async () => {
      for (const { type } of rest.resource) {
        const queries = (rest.searchParam as readonly Declared[])
          .map(({ name, type: kind }) => [name, CONTROLS[name] ?? VALUES[kind]] as const)
          .filter(([, value]) => value !== '' && value !== undefined)
        const answer = await board.get(`/${type}?${new URLSearchParams(queries as unknown as [string, string][])}`)
        assert.equal(answer.status, 200, `${type}: ${answer.text.slice(0, 300)}`)
      }
    })

    it('declares search parameters and includes that are answered', async () => {
      for (const { type, searchParam, searchInclude = [] } of rest.resource) {
        const own = (searchParam as readonly Declared[]).map(({ name, type: kind }) => `${name}=${valueOf(name, kind)}`)
        const includes = (searchInclude as readonly string[]).map((one) => `_include=${one}`)
        const all = [...own, ...includes]
        for (let from = 0; from < all.length; from += MANY) {
          const query = all.slice(from, from + MANY).join('&')
          const answer = await board.get(`/${type}?${query}`)
          assert.equal(answer.status, 200, `${type}?${query}: ${answer.text.slice(0, 500)}`)
        }
      }
    })

    it('declares interactions that are routed, and leaves out those that are not', async () => {
      const methods: Readonly<Record<string, readonly [method: string, path: string]>> = {
        read: ['GET', '/TYPE/nobody'],
        vread: ['GET', '/TYPE/nobody/_history/1'],
        update: ['PUT', '/TYPE/nobody'],
        patch: ['PATCH', '/TYPE/nobody'],
        delete: ['DELETE', '/TYPE/nobody'],
        'history-instance': ['GET', '/TYPE/nobody/_history'],
        'history-type': ['GET', '/TYPE/_history'],
        create: ['POST', '/TYPE'],
        'search-type': ['GET', '/TYPE'],
      }
      for (const { type, interaction } of alike(rest.resource)) {
        const declared = interaction.map(({ code }: { code: string }) => code)
        for (const [code, [method, path]] of Object.entries(methods)) {
          const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { resourceType: type } : undefined
          const { status, text } = await board.send(method, path.replace('TYPE', type), body)
          const isRouted = status !== 405 && !text.includes('unknown-address')
          assert.equal(isRouted, declared.includes(code), `${type} ${code}: ${status} ${text.slice(0, 300)}`)
          assert.ok(status < 500, text)
        }
      }
    })

    it('declares conditional updates and deletes exactly where they are routed', async () => {
      for (const { type, conditionalUpdate, conditionalDelete, interaction } of rest.resource.slice(0, 12)) {
        const offered = interaction.map(({ code }: { code: string }) => code)
        const put = await board.send('PUT', `/${type}?_id=nobody`, { resourceType: type })
        if (offered.includes('update')) assert.equal(put.status !== 405, conditionalUpdate, `${type}: ${put.text}`)
        const removed = await board.send('DELETE', `/${type}?_id=nobody`)
        if (offered.includes('delete'))
          assert.equal(removed.status !== 405, conditionalDelete !== 'not-supported', `${type}: ${removed.text}`)
      }
    })

    it('declares operations that are routed at the levels of their definitions', async () => {
      for (const { type, operation = [] } of [...rest.resource.slice(0, 12), { operation: rest.operation }]) {
        for (const { name } of operation) {
          const paths = type === undefined ? [`/$${name}`] : [`/${type}/$${name}`, `/${type}/nobody/$${name}`]
          const answers = await Promise.all(paths.map((path) => board.post(path, { resourceType: 'Parameters' })))
          const routed = answers.filter(({ text }) => !/unknown-address|method-not-allowed/.test(text))
          assert.ok(routed.length > 0, `${type ?? ''} $${name}`)
        }
      }
    })

    it('says of versions and references what holds', async () => {
      const subject = { reference: 'Patient/nobody' }
      if (rules === 'open') {
        const { body: patient } = await board.post('/Patient', { resourceType: 'Patient' })
        assert.equal((await board.put(`/Patient/${patient.id}`, { ...patient, active: true })).status, 200)
        const code = { text: 'any' }
        const { status } = await board.post('/Observation', {
          resourceType: 'Observation',
          status: 'final',
          code,
          subject,
        })
        assert.equal(status, 201)
      } else {
        const es = hub.as('es')
        const { body: patient } = await es.post('/Patient', resident('es', 'walk'))
        refused(await es.put(`/Patient/${patient.id}`, { ...patient, active: false }), 428, 'version-required')
        refused(await es.post('/Goal', goal('Patient/nobody', 'proposed')), 422, 'reference-not-found')
      }
      const versioned = rest.resource.filter(
        ({ versioning }: { versioning: string }) => versioning === 'versioned-update',
      )
      assert.deepEqual(
        versioned.map(({ type }: { type: string }) => type).sort(),
        rules === 'open' ? [] : ['CarePlan', 'CareTeam', 'Patient', 'Task'],
      )
      assert.equal(rest.documentation.includes('only with If-Match'), rules === 'hub')
      for (const { type, referencePolicy } of rest.resource)
        assert.deepEqual(referencePolicy, ['literal', 'logical'], type)
    })
  })
}

/** Of the types that declare the same interactions the first few; both modes together have 176. */
function alike(types: readonly Declaration[]): readonly Declaration[] {
  const seen = new Map<string, number>()
  return types.filter(({ interaction }) => {
    const count = (seen.get(JSON.stringify(interaction)) ?? 0) + 1
    seen.set(JSON.stringify(interaction), count)
    return count <= 4
  })
}

/** Composites of three parts, all of MolecularSequence. */
const ofThree = /^(chromosome|referenceseqid)-(variant|window)-coordinate$/

const valueOf = (name: string, kind: string): string =>
  encodeURIComponent(ofThree.test(name) ? '2026$2026$2026' : CONTROLS[name] || VALUES[kind] || '')
