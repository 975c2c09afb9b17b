/** Which profiles a resource is held to. https://hl7.org/fhir/R4/profiling.html */
import assert from 'node:assert/strict'
import { H, profile, summaries, validatorOf } from './validator-of.ts'

const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } }
const patient = (more: object): object => ({ resourceType: 'Patient', ...more })

describe('validate / which profiles', () => {
  const X = `${H}/StructureDefinition/x`
  const definitions = [profile('Patient', [{ id: 'Patient.birthDate', min: 1 }])]

  const statement = (type: string, ...supportedProfile: readonly string[]) => ({
    resourceType: 'CapabilityStatement',
    rest: [{ resource: [{ type, supportedProfile }] }],
  })

  it('checks a claimed profile without the option', async () => {
    const issues = await validatorOf(definitions).check(patient({ meta: { profile: [X] } }))
    assert.deepEqual(summaries(issues), ['element-missing Patient.birthDate'])
    assert.equal(issues[0]?.profile, X)
  })

  it('reports a claimed profile that is not known; under the hub’s rules as an error', async () => {
    const resource = patient({ birthDate: '2000', meta: { profile: [`${H}/nope`] } })
    const open = validatorOf(definitions)
    const hub = validatorOf(definitions, 'hub', statement('Patient', X))
    assert.deepEqual(summaries(await open.check(resource)), ['warning profile-unknown Patient.meta.profile[0]'])
    assert.deepEqual(summaries(await hub.check(resource)), ['profile-unknown Patient.meta.profile[0]'])
  })

  it('reports a profile of another type', async () => {
    const issues = await validatorOf(definitions).check(observation, { profiles: [X] })
    assert.deepEqual(summaries(issues), ['profile-unknown Observation'])
  })

  it('binds a resource by the hub’s profile, claimed or not, and refuses other types', async () => {
    const validator = validatorOf(definitions, 'hub', statement('Patient', X))
    assert.deepEqual(summaries(await validator.check(patient({}))), ['element-missing Patient.birthDate'])
    assert.deepEqual(summaries(await validator.check(observation)), ['unknown-type Observation.resourceType'])
  })

  const applies = (valueString: string) => ({
    extension: [{ url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-applies-when', valueString }],
  })
  const two = [
    profile('Basic', [{ id: 'Basic.author', min: 1 }], { url: `${H}/a`, ...applies("code.text = 'a'") }),
    profile('Basic', [{ id: 'Basic.created', min: 1 }], { url: `${H}/b`, ...applies("code.text = 'b'") }),
  ]

  it('binds a resource by the one profile whose condition it meets', async () => {
    const validator = validatorOf(two, 'hub', statement('Basic', `${H}/a`, `${H}/b`))
    const check = async (text: string) => summaries(await validator.check({ resourceType: 'Basic', code: { text } }))
    assert.deepEqual(await check('a'), ['element-missing Basic.author'])
    assert.deepEqual(await check('b'), ['element-missing Basic.created'])
    assert.deepEqual(await check('c'), ['profile-undecided Basic'])
  })
})
