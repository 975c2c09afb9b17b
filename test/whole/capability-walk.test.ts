/**
 * The capability statement is walked: all that it declares works, for every type, and what it does not declare is
 * refused. https://hl7.org/fhir/R4/capabilitystatement.html
 */
import assert from 'node:assert/strict'
import type { SearchParameter } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { given, refused, type Answer, type Client, type Given } from '../given.ts'
import { goal, resident } from '../builders/index.ts'

type Declaration = Answer['body']

/** A plausible value of each type of parameter. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  token: ['active', 'http://example.org|active', '|active', 'http://example.org|'],
  string: ['Fam', 'Fam,Other'],
  reference: ['nobody'],
  date: ['2026', 'ge2026-11-24', 'lt2026-11-24T00:00:00Z'],
  uri: ['http://example.org'],
  number: ['1', 'gt0.5'],
  quantity: ['5', 'le5.4|http://unitsofmeasure.org|kg', '5||mg'],
  special: ['37.54|-77.43', '37.54|-77.43|5|km'],
}

type Declared = Pick<SearchParameter, 'type' | 'component' | 'target'>

/** Of a composite, plausible values of its components. */
const valuesOf = ({ type, component = [] }: Declared): readonly string[] | undefined =>
  type === 'composite' ? [component.map((one) => VALUES[one.type]![0]!).join('$')] : VALUES[type]

/** The addresses of interactions at the level of a type: what answers them when there is no such record or body. */
const INTERACTIONS: readonly (readonly [code: string, method: string, path: string, answered: readonly number[]])[] = [
  ['read', 'GET', '/TYPE/nobody', [404]],
  ['vread', 'GET', '/TYPE/nobody/_history/1', [404]],
  ['history-instance', 'GET', '/TYPE/nobody/_history', [404]],
  ['search-type', 'GET', '/TYPE?_count=1', [200]],
  ['create', 'POST', '/TYPE', [422, 403]],
  ['update', 'PUT', '/TYPE/nobody', [422, 403]],
  ['delete', 'DELETE', '/TYPE/nobody', [200, 204, 404, 403, 412]],
  ['patch', 'PATCH', '/TYPE/nobody', [404]],
  ['history-type', 'GET', '/TYPE/_history', [200]],
]

const BODIES: Readonly<Record<string, ((type: string) => object) | undefined>> = {
  POST: (type) => ({ resourceType: type }),
  PUT: (type) => ({ resourceType: type, id: 'nobody' }),
  PATCH: () => ({ resourceType: 'Parameters' }),
}

/** Plausible requests to the terminology operations, and the type of each answer. */
const TERMINOLOGY: Readonly<Record<string, readonly (readonly [query: string, answers: string])[]>> = {
  'ValueSet/$expand': [['url=http://hl7.org/fhir/ValueSet/task-status', 'ValueSet']],
  'ValueSet/$validate-code': [
    [
      'url=http://hl7.org/fhir/ValueSet/task-status&system=http://hl7.org/fhir/task-status&code=requested',
      'Parameters',
    ],
  ],
  'CodeSystem/$lookup': [['system=http://hl7.org/fhir/task-status&code=requested', 'Parameters']],
  'CodeSystem/$subsumes': [['system=http://hl7.org/fhir/task-status&codeA=draft&codeB=requested', 'Parameters']],
  'CodeSystem/$validate-code': [['url=http://hl7.org/fhir/task-status&code=requested', 'Parameters']],
  'ConceptMap/$translate': [
    [
      'url=https://no-wrong-door.example/fhir/ConceptMap/credential-type-to-pirl&code=AssociateDegree&system=https://no-wrong-door.example/fhir/CodeSystem/credential-type',
      'Parameters',
    ],
  ],
}

