/** Rules that the specification states in words: Bundles, attachments, ids, narratives, definitions, targets. */
import assert from 'node:assert/strict'
import { H, profile, summaries, validatorOf } from './validator-of.ts'

type MoreElements = Record<string, unknown>

const validator = validatorOf([])
const verdict = async (resource: object) => summaries(await validator.check(resource))
const patient = (more: MoreElements = {}) => ({ resourceType: 'Patient', ...more })
const bundle = (type: string, entry: readonly MoreElements[], more: MoreElements = {}) => ({
  resourceType: 'Bundle',
  type,
  ...(entry.length > 0 ? { entry } : {}),
  ...more,
})

describe('validate / a Bundle', () => {
  const named = (fullUrl: string, id = '1') => ({ fullUrl, resource: patient({ id }) })

  const cases: readonly [what: string, resource: object, issues: readonly string[]][] = [
    ['lets a collection of named resources pass', bundle('collection', [named(`${H}/Patient/1`)]), []],
    ['lets a urn stand for any id', bundle('collection', [named('urn:uuid:4ce0b2a8-7a3c-4f27-8c0e-1f2a3b4c5d6e')]), []],
    ['refuses a relative fullUrl', bundle('collection', [named('Patient/1')]), ['bundle-invalid Bundle.entry[0]']],
    [
      'refuses a fullUrl that disagrees with the id',
      bundle('collection', [named(`${H}/Patient/2`)]),
      ['bundle-invalid Bundle.entry[0]'],
    ],
    [
      'refuses a nameless resource where nothing is to be created',
      bundle('collection', [{ resource: patient({ id: '1' }) }]),
      ['bundle-invalid Bundle.entry[0]'],
    ],
    [
      'refuses two links of one relation',
      bundle('searchset', [], { link: ['self', 'next', 'self'].map((relation) => ({ relation, url: H })) }),
      ['bundle-invalid Bundle.link[2]'],
    ],
    [
      'refuses a found resource without an id, and an outcome that is none',
      bundle('searchset', [
        { fullUrl: `${H}/Patient/1`, resource: patient({ active: true }), search: { mode: 'match' } },
        { ...named(`${H}/Patient/2`, '2'), search: { mode: 'outcome' } },
      ]),
      ['bundle-invalid Bundle.entry[0].resource', 'bundle-invalid Bundle.entry[1].resource'],
    ],
  ]
  for (const [what, resource, issues] of cases) it(what, async () => assert.deepEqual(await verdict(resource), issues))

  const document = (author: string, entry: readonly MoreElements[]) =>
    bundle(
      'document',
      [
        {
          fullUrl: `${H}/Composition/1`,
          resource: {
            resourceType: 'Composition',
            id: '1',
            status: 'final',
            type: { text: 'x' },
            date: '2024',
            title: 'x',
            author: [{ reference: author }],
          },
        },
        ...entry,
      ],
      { identifier: { system: H, value: '1' }, timestamp: '2024-01-01T00:00:00Z' },
    )
  const author = ['bundle-invalid Bundle.entry[0].resource.author[0]']

  it('looks for what a document refers to under the base of its Composition', async () => {
    assert.deepEqual(await verdict(document('Patient/1', [named(`${H}/Patient/1`)])), [])
    assert.deepEqual(await verdict(document('Patient/1', [named('https://other.example/Patient/1')])), author)
    assert.deepEqual(await verdict(document('Patient/2', [named(`${H}/Patient/1`)])), [
      ...author,
      'bundle-invalid Bundle.entry[1]',
    ])
  })

  it('takes a version of two by the reference that names it, and no other', async () => {
    const of = (versionId: string) => ({
      fullUrl: `${H}/Patient/1`,
      resource: patient({ id: '1', meta: { versionId } }),
    })
    assert.deepEqual(await verdict(document('Patient/1/_history/2', [of('1'), of('2')])), [])
    assert.deepEqual(await verdict(document('Patient/1', [of('1'), of('2')])), author)
  })
})

