/** When an extension may be used. https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.contextInvariant */
import assert from 'node:assert/strict'
import { isError } from '../../server/fhir/outcome.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { extension, validatorOf } from './validator-of.ts'

const HL7 = 'http://hl7.org/fhir/StructureDefinition/questionnaire-'

describe('validate / conditions of an extension', () => {
  const checkExtension = async (type: string, url: string, value: object, more: object = {}) => {
    const item = [{ linkId: '1', type, text: 'x', extension: [{ url: HL7 + url, ...value }], ...more }]
    const issues = await validatorOf([]).check({ resourceType: 'Questionnaire', name: 'Q', status: 'active', item })
    return issues.filter(isError).map(({ detail, expression }) => `${detail} ${expression}`)
  }
  const REFUSED = ['extension-unknown Questionnaire.item[0].extension[0]']

  it('are those that R4 states of its own', async () => {
    const unit = { valueCoding: { system: 'http://unitsofmeasure.org', code: 'mg' } }
    assert.deepEqual(await checkExtension('quantity', 'unitOption', unit), [])
    assert.deepEqual(await checkExtension('string', 'unitOption', unit), REFUSED)
  })

  it('may be about the extension itself', async () => {
    assert.deepEqual(await checkExtension('string', 'minOccurs', { valueInteger: 2 }, { required: true }), [])
    assert.deepEqual(await checkExtension('string', 'minOccurs', { valueInteger: 0 }), [])
    assert.deepEqual(await checkExtension('string', 'minOccurs', { valueInteger: 2 }), REFUSED)
  })

  it('are as they were meant, where R4 has them wrong', async () => {
    const category = { valueCodeableConcept: { text: 'x' } }
    assert.deepEqual(await checkExtension('display', 'displayCategory', category), [])
    assert.deepEqual(await checkExtension('string', 'displayCategory', category), REFUSED)
  })

  it('are quoted in the sentence, and one that cannot be evaluated is ignored', async () => {
    const note: JsonObject = {
      ...extension('note', [], ['Patient']),
      contextInvariant: ["active = true and %extension.value = 'x'"],
    }
    const odd: JsonObject = { ...extension('odd', [], ['Patient']), contextInvariant: ['active.nothing('] }
    const { check } = validatorOf([note, odd])
    const patient = (active: boolean) => ({
      resourceType: 'Patient',
      active,
      extension: [note, odd].map(({ url }) => ({ url, valueString: 'x' })),
    })
    assert.deepEqual(await check(patient(true)), [])
    const [issue, ...others] = await check(patient(false))
    assert.match(issue?.text ?? '', /is allowed here only where `active = true and/)
    assert.deepEqual(others, [])
  })
})
