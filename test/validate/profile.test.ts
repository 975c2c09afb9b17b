/** Resources against profiles: one case for each facet. https://hl7.org/fhir/R4/elementdefinition.html */
import assert from 'node:assert/strict'
import { extension, H, profile, summaries, validatorOf, type ElementChange } from './validator-of.ts'

const coding = (code: string): object => ({ coding: [{ system: `${H}/CodeSystem/colour`, code }] })
const observation = (more: object): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  ...more,
})
const patient = (more: object): object => ({ resourceType: 'Patient', ...more })

const COLOURS = [
  {
    resourceType: 'CodeSystem',
    url: `${H}/CodeSystem/colour`,
    content: 'complete',
    concept: [{ code: 'red' }, { code: 'blue' }],
  },
  {
    resourceType: 'ValueSet',
    url: `${H}/ValueSet/colour`,
    compose: { include: [{ system: `${H}/CodeSystem/colour` }] },
  },
  {
    resourceType: 'ValueSet',
    url: `${H}/ValueSet/elsewhere`,
    compose: { include: [{ system: 'http://snomed.info/sct' }] },
  },
]

const bySystem = { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' }
const SYSTEM_SLICES = (rules = 'open', more: object = {}): readonly ElementChange[] => [
  { id: 'Patient.identifier', slicing: { ...bySystem, rules, ...more } },
  { id: 'Patient.identifier:a', min: 1, max: '1' },
  { id: 'Patient.identifier:a.system', min: 1, fixedUri: 'urn:a' },
  { id: 'Patient.identifier:a.value', min: 1 },
  { id: 'Patient.identifier:b', min: 0, max: '1' },
  { id: 'Patient.identifier:b.system', min: 1, fixedUri: 'urn:b' },
]
const [A, B, C] = ['a', 'b', 'c'].map((name) => ({ system: `urn:${name}`, value: '1' }))

const note = extension(
  'note',
  [
    { id: 'Extension.extension', max: '0' },
    { id: 'Extension.value[x]', min: 1, type: [{ code: 'string' }] },
  ],
  ['Patient', 'Patient.name'],
)
const job = extension('job', [
  { id: 'Extension.extension:title', min: 1, max: '1' },
  { id: 'Extension.extension:title.extension', max: '0' },
  { id: 'Extension.extension:title.url', fixedUri: 'title' },
  { id: 'Extension.extension:title.value[x]', min: 1, type: [{ code: 'string' }] },
  { id: 'Extension.value[x]', max: '0' },
])
const noteWith = (more: object): object => ({ url: `${H}/StructureDefinition/note`, ...more })
const jobWith = (...parts: readonly object[]): object => ({ url: `${H}/StructureDefinition/job`, extension: parts })
const rule = (expression: string, severity = 'error'): object => ({
  key: 'x-1',
  severity,
  human: 'It must hold.',
  expression,
})

type ProfileCase = readonly [
  title: string,
  type: string,
  elements: readonly ElementChange[],
  resource: object,
  ...expected: string[],
]

const CASES: Readonly<Record<string, readonly ProfileCase[]>> = {
  cardinality: [
    [
      'a missing element',
      'Patient',
      [{ id: 'Patient.birthDate', min: 1 }],
      patient({}),
      'element-missing Patient.birthDate',
    ],
    [
      'an element too many',
      'Patient',
      [{ id: 'Patient.name', max: '1' }],
      patient({ name: [{ text: 'a' }, { text: 'b' }] }),
      'element-too-many Patient.name',
    ],
    [
      'an element too few',
      'Patient',
      [{ id: 'Patient.name', min: 2 }],
      patient({ name: [{ text: 'a' }] }),
      'element-missing Patient.name',
    ],
    [
      'an element that is left out',
      'Patient',
      [{ id: 'Patient.photo', max: '0' }],
      patient({ photo: [{ url: 'x' }] }),
      'element-too-many Patient.photo',
    ],
    [
      'a missing element below',
      'Patient',
      [{ id: 'Patient.name.family', min: 1 }],
      patient({ name: [{ text: 'a' }] }),
      'element-missing Patient.name[0].family',
    ],
    ['a list of one as a list', 'Patient', [{ id: 'Patient.name', max: '1' }], patient({ name: [{ text: 'a' }] })],
  ],
  values: [
    [
      'another value than the fixed one',
      'Patient',
      [{ id: 'Patient.gender', fixedCode: 'male' }],
      patient({ gender: 'female' }),
      'value-fixed Patient.gender',
    ],
    [
      'a fixed object with more in it',
      'Observation',
      [{ id: 'Observation.code', fixedCodeableConcept: { text: 'a' } }],
      observation({ code: { text: 'a', id: 'b' } }),
      'value-fixed Observation.code.id',
    ],
    [
      'a value without the pattern',
      'Observation',
      [{ id: 'Observation.code', patternCodeableConcept: coding('red') }],
      observation({ code: coding('blue') }),
      'value-pattern Observation.code',
    ],
    [
      'a value that holds the pattern and more',
      'Observation',
      [{ id: 'Observation.code', patternCodeableConcept: coding('red') }],
      observation({ code: { ...coding('red'), text: 'Red' } }),
    ],
    [
      'a value below the least',
      'Patient',
      [{ id: 'Patient.multipleBirthInteger', minValueInteger: 2 }],
      patient({ multipleBirthInteger: 1 }),
      'value-range Patient.multipleBirth.ofType(integer)',
    ],
    [
      'a date after the last',
      'Patient',
      [{ id: 'Patient.birthDate', maxValueDate: '2020-12-31' }],
      patient({ birthDate: '2021-01-01' }),
      'value-range Patient.birthDate',
    ],
    [
      'a text that is too long',
      'Patient',
      [{ id: 'Patient.name.family', maxLength: 3 }],
      patient({ name: [{ family: 'abcd' }] }),
      'value-range Patient.name[0].family',
    ],
  ],
  choices: [
    [
      'a type that is left out',
      'Observation',
      [{ id: 'Observation.value[x]', type: [{ code: 'Quantity' }] }],
      observation({ valueString: 'x' }),
      'element-type Observation.value.ofType(string)',
    ],
    [
      'a choice that is required',
      'Observation',
      [{ id: 'Observation.value[x]', min: 1 }],
      observation({}),
      'element-missing Observation.value',
    ],
    [
      'a choice that is left out',
      'Observation',
      [{ id: 'Observation.value[x]', max: '0' }],
      observation({ valueString: 'x' }),
      'element-too-many Observation.value.ofType(string)',
    ],
    [
      'a rule for one type of the choice',
      'Observation',
      [
        { id: 'Observation.value[x]:valueQuantity', path: 'Observation.value[x]', sliceName: 'valueQuantity' },
        { id: 'Observation.value[x]:valueQuantity.unit', path: 'Observation.value[x].unit', min: 1 },
      ],
      observation({ valueQuantity: { value: 1 } }),
      'element-missing Observation.value.ofType(Quantity).unit',
    ],
  ],
  bindings: [
    [
      'a code outside a required set',
      'Observation',
      [{ id: 'Observation.code', binding: { strength: 'required', valueSet: `${H}/ValueSet/colour` } }],
      observation({ code: coding('green') }),
      'code-invalid Observation.code',
    ],
    [
      'text alone where a set is required',
      'Observation',
      [{ id: 'Observation.code', binding: { strength: 'required', valueSet: `${H}/ValueSet/colour` } }],
      observation({}),
      'code-invalid Observation.code',
    ],
    [
      'a code outside an extensible set',
      'Observation',
      [{ id: 'Observation.code', binding: { strength: 'extensible', valueSet: `${H}/ValueSet/colour` } }],
      observation({ code: { coding: [{ system: 'urn:other', code: 'green' }] } }),
      'warning code-unexpected Observation.code',
    ],
    [
      'a code of a system that is not available',
      'Observation',
      [{ id: 'Observation.code', binding: { strength: 'required', valueSet: `${H}/ValueSet/elsewhere` } }],
      observation({ code: { coding: [{ system: 'http://snomed.info/sct', code: '1' }] } }),
      'warning code-unchecked Observation.code',
    ],
    [
      'a code of a value set that is not available',
      'Observation',
      [{ id: 'Observation.code', binding: { strength: 'required', valueSet: `${H}/ValueSet/nowhere` } }],
      observation({ code: coding('red') }),
      'warning code-unchecked Observation.code',
    ],
  ],
  references: [
    [
      'a narrower target',
      'Observation',
      [
        {
          id: 'Observation.subject',
          type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Patient'] }],
        },
      ],
      observation({ subject: { reference: 'Group/1' } }),
      'reference-type Observation.subject',
    ],
  ],
  slices: [
    ['all slices as they must be', 'Patient', SYSTEM_SLICES(), patient({ identifier: [C, A, B] })],
    [
      'a required slice that is not there',
      'Patient',
      SYSTEM_SLICES(),
      patient({ identifier: [B] }),
      'slice-cardinality Patient.identifier',
    ],
    [
      'a required slice where the whole list is missing',
      'Patient',
      SYSTEM_SLICES(),
      patient({}),
      'element-missing Patient.identifier',
    ],
    [
      'a slice too many',
      'Patient',
      SYSTEM_SLICES(),
      patient({ identifier: [A, A] }),
      'slice-cardinality Patient.identifier',
    ],
    [
      'an item that is not what its slice says',
      'Patient',
      SYSTEM_SLICES(),
      patient({ identifier: [{ system: 'urn:a' }] }),
      'element-missing Patient.identifier[0].value',
    ],
    [
      'an item of no slice, when slicing is closed',
      'Patient',
      SYSTEM_SLICES('closed'),
      patient({ identifier: [A, C] }),
      'slice-unmatched Patient.identifier[1]',
    ],
    [
      'slices out of order, when slicing is ordered',
      'Patient',
      SYSTEM_SLICES('open', { ordered: true }),
      patient({ identifier: [B, A] }),
      'slice-unmatched Patient.identifier[1]',
    ],
    [
      'a slice by pattern',
      'Observation',
      [
        { id: 'Observation.category', slicing: { discriminator: [{ type: 'pattern', path: '$this' }], rules: 'open' } },
        { id: 'Observation.category:red', min: 1, patternCodeableConcept: coding('red') },
      ],
      observation({ category: [coding('blue')] }),
      'slice-cardinality Observation.category',
    ],
    [
      'a slice by what its children fix',
      'Observation',
      [
        { id: 'Observation.category', slicing: { discriminator: [{ type: 'value', path: 'coding' }], rules: 'open' } },
        { id: 'Observation.category:red', min: 1 },
        { id: 'Observation.category:red.coding.code', fixedCode: 'red' },
      ],
      observation({ category: [coding('red')] }),
    ],
    [
      'a slice by existence',
      'Patient',
      [
        { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'exists', path: 'period' }], rules: 'open' } },
        { id: 'Patient.identifier:dated', max: '1' },
        { id: 'Patient.identifier:dated.period', min: 1 },
      ],
      patient({ identifier: [{ period: { start: '2020' } }, { period: { start: '2021' } }] }),
      'slice-cardinality Patient.identifier',
    ],
    [
      'a slice by type of a choice',
      'Task',
      [
        { id: 'Task.output', slicing: { discriminator: [{ type: 'type', path: 'value' }], rules: 'open' } },
        { id: 'Task.output:text', max: '1' },
        { id: 'Task.output:text.value[x]', type: [{ code: 'string' }] },
      ],
      {
        resourceType: 'Task',
        status: 'draft',
        intent: 'order',
        output: [1, 2].map(() => ({ type: { text: 'x' }, valueString: 'a' })),
      },
      'slice-cardinality Task.output',
    ],
    [
      'a slice by the type that a reference points at',
      'Observation',
      [
        {
          id: 'Observation.performer',
          slicing: { discriminator: [{ type: 'type', path: 'resolve()' }], rules: 'open' },
        },
        {
          id: 'Observation.performer:agency',
          min: 1,
          type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Organization'] }],
        },
      ],
      observation({ performer: [{ reference: 'Practitioner/1' }] }),
      'slice-cardinality Observation.performer',
    ],
    [
      'a slice by a code of a value set',
      'Observation',
      [
        { id: 'Observation.category', slicing: { discriminator: [{ type: 'value', path: '$this' }], rules: 'open' } },
        {
          id: 'Observation.category:colour',
          max: '1',
          binding: { strength: 'required', valueSet: `${H}/ValueSet/colour` },
        },
      ],
      observation({ category: [coding('red'), coding('blue')] }),
      'slice-cardinality Observation.category',
    ],
  ],
  extensions: [
    [
      'an unknown extension',
      'Patient',
      [],
      patient({ extension: [{ url: `${H}/StructureDefinition/nope`, valueString: 'x' }] }),
      'extension-unknown Patient.extension[0]',
    ],
    [
      'a value of the wrong type',
      'Patient',
      [],
      patient({ extension: [noteWith({ valueCode: 'x' })] }),
      'element-type Patient.extension[0].value.ofType(code)',
    ],
    [
      'an extension on an element of its context',
      'Patient',
      [],
      patient({ name: [{ text: 'a', extension: [noteWith({ valueString: 'x' })] }] }),
    ],
    [
      'an extension in the wrong place',
      'Patient',
      [],
      patient({ contact: [{ name: { text: 'a', extension: [noteWith({ valueString: 'x' })] } }] }),
      'extension-unknown Patient.contact[0].name.extension[0]',
    ],
    [
      'a part that is missing',
      'Patient',
      [],
      patient({ extension: [jobWith({ url: 'note', valueString: 'x' })] }),
      'extension-unknown Patient.extension[0].extension[0]',
      'slice-cardinality Patient.extension[0].extension',
    ],
    ['a part as it must be', 'Patient', [], patient({ extension: [jobWith({ url: 'title', valueString: 'x' })] })],
    [
      'a required extension',
      'Patient',
      [
        {
          id: 'Patient.extension:note',
          min: 1,
          type: [{ code: 'Extension', profile: [`${H}/StructureDefinition/note`] }],
        },
      ],
      patient({ extension: [jobWith({ url: 'title', valueString: 'x' })] }),
      'slice-cardinality Patient.extension',
    ],
    [
      'a required extension of a primitive',
      'Patient',
      [
        {
          id: 'Patient.gender.extension:note',
          path: 'Patient.gender.extension',
          min: 1,
          type: [{ code: 'Extension', profile: [`${H}/StructureDefinition/job`] }],
        },
      ],
      patient({ gender: 'male' }),
      'element-missing Patient.gender.extension',
    ],
  ],
  rules: [
    [
      'a rule that is broken',
      'Patient',
      [{ id: 'Patient', constraint: [rule('name.exists()')] }],
      patient({}),
      'invariant Patient',
    ],
    [
      'a rule that warns',
      'Patient',
      [{ id: 'Patient', constraint: [rule('name.exists()', 'warning')] }],
      patient({}),
      'warning invariant Patient',
    ],
    [
      'a rule of an element, for each of its values',
      'Patient',
      [{ id: 'Patient.name', constraint: [rule('family.exists()')] }],
      patient({ name: [{ family: 'a' }, { text: 'b' }] }),
      'invariant Patient.name[1]',
    ],
    [
      'a rule that resolves inside',
      'Patient',
      [{ id: 'Patient.managingOrganization', constraint: [rule('resolve().active')] }],
      patient({
        contained: [{ resourceType: 'Organization', id: 'o', name: 'O', active: true }],
        managingOrganization: { reference: '#o' },
      }),
    ],
    [
      'a rule on a primitive',
      'Patient',
      [{ id: 'Patient.birthDate', constraint: [rule('$this <= today()')] }],
      patient({ birthDate: '2999-01-01' }),
      'invariant Patient.birthDate',
    ],
  ],
}

