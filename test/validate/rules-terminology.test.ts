/** What code systems, value sets and codings say of themselves. https://hl7.org/fhir/R4/terminology-module.html */
import assert from 'node:assert/strict'
import { createDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import type { JsonObject } from '../../server/fhir/types.ts'

const OWN = 'http://example.org/CodeSystem/own'
const definition = (content: JsonObject) => ({ file: `${String(content.url)}.json`, content })
const own = definition({
  resourceType: 'CodeSystem',
  url: OWN,
  version: '2.0',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  property: [
    { code: 'counted', type: 'boolean' },
    { code: 'akin', type: 'Coding' },
  ],
  concept: [
    { code: 'a', display: 'The letter a', designation: [{ language: 'es', value: 'La letra a' }] },
    { code: 'b', concept: [{ code: 'c' }] },
  ],
})
const supplement = definition({
  resourceType: 'CodeSystem',
  url: 'http://example.org/CodeSystem/supplement',
  status: 'active',
  content: 'supplement',
  supplements: OWN,
  concept: [{ code: 'a', designation: [{ value: 'Alpha' }] }],
})
const validator = createValidator(createDefinitions([own, supplement]), { rules: 'open' })

/** Errors as `code expression`. */
async function errorsOf(resource: JsonObject): Promise<readonly string[]> {
  const issues = await validator.check(resource)
  return issues
    .filter(({ severity }) => severity === 'error')
    .map(({ detail, expression }) => `${detail} ${expression}`)
}

const coded = (coding: JsonObject): JsonObject => ({ resourceType: 'Basic', code: { coding: [coding] } })

describe('validate / rules of terminology', () => {
  const CODING = 'Basic.code.coding[0]'
  const codings: readonly (readonly [what: string, coding: JsonObject, errors: readonly string[]])[] = [
    ['its own display', { system: OWN, code: 'a', display: 'The letter a' }, []],
    ['a display in other case and white space', { system: OWN, code: 'a', display: 'the  LETTER a ' }, []],
    ['a designation', { system: OWN, code: 'a', display: 'La letra a' }, []],
    ['a designation of a supplement', { system: OWN, code: 'a', display: 'Alpha' }, []],
    ['any display where the code has none', { system: OWN, code: 'b', display: 'Anything' }, []],
    ['the display of another', { system: OWN, code: 'a', display: 'The letter b' }, [`code-display ${CODING}.display`]],
    ['a code in another case', { system: OWN, code: 'A' }, [`code-invalid ${CODING}.code`]],
    ['a code of another version', { system: OWN, version: '1.0', code: 'old', display: 'Old' }, []],
    ['no code of the available version', { system: OWN, version: '2.0', code: 'z' }, [`code-invalid ${CODING}.code`]],
    ['a system that is not available', { system: 'http://example.org/none', code: 'z', display: 'Z' }, []],
    ['a supplement', { system: String(supplement.content.url), code: 'a' }, [`code-invalid ${CODING}.system`]],
  ]
  for (const [what, coding, errors] of codings) {
    it(`${errors.length === 0 ? 'accepts' : 'refuses'} a coding with ${what}`, async () => {
      assert.deepEqual(await errorsOf(coded(coding)), errors)
    })
  }

  const quantity = (code: string, system = 'http://unitsofmeasure.org'): JsonObject => ({
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    valueQuantity: { value: 1, unit: 'x', system, code },
  })

  it('takes a unit for what UCUM says, and no other system', async () => {
    for (const code of ['mg', '{visits}', 'mm[Hg]']) assert.deepEqual(await errorsOf(quantity(code)), [], code)
    for (const code of ['MGS', 'visits', 'mmHg'])
      assert.deepEqual(await errorsOf(quantity(code)), ['code-invalid Observation.value.ofType(Quantity).code'], code)
    assert.deepEqual(await errorsOf(quantity('visits', 'http://example.org/units')), [])
  })

  const system = (more: JsonObject): JsonObject => ({
    resourceType: 'CodeSystem',
    url: 'http://example.org/CodeSystem/other',
    name: 'Other',
    status: 'active',
    content: 'complete',
    ...more,
  })
  const nested = [{ code: 'x', concept: [{ code: 'y' }] }]

  it('counts the concepts of a whole code system, nested ones too', async () => {
    assert.deepEqual(await errorsOf(system({ count: 2, concept: nested })), [])
    assert.deepEqual(await errorsOf(system({ count: 1, concept: nested })), ['value-conflict CodeSystem.count'])
    assert.deepEqual(await errorsOf(system({ content: 'fragment', count: 9, concept: nested })), [])
  })

  it('lets a supplement only add to the codes of its system', async () => {
    const of = (code: string, content = 'supplement') => system({ content, supplements: OWN, concept: [{ code }] })
    assert.deepEqual(await errorsOf(of('c')), [])
    assert.deepEqual(await errorsOf(of('z')), ['code-invalid CodeSystem.concept[0].code'])
    assert.deepEqual(await errorsOf(of('c', 'complete')), ['value-conflict CodeSystem.content'])
    const elsewhere = system({ content: 'supplement', supplements: 'http://loinc.org', concept: [{ code: 'z' }] })
    assert.deepEqual(await errorsOf(elsewhere), [])
  })

  const FILTER = 'ValueSet.compose.include[0].filter[0]'
  const filters: readonly (readonly [property: string, op: string, value: string, isRight: boolean])[] = [
    ['concept', 'is-a', 'b', true],
    ['concept', 'is-a', 'z', false],
    ['concept', 'descendent-of', 'z', false],
    ['parent', '=', 'z', false],
    ['counted', '=', 'true', true],
    ['counted', '=', '1', false],
    ['notSelectable', '=', 'yes', false],
    ['counted', 'exists', 'false', true],
    ['counted', 'exists', 'no', false],
    ['akin', '=', `${OWN}#c`, true],
    ['akin', '=', `${OWN}#z`, false],
    ['akin', '=', 'http://example.org/none#z', true],
  ]
  for (const [property, op, value, isRight] of filters) {
    it(`${isRight ? 'accepts' : 'refuses'} a filter \`${property} ${op} ${value}\``, async () => {
      const include = [{ system: OWN, filter: [{ property, op, value }] }]
      const valueSet = { resourceType: 'ValueSet', url: 'http://example.org/v', name: 'V', status: 'active' }
      const errors = await errorsOf({ ...valueSet, compose: { include } })
      assert.deepEqual(errors, isRight ? [] : [`value-conflict ${FILTER}`])
    })
  }

  it('maps only codes of the value sets that a ConceptMap names', async () => {
    const map = (source: string, target: string): JsonObject => ({
      resourceType: 'ConceptMap',
      status: 'active',
      sourceCanonical: 'http://hl7.org/fhir/ValueSet/administrative-gender',
      targetCanonical: 'http://terminology.hl7.org/ValueSet/v3-AdministrativeGender',
      group: [
        {
          source: 'http://hl7.org/fhir/administrative-gender',
          target: 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender',
          element: [{ code: source, target: [{ code: target, equivalence: 'equal' }] }],
        },
      ],
    })
    const ELEMENT = 'ConceptMap.group[0].element[0]'
    assert.deepEqual(await errorsOf(map('male', 'M')), [])
    assert.deepEqual(await errorsOf(map('man', 'M')), [`code-invalid ${ELEMENT}.code`])
    assert.deepEqual(await errorsOf(map('male', 'X')), [`code-invalid ${ELEMENT}.target[0].code`])
  })
})
