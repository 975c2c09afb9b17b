/** The most that a binding allows, and additional bindings. https://hl7.org/fhir/R4/terminologies.html#strength */
import assert from 'node:assert/strict'
import { H, profile, summaries, validatorOf } from './validator-of.ts'

const system = `${H}/CodeSystem/colour`
const observation = (code: object): object => ({ resourceType: 'Observation', status: 'final', code })
const coded = (...codes: readonly string[]): object => observation({ coding: codes.map((code) => ({ system, code })) })

const set = (id: string, ...codes: readonly string[]) => ({
  resourceType: 'ValueSet',
  url: `${H}/ValueSet/${id}`,
  compose: { include: [{ system, concept: codes.map((code) => ({ code })) }] },
})
const COLOURS = [
  {
    resourceType: 'CodeSystem',
    url: system,
    content: 'complete',
    concept: ['red', 'blue', 'grey'].map((code) => ({ code })),
  },
  set('warm', 'red'),
  set('bright', 'red', 'blue'),
]

const most = {
  url: 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet',
  valueCanonical: `${H}/ValueSet/bright`,
}
const additional = (purpose: string, ...more: readonly object[]) => ({
  url: 'http://hl7.org/fhir/tools/StructureDefinition/additional-binding',
  extension: [
    { url: 'purpose', valueCode: purpose },
    { url: 'valueSet', valueCanonical: `${H}/ValueSet/bright` },
    ...more,
  ],
})

const check = async (binding: object, resource: object): Promise<readonly string[]> => {
  const observationProfile = profile('Observation', [{ id: 'Observation.code', binding }])
  return summaries(
    await validatorOf([...COLOURS, observationProfile] as never).check(resource, {
      profiles: [String(observationProfile.url)],
    }),
  )
}

describe('validate / a binding / the most that it allows', () => {
  const warm = (strength: string) => ({ strength, valueSet: `${H}/ValueSet/warm`, extension: [most] })

  it('refuses a code beyond the most of an extensible binding, and warns of one between', async () => {
    assert.deepEqual(await check(warm('extensible'), coded('red')), [])
    assert.deepEqual(await check(warm('extensible'), coded('blue')), ['warning code-unexpected Observation.code'])
    assert.deepEqual(await check(warm('extensible'), coded('grey')), ['code-invalid Observation.code'])
  })

  it('asks for a code where the most is a required set', async () => {
    assert.deepEqual(await check(warm('extensible'), observation({ text: 'x' })), ['code-invalid Observation.code'])
    assert.deepEqual(await check(warm('preferred'), observation({ text: 'x' })), [])
  })

  it('warns of a concept beyond the most of a preferred binding', async () => {
    assert.deepEqual(await check(warm('preferred'), coded('blue')), [])
    assert.deepEqual(await check(warm('preferred'), coded('grey')), ['warning code-unexpected Observation.code'])
  })

  it('holds a language of the base to the languages that there are', async () => {
    const { check } = validatorOf([])
    assert.deepEqual(summaries(await check({ resourceType: 'Patient', language: 'en-US' })), [])
    assert.deepEqual(summaries(await check({ resourceType: 'Patient', language: 'klingonese' })), [
      'code-invalid Patient.language',
    ])
  })
})

describe('validate / a binding / further ones', () => {
  const any = (...extension: readonly object[]) => ({ strength: 'example', valueSet: `${H}/ValueSet/warm`, extension })

  for (const purpose of ['required', 'maximum']) {
    it(`refuses a code outside a further binding that is ${purpose}`, async () => {
      assert.deepEqual(await check(any(additional(purpose)), coded('blue')), [])
      assert.deepEqual(await check(any(additional(purpose)), coded('grey')), ['code-invalid Observation.code'])
    })
  }

  it('warns where the further binding is extensible', async () => {
    assert.deepEqual(await check(any(additional('extensible')), coded('grey')), [
      'warning code-unexpected Observation.code',
    ])
  })

  it('takes other purposes, and those for some uses or for one of the repeats, for advice', async () => {
    const forAny = additional('required', { url: 'any', valueBoolean: true })
    const forSome = additional('required', { url: 'usage', valueUsageContext: {} })
    for (const advice of [additional('candidate'), additional('minimum'), forAny, forSome])
      assert.deepEqual(await check(any(advice), coded('grey')), [])
  })

  it('adds to what the base profile binds', async () => {
    const base = profile('Observation', [
      { id: 'Observation.code', binding: { strength: 'extensible', valueSet: `${H}/ValueSet/bright` } },
    ])
    const narrower = profile(
      'Observation',
      [
        {
          id: 'Observation.code',
          binding: { strength: 'extensible', valueSet: `${H}/ValueSet/warm`, extension: [most] },
        },
      ],
      { url: `${H}/StructureDefinition/y`, baseDefinition: String(base.url) },
    )
    const validator = validatorOf([...COLOURS, base, narrower] as never)
    const issues = await validator.check(coded('grey'), { profiles: [String(narrower.url)] })
    assert.deepEqual(summaries(issues), ['code-invalid Observation.code'])
  })
})
