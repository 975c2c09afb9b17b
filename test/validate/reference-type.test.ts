/** What a Reference says of the type of its target. https://hl7.org/fhir/R4/references-definitions.html#Reference.type */
import assert from 'node:assert/strict'
import { summaries, validatorOf } from './validator-of.ts'

const { check } = validatorOf([])
const saying = async (subject: object, more: object = {}): Promise<readonly string[]> =>
  summaries(await check({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject, ...more }))

const CONTAINED = { contained: [{ resourceType: 'Patient', id: 'p' }] }
const WRONG = ['reference-type Observation.subject']

describe('validate / the type of a reference', () => {
  it('is that of what the reference points at', async () => {
    assert.deepEqual(await saying({ reference: 'Patient/1', type: 'Patient' }), [])
    assert.deepEqual(await saying({ reference: 'Patient/1', type: 'Group' }), WRONG)
    assert.deepEqual(await saying({ reference: 'https://a.example/fhir/Patient/1', type: 'Group' }), WRONG)
    assert.deepEqual(await saying({ reference: '#p', type: 'Patient' }, CONTAINED), [])
    assert.deepEqual(await saying({ reference: '#p', type: 'Group' }, CONTAINED), WRONG)
  })

  it('is one that the element allows, where nothing else shows it', async () => {
    const reference = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'
    assert.deepEqual(await saying({ reference, type: 'Patient' }), [])
    assert.deepEqual(await saying({ reference, type: 'Task' }), WRONG)
    assert.deepEqual(await saying({ identifier: { value: '1' }, type: 'Group' }), [])
    assert.deepEqual(await saying({ identifier: { value: '1' }, type: 'Task' }), WRONG)
  })

  it('is the name of a type, not its address; absolute only for logical models', async () => {
    const identifier = { value: '1' }
    const none = 'reference-type Observation.subject.type'
    const unlisted = 'warning code-unexpected Observation.subject.type'
    assert.deepEqual(await saying({ identifier, type: 'Nope' }), [none, unlisted])
    assert.deepEqual(await saying({ identifier, type: 'http://hl7.org/fhir/StructureDefinition/Patient' }), [
      none,
      unlisted,
    ])
    assert.deepEqual(await saying({ identifier, type: 'https://a.example/Model' }), [unlisted])
    assert.deepEqual(await saying({ identifier, type: 'Resource' }), [])
  })
})
