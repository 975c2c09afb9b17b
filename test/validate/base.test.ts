/** Resources against the base definitions of R4. https://hl7.org/fhir/R4/validation.html */
import assert from 'node:assert/strict'
import { parseJson } from '../../server/fhir/json.ts'
import { summaries, validatorOf } from './validator-of.ts'

const validator = validatorOf([])
const patient = (more: object): object => ({ resourceType: 'Patient', ...more })
const request = (more: object): object => ({
  resourceType: 'ServiceRequest',
  status: 'active',
  intent: 'order',
  subject: { reference: 'Patient/1' },
  ...more,
})
const contained = (meta?: object): object => ({
  resourceType: 'Organization',
  id: 'o',
  name: 'O',
  ...(meta ? { meta } : {}),
})
const toContained = { managingOrganization: { reference: '#o' } }
const absent = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }]

type BaseCase = readonly [title: string, resource: unknown, ...expected: string[]]

const SHAPE: readonly BaseCase[] = [
  ['what is no object', [], 'element-type Resource'],
  ['a resource without a type', {}, 'element-missing Resource.resourceType'],
  ['a type that R4 has not', { resourceType: 'Patients' }, 'unknown-type Patients.resourceType'],
  ['an unknown element', patient({ foo: 1 }), 'element-unknown Patient.foo'],
  ['an unknown element below', patient({ name: [{ famly: 'x' }] }), 'element-unknown Patient.name[0].famly'],
  [
    'an own property named __proto__',
    JSON.parse('{"resourceType":"Patient","__proto__":{"x":1}}'),
    'element-unknown Patient.__proto__',
  ],
  ['a string for a boolean', patient({ active: 'true' }), 'element-type Patient.active'],
  ['an object for a list', patient({ name: { family: 'x' } }), 'element-type Patient.name'],
  ['a list for an object', patient({ maritalStatus: [{ text: 'x' }] }), 'element-type Patient.maritalStatus'],
  ['null', patient({ gender: null }), 'element-empty Patient.gender'],
  ['an empty list', patient({ name: [] }), 'element-empty Patient.name'],
  ['an empty object', patient({ name: [{}] }), 'element-empty Patient.name[0]'],
  ['an object with an id alone', patient({ name: [{ id: 'a' }] }), 'element-empty Patient.name[0]'],
  [
    'nothing but null beside values',
    patient({ name: [{ given: ['A'], _given: [null] }] }),
    'element-empty Patient.name[0].given',
  ],
  ['an empty string', patient({ language: '' }), 'element-empty Patient.language'],
  ['a missing element', request({ subject: undefined }), 'element-missing ServiceRequest.subject'],
  ['two of a choice', patient({ deceasedBoolean: true, deceasedDateTime: '2020' }), 'choice-multiple Patient.deceased'],
  [
    'none of a required choice',
    {
      resourceType: 'MedicationAdministration',
      status: 'completed',
      subject: { reference: 'Patient/1' },
      effectiveDateTime: '2020',
    },
    'element-missing MedicationAdministration.medication',
  ],
]

/** https://hl7.org/fhir/R4/datatypes.html#integer: digits alone, with a minus sign if it is negative. */
const INTEGERS: readonly BaseCase[] = [
  ...['1.0', '1e0', '1E1', '10.00e-1'].map((text): BaseCase => [
    `the integer ${text}`,
    parseJson(`{"resourceType":"Patient","multipleBirthInteger":${text}}`).value,
    'value-format Patient.multipleBirth.ofType(integer)',
  ]),
  ['the integer -0', parseJson(observed('"valueInteger":-0')).value, 'value-format Observation.value.ofType(integer)'],
  ['the integer -1', parseJson(observed('"valueInteger":-1')).value],
  ['the decimal 1.0', parseJson(observed('"valueQuantity":{"value":1.0}')).value],
  [
    'a positiveInt written 1.0 beside a decimal',
    parseJson(observed('"valueSampledData":{"origin":{"value":0.0},"period":10.0,"dimensions":1.0,"data":"1"}')).value,
    'value-format Observation.value.ofType(SampledData).dimensions',
  ],
  [
    'an integer beside a decimal',
    parseJson(observed('"valueSampledData":{"origin":{"value":0.0},"period":10.0,"dimensions":1,"data":"1"}')).value,
  ],
]

function observed(value: string): string {
  return `{"resourceType":"Observation","status":"final","code":{"text":"x"},${value}}`
}

const ACTIVE = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
}

