/** Observations of vital signs, claimed as such or not. https://hl7.org/fhir/R4/observation-vitalsigns.html */
import assert from 'node:assert/strict'
import { summaries, validatorOf } from './validator-of.ts'

const { check } = validatorOf([])

const unit = (value: number, code: string) => ({ value, unit: code, system: 'http://unitsofmeasure.org', code })
const coded = (system: string, code: string) => ({ coding: [{ system, code }] })
const OBSERVED = {
  resourceType: 'Observation',
  status: 'final',
  category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')],
  subject: { reference: 'Patient/1' },
  effectiveDateTime: '2026-01-01',
}
const observed = (code: string, more: object) => ({ ...OBSERVED, code: coded('http://loinc.org', code), ...more })
const errors = async (resource: object) => summaries(await check(resource)).filter((one) => !one.includes(' code-un'))

describe('validate / vital signs', () => {
  it('meet the profile of their code', async () => {
    assert.deepEqual(await errors(observed('8867-4', { valueQuantity: unit(60, '/min') })), [])
    assert.deepEqual(await errors(observed('8867-4', { valueQuantity: unit(1, 'Hz') })), [
      'value-fixed Observation.value.ofType(Quantity).code',
    ])
    assert.deepEqual(await errors(observed('8310-5', { valueQuantity: unit(300, 'K') })), [
      'code-invalid Observation.value.ofType(Quantity).code',
    ])
    assert.deepEqual(await errors(observed('29463-7', { valueQuantity: unit(70, 'kg'), subject: undefined })), [
      'element-missing Observation.subject',
    ])
  })

  it('name the profile', async () => {
    const issues = await check(observed('9279-1', { valueQuantity: unit(12, '/min'), category: undefined }))
    assert.deepEqual(
      issues.filter(({ severity }) => severity === 'error').map((one) => [one.profile, one.expression]),
      [['http://hl7.org/fhir/StructureDefinition/resprate', 'Observation.category']],
    )
  })

  it('may have something else measured beside them', async () => {
    const flow = { code: coded('http://loinc.org', '3151-8'), valueQuantity: unit(6, 'L/min') }
    const resource = observed('2708-6', { valueQuantity: unit(95, '%'), component: [flow] })
    assert.deepEqual(await errors(resource), [])
  })

  it('are those of the codes of LOINC, in a Bundle, too', async () => {
    const other = { ...observed('8867-4', {}), code: coded('urn:other', '8867-4'), subject: undefined }
    assert.deepEqual(await errors(other), [])
    const entry = [{ resource: observed('8867-4', {}), request: { method: 'POST', url: 'Observation' } }]
    assert.deepEqual(await errors({ resourceType: 'Bundle', type: 'batch', entry }), [
      'invariant Bundle.entry[0].resource',
    ])
  })
})
