/** A definition that cannot be used is refused with its fault, where it stands, and changes nothing. */
import assert from 'node:assert/strict'
import { given, made, refused, type Answer, type Client, type Given } from '../../given.ts'
import { participant } from '../../builders/index.ts'
import {
  address,
  allOf,
  codeSystem,
  conceptMap,
  profileOf,
  questionnaire,
  together,
  valueSet,
  type PostedDefinition,
} from '../../builders/definitions.ts'

type DefinitionCase = readonly [
  what: string,
  resource: PostedDefinition,
  status: number,
  code: string,
  expression: string,
  says: RegExp,
]

const R4 = 'http://hl7.org/fhir'
const HUB = 'https://no-wrong-door.example/fhir'
const AT = 'StructureDefinition.differential.element'
const patient = (element: object, more: object = {}) =>
  profileOf('faulty', 'Patient', [element as { id: string }], more as Readonly<Record<string, unknown>>)
const phone = { id: 'Patient.telecom', min: 1 }
const rule = (expression: string) => ({
  id: 'Patient',
  constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression }],
})
const sliced = (discriminator: object) => ({
  id: 'Patient.identifier',
  slicing: { rules: 'open', discriminator: [discriminator] },
})
const without = (resource: PostedDefinition, name: string): PostedDefinition =>
  Object.fromEntries(Object.entries(resource).filter(([key]) => key !== name)) as unknown as PostedDefinition

const PROFILES: readonly DefinitionCase[] = [
  ['without a url', without(patient(phone), 'url'), 422, 'element-missing', 'StructureDefinition.url', /url/],
  ['without a version', without(patient(phone), 'version'), 422, 'element-missing', 'StructureDefinition.version', /named|name/],
  ['with a relative url', patient(phone, { url: 'faulty' }), 422, 'value-format', 'StructureDefinition.url', /absolute/],
  ['with a version in its url', patient(phone, { url: `${address('StructureDefinition', 'faulty')}|1` }), 422, 'value-format', 'StructureDefinition.url', /`\|`/],
  ['with the url of a type of R4', patient(phone, { url: `${R4}/StructureDefinition/Patient` }), 409, 'definition-taken', 'StructureDefinition.url', /of R4/],
  ['with the url of a profile of the hub', patient(phone, { url: `${HUB}/StructureDefinition/hub-participant` }), 409, 'definition-taken', 'StructureDefinition.url', /hub itself/],
  ['with the id of a profile of the hub', { ...patient(phone), id: 'hub-participant' }, 403, 'forbidden', '', /published by the hub itself/],
  ['on a base that is not known', patient(phone, { baseDefinition: `${R4}/StructureDefinition/Patent` }), 422, 'definition-invalid', 'StructureDefinition.baseDefinition', /which the hub does not have/],
  ['on itself', patient(phone, { baseDefinition: address('StructureDefinition', 'faulty') }), 422, 'definition-invalid', 'StructureDefinition', /circle/],
  ['of another type than its base', patient(phone, { baseDefinition: `${R4}/StructureDefinition/Person` }), 422, 'definition-invalid', 'StructureDefinition', /of the type `Person`/],
  ['that names an element that its base has not', patient({ id: 'Patient.telecon', min: 1 }), 422, 'definition-invalid', 'StructureDefinition', /no element `telecon`/],
  ['that names an element inside another that has it not', patient({ id: 'Patient.name.familie', min: 1 }), 422, 'definition-invalid', 'StructureDefinition', /no element `familie`/],
  ['that misspells a property', patient({ ...phone, mim: 1 }), 422, 'element-unknown', `${AT}[0].mim`, /did you mean|Did you mean/],
  ['whose cardinality is no number', patient({ ...phone, min: 'one' }), 422, 'element-type', `${AT}[0].min`, /integer|number/],
  ['whose binding has a strength that there is not', patient({ id: 'Patient.maritalStatus', binding: { strength: 'strict', valueSet: `${R4}/ValueSet/marital-status` } }), 422, 'code-invalid', `${AT}[0].binding.strength`, /required/],
  ['whose rule is no FHIRPath', patient(rule('name.exists(')), 422, 'definition-invalid', `${AT}[0].constraint[0].expression`, /parsed/],
  ['whose rule asks for a function that there is not', patient(rule('name.exist()')), 422, 'definition-invalid', `${AT}[0].constraint[0].expression`, /`exists`/],
  ['whose last of many rules is no FHIRPath', patient({ id: 'Patient', constraint: [...Array.from({ length: 30 }, (_, index) => `name.repeat(period).count() < ${index}`), 'name.exists('].map((expression, index) => ({ key: `x-${index}`, severity: 'error', human: 'x', expression })) }), 422, 'definition-invalid', 'StructureDefinition', /rule `x-30` .* cannot be parsed/],
  ['whose discriminator leads nowhere', patient(sliced({ type: 'value', path: 'sistem' })), 422, 'definition-invalid', 'StructureDefinition', /discriminator `sistem`/],
  ['whose discriminator is of no kind', patient(sliced({ type: 'colour', path: 'system' })), 422, 'code-invalid', `${AT}[0].slicing.discriminator[0].type`, /pattern/],
  ['that fixes what its base fixes otherwise', profileOf('faulty', 'Patient', [{ id: 'Patient.gender', fixedCode: 'male' }], { baseDefinition: address('StructureDefinition', 'fixing') }), 422, 'definition-invalid', 'StructureDefinition', /fixed to "female"/],
  ['that is a new type', patient(phone, { derivation: 'specialization', type: 'Robot' }), 422, 'definition-invalid', 'StructureDefinition.derivation', /no new ones/],
  ['without elements', without(patient(phone), 'differential'), 422, 'invariant', 'StructureDefinition', /sdf-6/],
] // prettier-ignore