const SIBLINGS: readonly BaseCase[] = [
  ['an extension in place of a value', patient({ _birthDate: { extension: absent } })],
  ['an extension in place of a required text', request({ note: [{ _text: { extension: absent } }] })],
  [
    'an extension in place of a code that must be one of a value set',
    request({ status: undefined, _status: { extension: absent } }),
    'code-invalid ServiceRequest.status',
  ],
  [
    'an extension in a list in place of such a code',
    {
      resourceType: 'AllergyIntolerance',
      patient: { reference: 'Patient/1' },
      clinicalStatus: ACTIVE,
      _category: [{ extension: absent }],
    },
    'code-invalid AllergyIntolerance.category[0]',
  ],
  ['an id beside a value', patient({ birthDate: '2020', _birthDate: { id: 'a' } })],
  ['an id beside nothing', patient({ _birthDate: { id: 'a' } }), 'element-empty Patient.birthDate'],
  [
    'null where an extension stands beside',
    patient({ name: [{ given: ['a', null], _given: [null, { extension: absent }] }] }),
  ],
  [
    'null where nothing stands beside',
    patient({ name: [{ given: ['a', null] }] }),
    'element-empty Patient.name[0].given[1]',
  ],
  ['a list that is shorter than the one beside it', patient({ name: [{ given: ['a', 'b'], _given: [{ id: 'x' }] }] })],
  [
    'a place of the list beside where neither has anything',
    patient({ name: [{ given: ['a'], _given: [{ id: 'x' }, null] }] }),
    'element-empty Patient.name[0].given[1]',
  ],
]

const VALUES: readonly BaseCase[] = [
  ['30 February', patient({ birthDate: '2023-02-30' }), 'value-format Patient.birthDate'],
  ['29 February of a leap year', patient({ birthDate: '2024-02-29' })],
  ['a time without a zone', request({ authoredOn: '2024-01-01T10:00:00' }), 'value-format ServiceRequest.authoredOn'],
  [
    'an instant without seconds',
    patient({ meta: { lastUpdated: '2024-01-01T10:00Z' } }),
    'value-format Patient.meta.lastUpdated',
  ],
  ['a code with two spaces', patient({ language: 'en  us' }), 'value-format Patient.language'],
  ['an id with an underscore', patient({ id: 'a_b' }), 'value-format Patient.id'],
  ['a uri with a space', patient({ implicitRules: 'a b' }), 'value-format Patient.implicitRules'],
  ['a positive integer of 0', patient({ telecom: [{ rank: 0 }] }), 'value-format Patient.telecom[0].rank'],
  [
    'an integer with a fraction',
    patient({ multipleBirthInteger: 1.5 }),
    'element-type Patient.multipleBirth.ofType(integer)',
  ],
  [
    'base64 of the wrong length',
    patient({ photo: [{ contentType: 'image/png', data: 'abc' }] }),
    'value-format Patient.photo[0].data',
  ],
  [
    'a script in the narrative',
    patient({ text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">text <script/></div>' } }),
    'invariant Patient.text.div',
  ],
]

const CODES: readonly BaseCase[] = [
  ['a code outside a required value set', patient({ gender: 'man' }), 'code-invalid Patient.gender'],
  [
    'a status outside its value set',
    { resourceType: 'Task', status: 'done', intent: 'order' },
    'code-invalid Task.status',
  ],
  [
    'a code outside an extensible value set',
    patient({ maritalStatus: { coding: [{ system: 'urn:x', code: 'M' }] } }),
    'warning code-unexpected Patient.maritalStatus',
  ],
  [
    'a code of a nested value set',
    patient({
      maritalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK' }] },
    }),
  ],
  [
    'a code that its system has not, where nothing binds',
    patient({ meta: { tag: [{ system: 'http://hl7.org/fhir/administrative-gender', code: 'femal' }] } }),
    'code-invalid Patient.meta.tag[0].code',
  ],
  [
    'a code that its system has not, once, where an extensible set has it not either',
    patient({
      maritalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'X' }] },
    }),
    'code-invalid Patient.maritalStatus.coding[0].code',
  ],
  ['text alone where a value set is extensible', patient({ maritalStatus: { text: 'unsure' } })],
  [
    'a language tag',
    patient({ communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'es-MX' }] } }] }),
  ],
  [
    'a currency that there is not',
    {
      resourceType: 'PaymentNotice',
      status: 'active',
      created: '2020',
      payment: { reference: 'PaymentReconciliation/1' },
      recipient: { reference: 'Organization/1' },
      amount: { value: 1, currency: 'XYZ' },
    },
    'code-invalid PaymentNotice.amount.currency',
  ],
]

