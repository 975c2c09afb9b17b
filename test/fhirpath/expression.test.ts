/** FHIRPath: https://hl7.org/fhir/R4/fhirpath.html */
import assert from 'node:assert/strict'
import { compilePath, evaluate, holds } from '../../server/fhirpath/expression.ts'

const patient = deepFreeze({
  resourceType: 'Patient',
  id: 'p',
  birthDate: '2000-01-31',
  multipleBirthInteger: 2,
  name: [{ family: 'Park', given: ['Ann'] }],
  contained: [{ resourceType: 'Organization', id: 'o', name: 'O' }],
  managingOrganization: { reference: '#o' },
})

describe('fhirpath / expression', () => {
  const cases: readonly [expression: string, values: readonly unknown[]][] = [
    ['name.given', ['Ann']],
    ['birthDate + 1 year', ['2001-01-31']],
    ['multipleBirth', [2]],
    ['name', [{ family: 'Park', given: ['Ann'] }]],
    ['%resource.id', ['p']],
    ['1.5 + 1', [2.5]],
    ['name.nothing', []],
    ["'a-b'.matches('^[a\\\\-b]+$')", [true]],
    ["name.trace('seen').family", ['Park']],
  ]
  for (const [expression, values] of cases) {
    it(`evaluates ${expression}`, () => assert.deepEqual(evaluate(expression, patient), values))
  }

  it('leaves no mark on what it looks at', () => {
    evaluate('name | contained | managingOrganization', patient)
    assert.deepEqual(Object.getOwnPropertyNames(patient.name[0]), ['family', 'given'])
  })

  it('resolves references by the function given, and knows their type', () => {
    const resolve = (reference: string) => patient.contained.find((one) => `#${one.id}` === reference)
    assert.deepEqual(evaluate('managingOrganization.resolve().name', patient, { resolve }), ['O'])
    assert.ok(holds('managingOrganization.resolve() is Organization', patient, { resolve }))
    assert.deepEqual(evaluate('managingOrganization.resolve()', patient), [])
  })

  it('starts at an element when its base is given', () => {
    const component = { valueQuantity: { unit: 'mg' } }
    assert.deepEqual(compilePath('value.unit', 'Observation.component')(component, { resource: patient }), ['mg'])
    assert.deepEqual(compilePath('$this > 1', 'Observation.valueInteger')(2), [true])
  })

  it('counts only true as met', () => {
    assert.ok(holds('name.exists()', patient))
    assert.ok(!holds('name.empty()', patient))
    assert.ok(!holds('{}', patient))
  })

  it('names an expression that cannot be parsed', () => {
    assert.throws(() => compilePath('a..b'), /^Error: The FHIRPath expression `a\.\.b` cannot be parsed\.$/)
  })
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) deepFreeze(one)
  return Object.freeze(value)
}