describe('validate / rules in words', () => {
  const div = (inner: string) => ({
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>` },
  })
  const definition = (path: string, more: MoreElements = {}) => ({
    ...profile('Patient', [{ id: 'Patient', path: 'Patient' }]),
    name: 'X',
    status: 'draft',
    abstract: false,
    differential: { element: [{ id: 'Patient.name', path, ...more }] },
  })

  const cases: readonly [what: string, resource: object, issues: readonly string[]][] = [
    ['takes the size that the data has', patient({ photo: [{ contentType: 'a/b', data: 'AAAA', size: 3 }] }), []],
    [
      'refuses another size',
      patient({ photo: [{ contentType: 'a/b', data: 'AAAA', size: 4 }] }),
      ['value-conflict Patient.photo[0]'],
    ],
    [
      'refuses the same id on two elements',
      patient({ name: [{ id: 'a', text: 'x' }], telecom: [{ id: 'a', system: 'email', value: 'x' }] }),
      ['value-conflict Patient.telecom[0].id'],
    ],
    [
      'takes a link to an id that is here',
      patient({ name: [{ id: 'a', text: 'x' }], ...div('<a href="#a">x</a>') }),
      [],
    ],
    ['refuses a link that leads nowhere', patient(div('<a href="#a">x</a>')), ['invariant Patient.text.div']],
    ['refuses an entity of HTML', patient(div('a&nbsp;b')), ['invariant Patient.text.div']],
    ['takes the entities of XML', patient(div('a&amp;b&#160;c&lt;')), []],
    [
      'refuses a narrative of no namespace',
      patient({ text: { status: 'generated', div: '<div>x</div>' } }),
      ['value-format Patient.text.div'],
    ],
    [
      'refuses a relative system of an identifier',
      patient({ identifier: [{ system: 'local', value: '1' }] }),
      ['value-format Patient.identifier[0].system'],
    ],
    [
      'refuses a urn that is no OID',
      patient({ identifier: [{ system: 'urn:oid:9.1', value: '1' }] }),
      ['value-format Patient.identifier[0].system'],
    ],
    ['takes a differential that fits its base', definition('Patient.name'), []],
    [
      'refuses a differential that names what its base has not',
      definition('Patient.nom'),
      ['definition-invalid StructureDefinition'],
    ],
    [
      'refuses a rule that is no FHIRPath, and one that asks for a function or variable that there is not',
      definition('Patient.name', {
        constraint: ['family.exists(', 'given.exist()', "%patient.name.exists() or 'it() %x' = `it()`"].map(
          (expression, index) => ({ key: `x-${index}`, severity: 'error', human: 'x', expression }),
        ),
      }),
      [0, 1, 2].map(
        (index) => `definition-invalid StructureDefinition.differential.element[0].constraint[${index}].expression`,
      ),
    ],
    [
      'warns of a value set that binds and of a profile that are not available',
      definition('Patient.maritalStatus', {
        id: 'Patient.maritalStatus',
        type: [{ code: 'CodeableConcept', profile: ['http://x.example/nothing'] }],
        binding: { strength: 'required', valueSet: 'http://x.example/nothing' },
      }),
      [
        'warning code-unchecked StructureDefinition.differential.element[0].binding.valueSet',
        'warning code-unchecked StructureDefinition.differential.element[0].type[0].profile[0]',
      ],
    ],
    [
      'refuses a discriminator that leads nowhere',
      definition('Patient.name', { slicing: { discriminator: [{ type: 'value', path: 'nope' }], rules: 'open' } }),
      ['definition-invalid StructureDefinition'],
    ],
  ]
  for (const [what, resource, issues] of cases) it(what, async () => assert.deepEqual(await verdict(resource), issues))

  it('reports what is missing before what its holder has, and what is no FHIR before both', async () => {
    const issues = await validator.check({
      resourceType: 'Observation',
      status: 'nope',
      code: 'x',
      category: [{ coding: [{ code: ' ' }] }],
    })
    assert.deepEqual(
      issues.filter(({ severity }) => severity === 'error').map(({ expression }) => expression),
      ['Observation.code', 'Observation.status', 'Observation.category[0].coding[0].code'],
    )
  })
})

describe('validate / targets of references', () => {
  const X = `${H}/StructureDefinition/x`
  const Y = `${H}/StructureDefinition/y`
  const target = profile('Organization', [{ id: 'Organization.alias', min: 1 }], { url: Y })
  const pointing = (more: MoreElements) =>
    profile('Patient', [{ id: 'Patient.managingOrganization', type: [{ code: 'Reference', ...more }] }])
  const resource = (more: MoreElements, reference = '#o') =>
    patient({
      contained: [{ resourceType: 'Organization', id: 'o', name: 'x', ...more }],
      managingOrganization: { reference },
      generalPractitioner: [{ reference: '#o' }],
    })

  it('must meet the profile that the reference asks for, where they are available', async () => {
    const strict = validatorOf([target, pointing({ targetProfile: [Y] })])
    const check = async (one: object) => summaries(await strict.check(one, { profiles: [X] }))
    assert.deepEqual(await check(resource({ alias: ['y'] })), [])
    assert.deepEqual(await check(resource({})), ['reference-type Patient.managingOrganization'])
    assert.deepEqual(await check(resource({}, 'Organization/1')), [])
  })

  it('must be where the aggregation says', async () => {
    const strict = validatorOf([pointing({ aggregation: ['contained'] })])
    const check = async (one: object) => summaries(await strict.check(one, { profiles: [X] }))
    assert.deepEqual(await check(resource({})), [])
    assert.deepEqual(await check(resource({}, 'Organization/1')), ['reference-not-found Patient.managingOrganization'])
  })
})