const REFERENCES: readonly BaseCase[] = [
  [
    'a reference to a type that is not allowed',
    request({ subject: { reference: 'Task/1' } }),
    'reference-type ServiceRequest.subject',
  ],
  [
    'a full address of a type that is not allowed',
    request({ subject: { reference: 'https://x.example/fhir/Task/1' } }),
    'reference-type ServiceRequest.subject',
  ],
  [
    'a logical reference of a type that is not allowed',
    request({ subject: { type: 'Task', identifier: { value: '1' } } }),
    'reference-type ServiceRequest.subject',
  ],
  [
    'a uuid, whose type nobody knows',
    request({ subject: { reference: 'urn:uuid:9e1a0c9e-0000-4000-8000-000000000001' } }),
  ],
  ['a contained resource that is referred to', patient({ contained: [contained()], ...toContained })],
  [
    'a contained resource of a type that is not allowed',
    request({ contained: [contained()], subject: { reference: '#o' } }),
    'reference-type ServiceRequest.subject',
  ],
  ['a reference to what is not contained', patient(toContained), 'contained-invalid Patient.managingOrganization'],
  [
    'a contained resource that nothing refers to',
    patient({ contained: [contained()] }),
    'contained-invalid Patient.contained[0]',
  ],
  [
    'a contained resource with a version',
    patient({ contained: [contained({ versionId: '1' })], ...toContained }),
    'contained-invalid Patient',
  ],
  [
    'a contained resource with a label',
    patient({ contained: [contained({ security: [{ system: 'urn:x', code: 'R' }] })], ...toContained }),
    'contained-invalid Patient',
    'warning code-unexpected Patient.contained[0].meta.security[0]',
  ],
  [
    'a fault inside a contained resource',
    patient({ contained: [{ ...contained(), foo: 1 }], ...toContained }),
    'element-unknown Patient.contained[0].foo',
  ],
  [
    'a contained resource that contains another',
    patient({
      contained: [
        {
          ...contained(),
          contained: [{ resourceType: 'Basic', id: 'b', code: { text: 'x' } }],
          partOf: { reference: '#b' },
        },
      ],
      ...toContained,
    }),
    'contained-invalid Patient',
    'contained-invalid Patient.contained[0].partOf',
  ],
]

const RULES: readonly BaseCase[] = [
  ['pat-1', patient({ contact: [{ gender: 'male' }] }), 'invariant Patient.contact[0]'],
  [
    'ext-1',
    patient({ extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-cadavericDonor' }] }),
    'element-missing Patient.extension[0].value',
    'invariant Patient.extension[0]',
  ],
  [
    'per-1',
    patient({ identifier: [{ value: '1', period: { start: '2020-02-01', end: '2020-01-01' } }] }),
    'invariant Patient.identifier[0].period',
  ],
  ['cpt-2', patient({ telecom: [{ value: '1' }] }), 'invariant Patient.telecom[0]'],
  [
    'obs-6',
    {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      valueInteger: 1,
      dataAbsentReason: { text: 'x' },
    },
    'invariant Observation',
  ],
]

for (const [name, cases] of Object.entries({ SHAPE, INTEGERS, SIBLINGS, VALUES, CODES, REFERENCES, RULES })) {
  describe(`validate / the base / ${name.toLowerCase()}`, () => {
    for (const [title, resource, ...expected] of cases) {
      it(`${expected.some((one) => !one.startsWith('warning')) ? 'refuses' : 'lets pass'} ${title}`, async () => {
        assert.deepEqual(summaries(await validator.check(resource)), [...expected].sort())
      })
    }
  })
}

describe('validate / the base / sentences', () => {
  const says: readonly [resource: object, text: RegExp][] = [
    [
      patient({ name: [{ famly: 'x' }] }),
      /^`Patient\.name\[0\]\.famly` is not an element that is defined here\. Did you mean `family`\?$/,
    ],
    [patient({ deceased: true }), /Did you mean `deceasedBoolean` or `deceasedDateTime`\?$/],
    [
      patient({ gender: 'femal' }),
      /`femal`, which is not in the required value set `.*administrative-gender`\. Did you mean `female`\? It allows `male`, `female`, `other`, `unknown`\.$/,
    ],
    [patient({ birthDate: '2023-02-30' }), /^`Patient\.birthDate` is `2023-02-30`\. It must be a real date/],
    [
      request({ subject: { reference: 'Task/1' } }),
      /`Task\/1` points at a Task; it must point at Device, Group, Location or Patient\.$/,
    ],
    [
      patient({ telecom: [{ rank: 0 }] }),
      /`Patient\.telecom\[0\]\.rank` is `0`\. It must be a whole number, 1 or more\.$/,
    ],
  ]
  for (const [resource, text] of says) {
    it(`says ${text.source}`, async () => {
      const [issue] = await validator.check(resource)
      assert.match(issue?.text ?? '', text)
    })
  }

  it('begins the expressions with the prefix of the options', async () => {
    const issues = await validator.check(patient({ active: 'x' }), { at: 'Bundle.entry[3].resource' })
    assert.deepEqual(summaries(issues), ['element-type Bundle.entry[3].resource.active'])
  })

  it('changes nothing of what it checks, even when it is frozen', async () => {
    const resource = deepFreeze(patient({ name: [{ family: 'x' }], contact: [{ name: { text: 'y' } }] }))
    const before = JSON.stringify(resource)
    assert.deepEqual(await validator.check(resource), [])
    assert.equal(JSON.stringify(resource), before)
  })
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) deepFreeze(one)
  return Object.freeze(value)
}
