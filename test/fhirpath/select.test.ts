/** What search expressions select. https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression */
import assert from 'node:assert/strict'
import type { Resource } from '../../server/fhir/types.ts'
import { compileSelector } from '../../server/fhirpath/select.ts'

const select = (expression: string, resource: object) => compileSelector(expression)(resource as Resource)

const PATIENT = {
  resourceType: 'Patient',
  birthDate: '1985-01-08',
  _birthDate: { extension: [{ url: 'urn:time', valueDateTime: '1985-01-08T04:00:00-06:00' }] },
  name: [{ family: 'Presley', given: ['Elvis', null, 'A'] }, { given: ['Aaron'] }],
  telecom: [{ system: 'phone', value: '1' }, { system: 'email', value: '2', use: 'home' }, { value: '3' }],
  extension: [
    { url: 'urn:a', valueBoolean: true },
    { url: 'urn:b', extension: [{ url: 'c', valueCodeableConcept: { coding: [{ code: 'x' }] } }] },
  ],
  contained: [{ resourceType: 'Organization', id: 'o', name: 'Clinic' }],
  link: [
    { other: { reference: '#o' } },
    { other: { reference: 'Patient/2' } },
    { other: { reference: 'http://x.example/RelatedPerson/1' } },
  ],
  generalPractitioner: [{ identifier: { value: '1' }, type: 'Practitioner' }],
  managingOrganization: { reference: 'urn:uuid:1', type: 'Organization' },
}

const OBSERVATION = {
  resourceType: 'Observation',
  valueQuantity: { value: 3 },
  component: [
    { valueString: 'a' },
    { valueCodeableConcept: { text: 'b' }, code: { coding: [{ code: 'efl' }, { code: 'x' }] } },
  ],
}

describe('fhirpath / select / what it selects', () => {
  const cases: readonly [expression: string, resource: object, expected: unknown[]][] = [
    ['Patient.name.family', PATIENT, ['Presley']],
    ['Patient.name.given', PATIENT, ['Elvis', 'A', 'Aaron']],
    ['Person.name.family | Patient.name.family', PATIENT, ['Presley']],
    ['Person.name.family', PATIENT, []],
    ['Resource.birthDate', PATIENT, ['1985-01-08']],
    ['birthDate', PATIENT, ['1985-01-08']],
    ['Patient.nothing.at.all', PATIENT, []],
    ['Patient.birthDate.nothing', PATIENT, []],
    ["Patient.telecom.where(system='phone').value", PATIENT, ['1']],
    ["Patient.telecom.where(system = 'email' and use = 'home').value", PATIENT, ['2']],
    ["Patient.telecom.where(system = 'email' and use = 'work').value", PATIENT, []],
    ['Patient.name[1].given', PATIENT, ['Aaron']],
    ['Patient.name.given[2]', PATIENT, ['Aaron']],
    ['Patient.name.given[9]', PATIENT, []],
    ['Patient.name.given.first()', PATIENT, ['Elvis']],
    ["Patient.extension('urn:a').value", PATIENT, [true]],
    ["Patient.extension.where(url = 'urn:a').value", PATIENT, [true]],
    ["Patient.extension.where(url = 'urn:a').where(extension.empty()).value", PATIENT, [true]],
    ["Patient.extension.where(url = 'urn:a').where(value.empty()).url", PATIENT, []],
    ['Patient.extension.where(value = true).url', PATIENT, ['urn:a']],
    ["Patient.extension('urn:b').extension('c').value.ofType(CodeableConcept).coding.code", PATIENT, ['x']],
    ["Patient.birthDate.extension('urn:time').value", PATIENT, ['1985-01-08T04:00:00-06:00']],
    ['Patient.link.other.where(resolve() is Organization).reference', PATIENT, ['#o']],
    ['Patient.link.other.where(resolve() is Patient).reference', PATIENT, ['Patient/2']],
    ['Patient.link.other.where(resolve() is RelatedPerson).reference', PATIENT, ['http://x.example/RelatedPerson/1']],
    ['Patient.generalPractitioner.where(resolve() is Practitioner).type', PATIENT, ['Practitioner']],
    ['Patient.generalPractitioner.where(resolve() is Organization)', PATIENT, []],
    ['Patient.managingOrganization.where(resolve() is FHIR.Organization).reference', PATIENT, ['urn:uuid:1']],
    ['Patient.contained.ofType(Organization).name', PATIENT, ['Clinic']],
    ['Patient.contained.ofType(Patient)', PATIENT, []],
    ['Observation.value', OBSERVATION, [{ value: 3 }]],
    ['Observation.value.ofType(Quantity).value', OBSERVATION, [3]],
    ['Observation.value.ofType(string)', OBSERVATION, []],
    ['(Observation.value as Quantity).value', OBSERVATION, [3]],
    [
      '(Observation.value.as(Quantity)) | (Observation.component.value.ofType(CodeableConcept)).text',
      OBSERVATION,
      [{ value: 3 }, 'b'],
    ],
    ["Observation.component.where(code.coding.code = 'efl').value.text", OBSERVATION, ['b']],
    ['(Observation.component.value.as(string) | Observation.value.as(string))', OBSERVATION, ['a']],
  ]
  for (const [expression, resource, expected] of cases) {
    it(`selects ${expression}`, () => assert.deepEqual(select(expression, resource), expected))
  }
})
