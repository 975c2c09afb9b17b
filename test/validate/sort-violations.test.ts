/** The order of issues. https://hl7.org/fhir/R4/validation.html */
import assert from 'node:assert/strict'
import { isError, type Issue } from '../../server/fhir/outcome.ts'
import { H, profile, validatorOf } from './validator-of.ts'

const inOrder = (issues: readonly Issue[]): readonly string[] =>
  issues.filter(isError).map(({ detail, expression }) => `${detail} ${expression}`)

describe('validate / the order of faults', () => {
  it('is that of the definition, not of the JSON', async () => {
    const contained = [{ resourceType: 'Patient', id: 'p', birthDate: 'x' }]
    const issues = await validatorOf([]).check({ resourceType: 'Observation', effectiveDateTime: 'x', contained })
    assert.deepEqual(inOrder(issues), [
      'value-format Observation.contained[0].birthDate',
      'contained-invalid Observation.contained[0]',
      'element-missing Observation.status',
      'element-missing Observation.code',
      'value-format Observation.effective.ofType(dateTime)',
    ])
  })

  it('puts what is no FHIR JSON first', async () => {
    const issues = await validatorOf([]).check({ resourceType: 'Patient', gender: 'x', nmae: [], photo: {} })
    assert.deepEqual(inOrder(issues), [
      'element-type Patient.photo',
      'element-unknown Patient.nmae',
      'code-invalid Patient.gender',
    ])
  })

  it('does not take a type that only a profile rules out for what is no FHIR JSON', async () => {
    const counted = profile('Observation', [{ id: 'Observation.value[x]', type: [{ code: 'integer' }] }])
    const issues = await validatorOf([counted]).check({
      resourceType: 'Observation',
      meta: { profile: [`${H}/StructureDefinition/x`] },
      status: 'final',
      valueString: 'x',
      code: [],
      note: 'x',
    })
    assert.deepEqual(inOrder(issues).slice(-1), ['element-type Observation.value.ofType(string)'])
  })

  it('reads what stands beside a primitive with its element', async () => {
    const issues = await validatorOf([]).check({ resourceType: 'Observation', status: 'final', _issued: { value: 1 } })
    assert.deepEqual(inOrder(issues), ['element-missing Observation.code', 'element-unknown Observation.issued.value'])
  })

  it('reports what a type requires before what a profile requires, of each resource of a Bundle in turn', async () => {
    const named = profile('Patient', [{ id: 'Patient.name', min: 1 }])
    const resource = { resourceType: 'Patient', meta: { profile: [`${H}/StructureDefinition/x`] }, gender: 'x' }
    const issues = await validatorOf([named]).check({
      resourceType: 'Bundle',
      type: 'batch',
      entry: [1, 2].map(() => ({ resource, request: { method: 'POST', url: 'Patient' } })),
    })
    assert.deepEqual(
      inOrder(issues),
      [0, 1].flatMap((index) => [
        `code-invalid Bundle.entry[${index}].resource.gender`,
        `element-missing Bundle.entry[${index}].resource.name`,
      ]),
    )
  })
})