const OTHERS: readonly DefinitionCase[] = [
  ['a code system with a code twice', codeSystem('faulty', ['a', 'b', 'a']), 422, 'invariant', 'CodeSystem', /csd-1/],
  ['a code system that counts wrong', codeSystem('faulty', ['a'], { count: 2 }), 422, 'value-conflict', 'CodeSystem.count', /1 concepts/],
  ['a code system with the url of one of R4', codeSystem('faulty', ['a'], { url: `${R4}/task-status` }), 409, 'definition-taken', 'CodeSystem.url', /of R4/],
  ['a code system with the url of a posted one', codeSystem('faulty', ['a'], { url: address('CodeSystem', 'first') }), 409, 'definition-taken', 'CodeSystem.url', /`CodeSystem\/first`/],
  ['a supplement that defines a code', codeSystem('faulty', ['z'], { content: 'supplement', supplements: address('CodeSystem', 'first') }), 422, 'code-invalid', 'CodeSystem.concept[0].code', /`z`/],
  ['a value set that lists a code that its system has not', valueSet('faulty', [{ system: address('CodeSystem', 'first'), filter: [{ property: 'concept', op: 'is-a', value: 'z' }] }]), 422, 'value-conflict', 'ValueSet.compose.include[0].filter[0]', /`z` is not a code/],
  ['a value set that draws on nothing', valueSet('faulty', [{}]), 422, 'element-empty', 'ValueSet.compose.include[0]', /empty/],
  ['a value set that draws on a relative system', valueSet('faulty', [{ system: 'first' }]), 422, 'value-format', 'ValueSet.compose.include[0]', /absolute/],
  ['a value set that filters by no operator', valueSet('faulty', [{ system: address('CodeSystem', 'first'), filter: [{ property: 'concept', op: 'like', value: 'a' }] }]), 422, 'code-invalid', 'ValueSet.compose.include[0].filter[0].op', /filter-operator/],
  ['a map from a code that is not in its value set', conceptMap('faulty', { sourceCanonical: address('ValueSet', 'first'), group: [{ source: address('CodeSystem', 'first'), element: [{ code: 'z' }] }] }), 422, 'code-invalid', 'ConceptMap.group[0].element[0].code', /`z`/],
  ['a form with a link id twice', questionnaire('faulty', [1, 2].map(() => ({ linkId: '1', text: '?', required: true, type: 'string' }))), 422, 'invariant', 'Questionnaire', /que-2/],
  ['a form with the url of the hub’s', questionnaire('faulty', [{ linkId: '1', text: '?', required: true, type: 'string' }], { url: `${HUB}/Questionnaire/individual-service-assessment` }), 409, 'definition-taken', 'Questionnaire.url', /hub itself/],
] // prettier-ignore

