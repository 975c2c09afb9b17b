/** Default slices, order, reslices, and slices of profiles on profiles. https://hl7.org/fhir/R4/profiling.html#slicing */
import assert from 'node:assert/strict'
import { extension, H, profile, summaries, validatorOf, type ElementChange } from './validator-of.ts'

const patient = (...systems: readonly string[]): object => ({
  resourceType: 'Patient',
  identifier: systems.map((one) => {
    const [name, use] = one.split(' ')
    return { system: `urn:${name}`, ...(use ? { use } : { value: '1' }) }
  }),
})

const sliced = (rules: string, more: object = {}): ElementChange => ({
  id: 'Patient.identifier',
  slicing: { discriminator: [{ type: 'value', path: 'system' }], rules, ...more },
})
const slice = (name: string, more: object = {}): readonly ElementChange[] => [
  { id: `Patient.identifier:${name}`, sliceName: name, min: 0, max: '*', ...more },
  { id: `Patient.identifier:${name}.system`, min: 1, fixedUri: `urn:${name}` },
]

async function check(elements: readonly ElementChange[], resource: object): Promise<readonly string[]> {
  const constrained = profile('Patient', elements)
  return summaries(await validatorOf([constrained]).check(resource, { profiles: [String(constrained.url)] }))
}

describe('validate / slices / the default slice', () => {
  const rest: readonly ElementChange[] = [
    { id: 'Patient.identifier:@default', sliceName: '@default', min: 0, max: '1' },
    { id: 'Patient.identifier:@default.value', min: 1 },
  ]

  for (const rules of ['closed', 'open']) {
    it(`holds what belongs to no other slice to it, when slicing is ${rules}`, async () => {
      const elements = [sliced(rules), ...slice('a'), ...rest]
      assert.deepEqual(await check(elements, patient('a old', 'c')), [])
      assert.deepEqual(await check(elements, patient('a old', 'c old')), [
        'element-missing Patient.identifier[1].value',
      ])
      assert.deepEqual(await check(elements, patient('b', 'c')), ['slice-cardinality Patient.identifier'])
    })
  }
})

describe('validate / slices / order', () => {
  it('takes what belongs to no slice only at the end, when slicing is open at the end', async () => {
    const elements = [sliced('openAtEnd'), ...slice('a'), ...slice('b')]
    assert.deepEqual(await check(elements, patient('b', 'a', 'c', 'd')), [])
    assert.deepEqual(await check(elements, patient('a', 'c', 'd', 'b')), ['slice-unmatched Patient.identifier[1]'])
  })

  it('takes the slices as they are listed, when slicing is ordered', async () => {
    const elements = [sliced('open', { ordered: true }), ...slice('a'), ...slice('b')]
    assert.deepEqual(await check(elements, patient('a', 'c', 'a', 'b')), [])
    assert.deepEqual(await check(elements, patient('b', 'c', 'a')), ['slice-unmatched Patient.identifier[2]'])
  })
})

describe('validate / slices / slices of a slice', () => {
  const byUse = { discriminator: [{ type: 'value', path: 'use' }], rules: 'closed' }
  const elements: readonly ElementChange[] = [
    sliced('open'),
    ...slice('a', { slicing: byUse }),
    { id: 'Patient.identifier:a/usual', sliceName: 'a/usual', min: 1, max: '1' },
    { id: 'Patient.identifier:a/usual.use', min: 1, fixedCode: 'usual' },
  ]

  it('counts them among the items of their slice', async () => {
    assert.deepEqual(await check(elements, patient('a usual', 'b old')), [])
    assert.deepEqual(await check(elements, patient('b usual')), ['slice-cardinality Patient.identifier'])
    assert.deepEqual(await check(elements, patient('a usual', 'a usual')), ['slice-cardinality Patient.identifier'])
  })

  it('closes the slice, not the list', async () => {
    assert.deepEqual(await check(elements, patient('a usual', 'a old')), ['slice-unmatched Patient.identifier[1]'])
  })

  it('asks for the list where one of them is required', async () => {
    assert.deepEqual(await check(elements, { resourceType: 'Patient' }), ['element-missing Patient.identifier'])
  })
})

