/** The parts of a search expression that concern one type. */
import assert from 'node:assert/strict'
import { partsFor } from '../../server/fhirpath/union.ts'

describe('fhirpath / union / the parts for a type', () => {
  const cases: readonly [type: string, expression: string, parts: string][] = [
    ['Patient', "Patient.telecom.where(system='phone') | Person.telecom", "Patient.telecom.where(system='phone')"],
    [
      'Observation',
      'Patient.id|(Observation.value as Quantity) |Observation.code',
      '(Observation.value as Quantity) | Observation.code',
    ],
    ['Person', 'Patient.name | (Patient.photo | Person.photo).url', '(Patient.photo | Person.photo).url'],
    [
      'Person',
      'Resource.id | DomainResource.text | Patient.id | birthDate',
      'Resource.id | DomainResource.text | birthDate',
    ],
    [
      'Patient',
      "Person.name | Patient.name.where(use = '| Person.x').first().given[0]",
      "Patient.name.where(use = '| Person.x').first().given[0]",
    ],
    ['Patient', 'PatientX.name | Patient', 'Patient'],
    ['Group', 'Patient.name | Person.name', ''],
    ['Patient', 'Person.name | Patient.(', 'Person.name | Patient.('],
  ]
  for (const [type, expression, parts] of cases)
    it(`takes \`${parts}\` of \`${expression}\` for ${type}`, () => assert.equal(partsFor(type, expression), parts))
})