describe('write / rules / a posted definition that cannot be used', function () {
  this.timeout(60_000)
  let hub: Given
  let board: Client
  before(async () => {
    hub = await given()
    board = hub.as(undefined)
    const fixing = profileOf('fixing', 'Patient', [{ id: 'Patient.gender', fixedCode: 'female' }])
    made(await board.post('', together(codeSystem('first', ['a', 'b']), allOf('first'), fixing)))
  })
  after(() => hub.stop())

  const put = (resource: PostedDefinition): Promise<Answer> =>
    board.put(`/${resource.resourceType}/${resource.id}`, resource)

  function checkRefusal(answer: Answer, [, , status, code, expression, says]: DefinitionCase): void {
    const text = refused(answer, status, code)
    assert.match(text, says)
    if (expression === '') return
    const reported = answer.body.issue.filter((one: { expression?: string[] }) => one.expression?.[0] === expression)
    assert.ok(reported.length > 0, `${expression}: ${answer.text}`)
    const [line, column] = reported[0].extension.map((one: { valueInteger: number }) => one.valueInteger)
    assert.ok(line >= 1 && column >= 1, answer.text)
  }

  for (const one of PROFILES) {
    it(`is refused: a profile ${one[0]}`, async () => {
      checkRefusal(await put(one[1]), one)
      const claiming = { ...participant('es'), meta: { profile: [address('StructureDefinition', 'faulty')] } }
      refused(await hub.as('es').post('/Patient', claiming), 422, 'profile-unknown')
    })
  }
  for (const one of OTHERS) {
    it(`is refused: ${one[0]}`, async () => {
      checkRefusal(await put(one[1]), one)
      refused(await board.get(`/${one[1].resourceType}/faulty`), 404, 'not-found')
    })
  }

  it('leaves what the hub publishes as it is', async () => {
    for (const path of [
      '/StructureDefinition/hub-participant',
      '/CodeSystem/race',
      '/Questionnaire/individual-service-assessment',
    ]) {
      const { body } = await board.get(path)
      refused(await board.put(path, { ...body, title: 'Mine' }), 403, 'forbidden')
      refused(await board.delete(path), 403, 'forbidden')
      assert.equal((await board.get(path)).body.meta.versionId, '1')
    }
  })

  it('takes no url of another by an update, whichever came first', async () => {
    const [early, late] = ['early', 'late'].map((id) => profileOf(id, 'Patient', [phone]))
    const at = (one: PostedDefinition, url: string): PostedDefinition & { url: string } => ({ ...one, url })
    made(await board.post('', together(early!, late!)))
    for (const [one, other] of [
      [early!, late!],
      [late!, early!],
    ])
      // prettier-ignore
      refused(await put(at(one!, other!.url)), 409, 'definition-taken')
    made(await board.post('', together(at(early!, late!.url), at(late!, early!.url))))
    refused(await board.post('', together(at(early!, 'http://x.example/y'), at(late!, 'http://x.example/y'))), 409, 'definition-taken') // prettier-ignore
  })

  it('is refused with a record that claims it, and the place of each in the Bundle', async () => {
    const claiming = { ...participant('es'), id: 'x', meta: { profile: [address('StructureDefinition', 'faulty')] } }
    const bundle = together(patient({ id: 'Patient.telecon', min: 1 }))
    const entry = [...bundle.entry, { resource: claiming, request: { method: 'POST', url: 'Patient' } }]
    const answer = await board.post('', { ...bundle, entry })
    refused(answer, 422, 'definition-invalid')
    assert.match(answer.text, /"Bundle\.entry\[0\]\.resource"/)
  })

  it('is reported by $validate as well, with a warning for what the hub does not have', async () => {
    const sct = valueSet('foreign', [{ system: 'http://snomed.info/sct' }])
    const validated = await board.post('/ValueSet/$validate', sct)
    assert.match(validated.text, /"severity":"warning".*code-unchecked.*could not be checked/)
    made(await put(sct))
    const create = await board.post('/StructureDefinition/$validate?mode=create', without(patient(phone), 'version'))
    assert.match(create.text, /element-missing/)
    made(await board.post('/StructureDefinition/$validate?mode=create', patient(phone)))
    refused(await board.get('/StructureDefinition/faulty'), 404, 'not-found')
  })
})