for (const [facet, cases] of Object.entries(CASES)) {
  describe(`validate / a profile / ${facet}`, () => {
    for (const [title, type, elements, resource, ...expected] of cases) {
      it(`${expected.length > 0 ? 'reports' : 'lets pass'} ${title}`, async () => {
        const validator = validatorOf([...COLOURS, note, job, profile(type, elements)] as never)
        const issues = await validator.check(resource, { profiles: [`${H}/StructureDefinition/x`] })
        assert.deepEqual(summaries(issues), [...expected].sort())
      })
    }
  })
}

describe('validate / a profile / on a profile', () => {
  const below = profile('Patient', [{ id: 'Patient.identifier:a.value', maxLength: 2 }], {
    url: `${H}/StructureDefinition/y`,
    baseDefinition: `${H}/StructureDefinition/x`,
  })

  it('keeps what its base says, and adds to its slices', async () => {
    const validator = validatorOf([profile('Patient', SYSTEM_SLICES()), below])
    const check = async (identifier: object) =>
      summaries(
        await validator.check(patient({ identifier: [identifier] }), { profiles: [`${H}/StructureDefinition/y`] }),
      )
    assert.deepEqual(await check({ system: 'urn:a', value: '12' }), [])
    assert.deepEqual(await check({ system: 'urn:a', value: '123' }), ['value-range Patient.identifier[0].value'])
    assert.deepEqual(await check({ system: 'urn:a' }), ['element-missing Patient.identifier[0].value'])
  })
})
