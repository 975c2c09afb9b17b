/** The source of an issue: the definition, and its element, that require what the resource violates. */
import assert from 'node:assert/strict'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { ROOT } from '../checks/files.ts'

const R4 = 'http://hl7.org/fhir/StructureDefinition'
const HUB = 'https://no-wrong-door.example/fhir/StructureDefinition'

const patient = (more: object) => ({ resourceType: 'Patient', ...more })
const veteran = { url: `${HUB}/ext-veteran`, valueString: 'yes' }
const goal = { resourceType: 'Goal', id: 'a', lifecycleStatus: 'active' }

const SOURCES: readonly (readonly [what: string, resource: object, expression: string, source: string])[] = [
  ['the type', patient({ active: 'yes' }), 'Patient.active', `${R4}/Patient#Patient.active`],
  ['a part of the type', patient({ contact: [{}] }), 'Patient.contact[0]', `${R4}/Patient#Patient.contact`],
  ['a data type', patient({ name: [{ family: 7 }] }), 'Patient.name[0].family', `${R4}/HumanName#HumanName.family`],
  ['a profile', patient({}), 'Patient.birthDate', `${HUB}/hub-participant#Patient.birthDate`],
  [
    'a profile, of the element of a data type',
    patient({ managingOrganization: { display: 'ES' } }),
    'Patient.managingOrganization.reference',
    `${HUB}/hub-participant#Patient.managingOrganization.reference`,
  ],
  [
    'an extension',
    patient({ extension: [veteran] }),
    'Patient.extension[0].value.ofType(string)',
    `${HUB}/ext-veteran#Extension.value[x]`,
  ],
  [
    'the type of a contained resource',
    patient({ contained: [goal] }),
    'Patient.contained[0].subject',
    `${R4}/Goal#Goal.subject`,
  ],
]

describe('the source of an issue is the definition and the element that require it:', () => {
  for (const [what, resource, expression, source] of SOURCES) {
    it(what, async () => {
      const { check } = createValidator(await loadDefinitions(ROOT), { rules: 'hub' })
      const issues = await check(resource)
      assert.equal(issues.find((one) => one.expression === expression)?.source, source)
    })
  }
})
