/** Where an extension may stand. https://hl7.org/fhir/R4/defining-extensions.html#context */
import type { JsonObject } from '../../server/fhir/types.ts'
import assert from 'node:assert/strict'
import { extension, H, validatorOf } from './validator-of.ts'

/** An extension, in a resource that holds it somewhere, and the context that its definition names. */
type ContextCase = readonly [context: string, resource: (extension: JsonObject) => JsonObject]

const observation = (more: JsonObject): JsonObject => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  ...more,
})
const condition = (code: JsonObject): JsonObject => ({ resourceType: 'Condition', subject: { display: 'x' }, code })
const coding = (one: JsonObject): JsonObject => ({ code: 'x', extension: [one] })
const inBundle = (resource: JsonObject): JsonObject => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: [{ resource }],
})

const ALLOWED: readonly ContextCase[] = [
  ['Element', (one) => condition({ coding: [coding(one)] })],
  ['Coding', (one) => condition({ coding: [coding(one)] })],
  ['CodeableConcept.coding', (one) => condition({ coding: [coding(one)] })],
  ['Condition.code.coding', (one) => condition({ coding: [coding(one)] })],
  ['Condition.code.coding', (one) => inBundle(condition({ coding: [coding(one)] }))],
  ['Condition.code', (one) => condition({ text: 'x', extension: [one] })],
  ['Condition.code.coding.display', (one) => condition({ coding: [{ display: 'x', _display: { extension: [one] } }] })],
  ['string', (one) => condition({ coding: [{ display: 'x', _display: { extension: [one] } }] })],
  ['Observation.value[x]', (one) => observation({ valueCodeableConcept: { text: 'x', extension: [one] } })],
  ['Observation.value', (one) => observation({ valueCodeableConcept: { text: 'x', extension: [one] } })],
  ['Observation.value[x].coding', (one) => observation({ valueCodeableConcept: { coding: [coding(one)] } })],
  ['Observation.value.coding', (one) => observation({ valueCodeableConcept: { coding: [coding(one)] } })],
  ['Organization', (one) => contained({ resourceType: 'Organization', id: 'o', name: 'x', extension: [one] })],
  ['Organization.name', (one) => contained({ ...ORGANIZATION, _name: { extension: [one] } })],
  ['Questionnaire.item', (one) => questionnaire({ linkId: '2', type: 'string', extension: [one] })],
  ['DomainResource', (one) => observation({ extension: [one] })],
]

const ORGANIZATION = { resourceType: 'Organization', id: 'o', name: 'x' }
const contained = (organization: JsonObject): JsonObject => ({
  resourceType: 'Patient',
  contained: [organization],
  managingOrganization: { reference: '#o' },
})
const questionnaire = (item: JsonObject): JsonObject => ({
  resourceType: 'Questionnaire',
  status: 'active',
  item: [{ linkId: '1', type: 'group', text: 'x', item: [{ text: 'x', ...item }] }],
})

const REFUSED: readonly ContextCase[] = [
  ['Condition.code.coding', (one) => condition({ text: 'x', extension: [one] })],
  ['Condition.code', (one) => condition({ coding: [coding(one)] })],
  ['Condition.category.coding', (one) => condition({ coding: [coding(one)] })],
  ['Patient', (one) => observation({ extension: [one] })],
  ['Patient', (one) => contained({ ...ORGANIZATION, extension: [one] })],
  ['Bundle.entry', (one) => inBundle(observation({ extension: [one] }))],
]

const url = `${H}/StructureDefinition/note`
const note: JsonObject = { url, valueString: 'x' }

async function faults([context, resource]: ContextCase): Promise<readonly string[]> {
  const issues = await validatorOf([extension('note', [], [context])]).check(resource(note))
  return issues.filter(({ detail }) => detail === 'extension-unknown').map(({ text }) => text)
}

describe('validate / contexts of extensions', () => {
  for (const one of ALLOWED)
    it(`let ${one[0]} have it in ${JSON.stringify(one[1]({})).slice(0, 120)}`, async () =>
      assert.deepEqual(await faults(one), []))
  for (const one of REFUSED)
    it(`refuse it for ${one[0]} in ${JSON.stringify(one[1]({})).slice(0, 120)}`, async () =>
      assert.match((await faults(one)).join(), /is not allowed here/))

  it('do not hold for a value that a definition gives as an example', async () => {
    const example = { label: 'x', valueString: 'Main Street 1', _valueString: { extension: [note] } }
    const definition = {
      resourceType: 'StructureDefinition',
      ...{ url: `${H}/a`, name: 'A', status: 'draft', kind: 'complex-type', abstract: false, type: 'Address' },
      ...{ baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Address', derivation: 'constraint' },
      differential: { element: [{ id: 'Address.line', path: 'Address.line', example: [example] }] },
    }
    assert.deepEqual(await faults(['Address.line', () => definition]), [])
  })
})