describe('the capability statement', function () {
  this.timeout(120_000)
  let hub: Given
  let board: Client
  let types: readonly Declaration[]
  let whole: Declaration
  let declared: (type: string, name: string) => Declared | undefined
  before(async () => {
    hub = await given()
    board = hub.as(undefined)
    const es = hub.as('es')
    const { body: patient } = await es.post('/Patient', resident('es', 'walk'))
    await es.post('/Goal', goal(`Patient/${patient.id}`, 'proposed'))
    whole = (await board.get('/metadata')).body
    types = whole.rest[0].resource
    const { capability } = await loadDefinitions(new URL('../../', import.meta.url).pathname)
    declared = (type, name) => capability(type)?.searchParameters.find(({ code }) => code === name)
  })
  after(() => hub.stop())

  it('declares each type once, and there are all those of the samples', () => {
    const names = types.map(({ type }) => type)
    assert.equal(new Set(names).size, names.length)
    for (const name of ['Patient', 'CarePlan', 'Task', 'Organization', 'Subscription'])
      assert.ok(names.includes(name), name)
  })

  it('declares interactions that are answered, and no other is', async () => {
    for (const { type, interaction } of types) {
      const declared = interaction.map((one: { code: string }) => one.code)
      for (const [code, method, path, expected] of INTERACTIONS) {
        const answer = await board.send(method, path.replace('TYPE', type), BODIES[method]?.(type))
        const allowed = declared.includes(code) ? expected : [404, 405]
        assert.ok(allowed.includes(answer.status), `${type} ${code}: ${answer.status} ${answer.text.slice(0, 300)}`)
        if (!declared.includes(code)) assert.match(answer.text, /method-not-allowed|unknown-address/, `${type} ${code}`)
      }
    }
  })

  it('declares search parameters that are answered, each with values of its type and with :missing', async () => {
    for (const { type, searchParam = [] } of types) {
      for (const { name, type: kind } of searchParam as readonly Declaration[]) {
        const values = valuesOf(declared(type, name) ?? { type: kind, target: [] })
        assert.ok(values, `${type}.${name} is a ${kind}`)
        const queries = values.map((value) => `${name}=${encodeURIComponent(value)}`)
        for (const query of [...queries, `${name}:missing=true`, `${name}:missing=false`]) {
          const answer = await board.get(`/${type}?${query}`)
          assert.equal(answer.status, 200, `${type}?${query}: ${answer.text.slice(0, 300)}`)
          assert.equal(answer.body.type, 'searchset')
        }
      }
    }
  })

  it('declares references, each to some type', async () => {
    for (const { type, searchParam = [] } of types) {
      for (const { name, type: kind } of searchParam as readonly Declaration[]) {
        if (kind !== 'reference') continue
        // R4 names no target for `item-subject`: any.
        const { target = [] } = declared(type, name) ?? {}
        const accepted = await board.get(`/${type}?${name}=${target[0] ?? 'Patient'}/nobody`)
        assert.equal(accepted.status, 200, `${type}?${name}`)
        const other = target.length > 0 && ['Binary', 'Bundle'].find((one) => !target.includes(one))
        if (other) refused(await board.get(`/${type}?${name}=${other}/nobody`), 400, 'invalid-parameter')
      }
    }
  })

  it('splits a type in two with :missing, whatever the parameter', async () => {
    for (const { type, searchParam = [] } of types) {
      const all = (await board.get(`/${type}?_total=accurate&_count=0`)).body.total
      for (const { name } of searchParam as readonly Declaration[]) {
        if (name.startsWith('_')) continue
        const [missing, present] = await Promise.all(
          ['true', 'false'].map(async (value) => {
            return (await board.get(`/${type}?${name}:missing=${value}&_total=accurate&_count=0`)).body.total
          }),
        )
        assert.equal(missing + present, all, `${type}.${name}`)
      }
    }
  })

  it('declares includes that are answered', async () => {
    for (const { type, searchInclude = [] } of types) {
      for (const include of searchInclude as readonly string[]) {
        const answer = await board.get(`/${type}?_include=${include}`)
        assert.equal(answer.status, 200, `${type} ${include}: ${answer.text.slice(0, 300)}`)
      }
      refused(await board.get(`/${type}?_include=${type}:no-such-thing`), 400, 'invalid-parameter')
    }
  })

  it('declares reverse includes that are answered', async () => {
    for (const { type, searchRevInclude = [] } of types) {
      const all = (searchRevInclude as readonly string[]).map((one) => `_revinclude=${one}`)
      // At most 50 parameters are taken at once.
      for (let list = all; list.length > 0; list = list.slice(40)) {
        const answer = await board.get(`/${type}?_count=1&${list.slice(0, 40).join('&')}`)
        assert.equal(answer.status, 200, `${type}: ${answer.text.slice(0, 300)}`)
      }
      refused(await board.get(`/${type}?_revinclude=Patient:no-such-thing`), 400, 'invalid-parameter')
    }
  })

  it('refuses parameters that it does not declare: those of R4 that are left out, and invented ones', async () => {
    for (const { type, searchParam = [] } of types) {
      const declared = (searchParam as readonly Declaration[]).map(({ name }) => name)
      for (const name of [
        'no-such-thing',
        '_text',
        '_content',
        '_list',
        '_query',
        'gender',
        'code',
        'subject',
        'encounter',
      ]) {
        if (declared.includes(name)) continue
        refused(await board.get(`/${type}?${name}=x`), 400, 'unknown-parameter')
      }
    }
  })

  it('declares operations with their definitions, and each is routed at some level', async () => {
    const listed = types.flatMap(({ type, operation = [] }) => operation.map((one: Declaration) => ({ type, ...one })))
    const system = (whole.rest[0].operation ?? []).map((one: Declaration) => ({ type: undefined, ...one }))
    assert.ok(listed.length > 0)
    for (const { type, name, definition } of [...listed, ...system]) {
      assert.match(definition, /^https?:/)
      const paths = type === undefined ? [`/$${name}`] : [`/${type}/$${name}`, `/${type}/nobody/$${name}`]
      const answers = await Promise.all(paths.map((path) => board.post(path, { resourceType: 'Parameters' })))
      const routed = answers.filter(({ text }) => !/unknown-address|method-not-allowed/.test(text))
      assert.ok(routed.length > 0, `${type} $${name}: ${answers.map(({ text }) => text).join(' ')}`)
      for (const answer of routed) assert.ok(answer.status < 500, `${type} $${name}: ${answer.text}`)
    }
  })

  it('declares the terminology operations on their types, and each answers a plausible request', async () => {
    const listed = types.flatMap(({ type, operation = [] }) => operation.map((one: Declaration) => ({ type, ...one })))
    const ofR4 = listed.filter(({ definition }) =>
      /OperationDefinition\/(ValueSet|CodeSystem|ConceptMap)-/.test(definition),
    )
    assert.deepEqual(ofR4.map(({ type, name }) => `${type}/$${name}`).sort(), Object.keys(TERMINOLOGY).sort())
    for (const [operation, queries] of Object.entries(TERMINOLOGY)) {
      for (const [query, answers] of queries) {
        const answer = await board.get(`/${operation}?${query}`)
        assert.equal(answer.status, 200, `${operation}: ${answer.text.slice(0, 300)}`)
        assert.equal(answer.body.resourceType, answers)
        if (answers === 'ValueSet') assert.ok(answer.body.expansion.contains.length > 0)
        assert.notEqual(answer.body.parameter?.find(({ name }: Declaration) => name === 'result')?.valueBoolean, false)
      }
    }
  })

  it('leaves out operations that there are not, at every level', async () => {
    const names = new Set(types.flatMap(({ operation = [] }) => operation.map(({ name }: Declaration) => name)))
    for (const { type, operation = [] } of types) {
      const own = operation.map(({ name }: Declaration) => name)
      for (const name of [...names, 'unrestricted', 'meta', 'expunge', 'export', 'lastn']) {
        if (own.includes(name)) continue
        for (const path of [`/${type}/$${name}`, `/${type}/nobody/$${name}`])
          refused(await board.post(path, { resourceType: 'Parameters' }), 404, 'unknown-address')
      }
    }
  })

  it('declares transaction, batch, search and history of the system', async () => {
    const declared = whole.rest[0].interaction.map((one: { code: string }) => one.code).sort()
    assert.deepEqual(declared, ['batch', 'history-system', 'search-system', 'transaction'])
    assert.equal((await board.get('/_history?_count=1')).body.type, 'history')
    for (const type of ['batch', 'transaction']) {
      const answer = await board.post('', { resourceType: 'Bundle', type, entry: [] })
      assert.equal(answer.status, 200, answer.text)
      assert.equal(answer.body.type, `${type}-response`)
    }
    for (const path of ['/', '/?_type=Patient']) assert.equal((await board.get(path)).body.type, 'searchset')
  })

  it('leaves out types that are not kept', async () => {
    const names = types.map(({ type }) => type)
    for (const type of ['Encounter', 'Medication', 'Immunization', 'Claim', 'Binary', 'Parameters', 'Bundle']) {
      if (names.includes(type)) continue
      for (const [method, path] of [
        ['GET', `/${type}`],
        ['GET', `/${type}/1`],
        ['POST', `/${type}`],
      ] as const) {
        const answer = await board.send(method, path, method === 'POST' ? { resourceType: type } : undefined)
        refused(answer, 404, 'unknown-type')
      }
    }
  })

  it('keeps its word on conditional create, update and delete', async () => {
    for (const { type, conditionalCreate, conditionalUpdate, conditionalDelete } of types) {
      if (conditionalCreate) {
        const headers = { 'If-None-Exist': '_id=nobody' }
        const answer = await board.post(`/${type}`, { resourceType: type }, { headers })
        assert.ok([422, 403].includes(answer.status), `${type}: ${answer.status}`)
      }
      const update = await board.put(`/${type}?_id=nobody`, { resourceType: type })
      assert.ok((conditionalUpdate ? [422, 403] : [405]).includes(update.status), `${type}: ${update.text}`)
      const deletion = await board.delete(`/${type}?_id=nobody`)
      assert.equal(deletion.status, conditionalDelete === 'multiple' ? 204 : 405, `${type}: ${deletion.text}`)
    }
  })
})