describe('validate / slices / a profile on a profile with slices', () => {
  const base = profile('Patient', [sliced('open'), ...slice('a', { min: 1 })].map(atMost('2')))
  const below = profile(
    'Patient',
    [
      { id: 'Patient.identifier:a', sliceName: 'a', max: '1' },
      { id: 'Patient.identifier:a.value', min: 1 },
      ...slice('z', { min: 1, max: '1' }),
    ],
    { url: `${H}/StructureDefinition/y`, baseDefinition: String(base.url) },
  )
  const both = async (resource: object) =>
    summaries(await validatorOf([base, below]).check(resource, { profiles: [String(below.url)] }))

  function atMost(max: string) {
    return (one: ElementChange): ElementChange => (one.id === 'Patient.identifier' ? { ...one, max } : one)
  }

  it('narrows a slice and adds another', async () => {
    assert.deepEqual(await both(patient('a', 'z')), [])
    assert.deepEqual(await both(patient('a old', 'z')), ['element-missing Patient.identifier[0].value'])
    assert.deepEqual(await both(patient('a')), ['slice-cardinality Patient.identifier'])
    assert.deepEqual(await both(patient('a', 'a')), [
      'slice-cardinality Patient.identifier',
      'slice-cardinality Patient.identifier',
    ])
  })

  it('keeps the most that the list has, whatever its slices take', async () => {
    assert.deepEqual(await both(patient('a', 'z', 'b')), ['element-too-many Patient.identifier'])
  })
})

describe('validate / slices / of a choice and of extensions', () => {
  const quantity: readonly ElementChange[] = [
    { id: 'Observation.value[x]', slicing: { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' } },
    { id: 'Observation.value[x]:valueQuantity', sliceName: 'valueQuantity', type: [{ code: 'Quantity' }], min: 1 },
    { id: 'Observation.value[x]:valueQuantity.unit', min: 1 },
  ]
  const observation = (more: object) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more })

  it('holds the type of a choice to its slice', async () => {
    const constrained = profile('Observation', quantity)
    const { check } = validatorOf([constrained])
    const profiles = [String(constrained.url)]
    assert.deepEqual(summaries(await check(observation({ valueQuantity: { value: 1, unit: 'x' } }), { profiles })), [])
    assert.deepEqual(summaries(await check(observation({ valueQuantity: { value: 1 } }), { profiles })), [
      'element-missing Observation.value.ofType(Quantity).unit',
    ])
    assert.deepEqual(summaries(await check(observation({ valueString: 'x' }), { profiles })), [
      'element-missing Observation.value.ofType(Quantity)',
    ])
  })

  it('counts the parts of an extension', async () => {
    const part = (name: string, more: object): readonly ElementChange[] => [
      { id: `Extension.extension:${name}`, sliceName: name, ...more },
      { id: `Extension.extension:${name}.url`, fixedUri: name },
    ]
    const slicing = { discriminator: [{ type: 'value', path: 'url' }], rules: 'closed' }
    const dated = extension('dated', [
      { id: 'Extension.extension', slicing },
      ...part('on', { min: 1, max: '1' }),
      ...part('by', { min: 0, max: '1' }),
    ])
    const { check } = validatorOf([dated])
    const of = async (...names: readonly string[]) => {
      const parts = names.map((url) => ({ url, valueString: 'x' }))
      return summaries(await check({ resourceType: 'Patient', extension: [{ url: dated.url, extension: parts }] }))
    }
    assert.deepEqual(await of('on', 'by'), [])
    assert.deepEqual(await of('by'), ['slice-cardinality Patient.extension[0].extension'])
    assert.deepEqual(await of('on', 'on'), ['slice-cardinality Patient.extension[0].extension'])
    assert.deepEqual(await of('on', 'else'), ['slice-unmatched Patient.extension[0].extension[1]'])
  })
})
