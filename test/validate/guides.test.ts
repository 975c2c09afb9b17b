/** What mutants of other people's implementation guides showed. */
import assert from 'node:assert/strict'
import { createDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { extension, H, profile, summaries, validatorOf } from './validator-of.ts'

const urlOf = (id: string): string => `${H}/StructureDefinition/${id}`
const held = (id: string, min = 0, max = '1'): object => ({
  id: `Patient.name.given.extension:${id}`,
  sliceName: id,
  type: [{ code: 'Extension', profile: [urlOf(id)] }],
  min,
  max,
})

/** https://hl7.org/fhir/R4/json.html#primitive */
describe('validate / guides / extensions of primitives in a list', () => {
  const text = [{ id: 'Extension.value[x]', type: [{ code: 'string' }] }]
  const named = profile('Patient', [held('call'), held('nick', 0, '0')] as never)
  const strict = profile('Patient', [held('call', 1)] as never, { url: urlOf('strict') })
  const { check } = validatorOf([named, strict, extension('call', text), extension('nick', text)])
  const of = (id: string) => ({ url: urlOf(id), valueString: 'x' })
  const patient = (id: string, given: object): object => ({
    resourceType: 'Patient',
    meta: { profile: [urlOf(id)] },
    name: [given],
  })

  it('are held to what a profile says of each', async () => {
    const given = ['A', 'B']
    assert.deepEqual(summaries(await check(patient('x', { given }))), [])
    assert.deepEqual(summaries(await check(patient('x', { given, _given: [null, { extension: [of('call')] }] }))), [])
    assert.deepEqual(summaries(await check(patient('x', { given, _given: [null, { extension: [of('nick')] }] }))), [
      'slice-cardinality Patient.name[0].given[1].extension',
    ])
    assert.deepEqual(
      summaries(await check(patient('x', { given, _given: [{ extension: [of('call'), of('call')] }] }))),
      ['slice-cardinality Patient.name[0].given[0].extension'],
    )
  })

  it('must stand beside each where they are required', async () => {
    const _given = [{ extension: [of('call')] }]
    assert.deepEqual(summaries(await check(patient('strict', { family: 'A' }))), [])
    assert.deepEqual(summaries(await check(patient('strict', { given: ['A'], _given }))), [])
    assert.deepEqual(summaries(await check(patient('strict', { given: ['A', 'B'], _given }))), [
      'element-missing Patient.name[0].given[1].extension',
    ])
  })
})

/** https://hl7.org/fhir/R4/fhirpath.html#types */
describe('validate / guides / rules of a value of several types', () => {
  it('know of which type the value is', async () => {
    const expression = "ofType(Quantity).system.empty() or ofType(Quantity).system = 'http://unitsofmeasure.org'"
    const rules = [
      { key: 'x-1', severity: 'error', human: 'The unit is one of UCUM.', expression },
      { key: 'x-2', severity: 'error', human: 'It is no text.', expression: '($this is string).not()' },
    ]
    const { check } = validatorOf([profile('Observation', [{ id: 'Observation.value[x]', constraint: rules }])])
    const of = (value: object): object => ({
      resourceType: 'Observation',
      meta: { profile: [urlOf('x')] },
      status: 'final',
      code: { text: 'x' },
      ...value,
    })
    const quantity = { value: 1, code: 'g' }
    assert.deepEqual(
      summaries(await check(of({ valueQuantity: { ...quantity, system: 'http://unitsofmeasure.org' } }))),
      [],
    )
    assert.deepEqual(
      summaries(await check(of({ valueQuantity: { ...quantity, system: 'https://state.example/x' } }))),
      ['invariant Observation.value.ofType(Quantity)'],
    )
    assert.deepEqual(summaries(await check(of({ valueInteger: 1 }))), [])
    assert.deepEqual(summaries(await check(of({ valueString: 'x' }))), ['invariant Observation.value.ofType(string)'])
  })

  it('know it of an element of one type, too', async () => {
    const rule = { key: 'x-1', severity: 'error', human: 'x', expression: 'ofType(CodeableConcept).text.exists()' }
    const { check } = validatorOf([profile('Observation', [{ id: 'Observation.code', constraint: [rule] }])])
    const of = (code: object): object => ({
      resourceType: 'Observation',
      meta: { profile: [urlOf('x')] },
      status: 'final',
      code,
    })
    assert.deepEqual(summaries(await check(of({ text: 'x' }))), [])
    assert.deepEqual(summaries(await check(of({ coding: [{ code: 'x' }] }))), ['invariant Observation.code'])
  })
})

/** https://hl7.org/fhir/R4/bodyweight.html: its differential has `Observation.valueQuantity`, its snapshot that type alone. */
describe('validate / guides / slices of a choice', () => {
  const value = 'Observation.value[x]'
  const slice = { id: `${value}:valueQuantity`, sliceName: 'valueQuantity', type: [{ code: 'Quantity' }] }
  const sliced = (rules: string) => [
    { id: value, slicing: { discriminator: [{ type: 'type', path: '$this' }], rules } },
    slice,
  ]
  const typesOf = (...elements: readonly object[]): readonly string[] => {
    const content = profile('Observation', elements as never)
    const { structures } = createDefinitions([{ file: 'a.json', content }])
    const types = structures.tree(urlOf('x')).children.get('value[x]')?.element.type ?? []
    return types.map(({ code }) => code)
  }

  it('are all that it may be where they are named without a slicing', () => {
    const quantity = { id: 'Observation.valueQuantity' }
    assert.deepEqual(typesOf(quantity), ['Quantity'])
    assert.deepEqual(typesOf({ id: 'Observation.valueString' }, quantity), ['Quantity', 'string'])
    assert.deepEqual(typesOf(slice), ['Quantity'])
  })

  it('are all that it may be where the slicing is closed, and not where it is open', () => {
    assert.deepEqual(typesOf(...sliced('closed')), ['Quantity'])
    assert.equal(typesOf(...sliced('open')).length, 11)
  })

  it('leave out the other types', async () => {
    const { check } = validatorOf([profile('Observation', [{ id: 'Observation.valueQuantity' }])])
    const of = (more: object): object => ({
      resourceType: 'Observation',
      meta: { profile: [urlOf('x')] },
      status: 'final',
      code: { text: 'x' },
      ...more,
    })
    assert.deepEqual(summaries(await check(of({ valueQuantity: { value: 1 } }))), [])
    assert.deepEqual(summaries(await check(of({}))), [])
    assert.deepEqual(summaries(await check(of({ valueString: 'x' }))), [
      'element-type Observation.value.ofType(string)',
    ])
  })
})

describe('validate / guides / definitions that are broken', () => {
  const load = (content: JsonObject) => createDefinitions([{ file: 'a.json', content }])
  const differing = (element: unknown): JsonObject => ({
    ...profile('Patient', []),
    differential: { element: [element] as never },
  })

  it('are refused for an element without a path', () => {
    for (const element of [null, 7, {}, { path: 7 }, { path: 'Patient.name', id: 7 }])
      assert.throws(() => load(differing(element)), /a\.json: the element 0 of its differential has no `path` as text/)
  })

  it('are refused for types without a code, and for a reference to content that is no text', () => {
    const named = { path: 'Patient.name', id: 'Patient.name' }
    for (const type of [[{}], [null], 'x', {}])
      assert.throws(() => load(differing({ ...named, type })), /a\.json: `Patient\.name` has a `type` that is no list/)
    assert.throws(() => load(differing({ ...named, contentReference: 7 })), /a `contentReference` that is no text/)
  })

  it('may have nothing where a rule or a concept could be', async () => {
    load(differing({ path: 'Patient.name', id: 'Patient.name', constraint: [null] }))
    const system = 'https://state.example/codes'
    const supplement = { resourceType: 'CodeSystem', url: `${system}/more`, content: 'supplement', supplements: system }
    const definitions = createDefinitions([
      {
        file: 'a.json',
        content: { resourceType: 'CodeSystem', url: system, content: 'complete', concept: [{ code: 'a' }] },
      },
      { file: 'b.json', content: { ...supplement, concept: [null] } },
    ])
    const coding = { coding: [{ system, code: 'a' }] }
    const patient = { resourceType: 'Patient', maritalStatus: coding }
    assert.deepEqual(
      (await createValidator(definitions, { rules: 'open' }).check(patient)).filter(
        ({ severity }) => severity === 'error',
      ),
      [],
    )
  })
})
