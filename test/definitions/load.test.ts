/** Loading: what a broken definition says, and what a whole one offers. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DefinitionFault } from '../../server/definitions/fault.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const BASE = 'http://hl7.org/fhir/StructureDefinition'
const H = 'https://state.example/fhir/StructureDefinition'

describe('definitions / load', () => {
  it('finds the hub’s own definitions before those of R4, with or without a version', async () => {
    const definitions = await loadDefinitions(ROOT)
    const own = 'https://no-wrong-door.example/fhir/StructureDefinition/hub-participant'
    assert.equal(definitions.find(own)?.id, 'hub-participant')
    assert.equal(definitions.find(`${own}|0.1.0`)?.id, 'hub-participant')
    assert.equal(definitions.find(`${own}|9`), undefined)
    assert.equal(definitions.find(`${BASE}/Patient|4.0.1`)?.type, 'Patient')
    assert.equal(definitions.find('https://nowhere.example/x'), undefined)
  })

  it('knows the resource types of R4 and no others', async () => {
    const definitions = await loadDefinitions(ROOT)
    assert.deepEqual(
      ['Patient', 'Bundle', 'DomainResource', 'HumanName', 'constructor'].map((name) =>
        definitions.isResourceType(name),
      ),
      [true, true, false, false, false],
    )
  })

  it('offers each type with its profiles, versioning, writer, includes and search parameters', async () => {
    const definitions = await loadDefinitions(ROOT)
    const [plan, center] = [definitions.capability('CarePlan'), definitions.capability('Location')]
    assert.equal(plan?.versioning, 'versioned-update')
    assert.equal(plan.writer, 'agency')
    assert.equal(plan.profiles.length, 3)
    assert.ok(plan.includes.includes('CarePlan:goal'))
    assert.equal(center?.writer, 'board')
    assert.equal(definitions.capability('Claim'), undefined)
  })

  it('cuts the expression of a search parameter to the type, and prefers the hub’s own', async () => {
    const definitions = await loadDefinitions(ROOT)
    const parameter = (type: string, code: string) =>
      definitions.capability(type)?.searchParameters.find((one) => one.code === code)
    assert.equal(parameter('Task', 'patient')?.expression, 'Task.for.where(resolve() is Patient)')
    assert.equal(parameter('Condition', 'code')?.expression, 'Condition.code')
    assert.match(parameter('CarePlan', 'pathway')?.expression ?? '', /^CarePlan\.extension\.where/)
  })

  it('holds topics under the url in their extension', async () => {
    const definitions = await loadDefinitions(ROOT)
    const topic = definitions.find('https://no-wrong-door.example/fhir/SubscriptionTopic/referral-created')
    assert.equal(topic?.resourceType, 'Basic')
    assert.equal(topic.url, undefined)
  })
})

describe('definitions / load / a broken file', () => {
  const profile = (change: object) => ({
    resourceType: 'StructureDefinition',
    url: `${H}/x`,
    kind: 'resource',
    type: 'Patient',
    baseDefinition: `${BASE}/Patient`,
    derivation: 'constraint',
    ...change,
  })
  const element = (id: string) => ({ differential: { element: [{ id, path: id.replace(/:[^.]*/g, '') }] } })
  const statement = (resource: object) => ({ resourceType: 'CapabilityStatement', rest: [{ resource: [resource] }] })

  const cases: readonly [title: string, file: string, content: unknown, says: RegExp][] = [
    [
      'that is not JSON',
      'profiles/x.json',
      '{\n  "url": nope\n}',
      /^profiles\/x\.json: it is not JSON: .*line 2.*Correct the file\.$/,
    ],
    ['that holds a list', 'valuesets/x.json', [], /^valuesets\/x\.json: it does not hold a JSON object/],
    ['without a type', 'valuesets/x.json', { url: 'x' }, /x\.json: it has no `resourceType`/],
    ['without a url', 'valuesets/x.json', { resourceType: 'ValueSet' }, /x\.json: the ValueSet has no `url`/],
    [
      'on an unknown base',
      'profiles/x.json',
      profile({ baseDefinition: `${BASE}/Patiens` }),
      /x\.json: its base `.*Patiens` is not defined/,
    ],
    [
      'without a base',
      'profiles/x.json',
      profile({ baseDefinition: undefined }),
      /x\.json: it has no `baseDefinition`/,
    ],
    [
      'that is its own base',
      'profiles/x.json',
      profile({ baseDefinition: `${H}/x` }),
      /x\.json: its base definitions go round in a circle/,
    ],
    [
      'with a path that its base has not',
      'profiles/x.json',
      profile(element('Patient.nmae')),
      /x\.json: the differential names `Patient\.nmae`, but `Patient` has no element `nmae`\. It has: .*name/,
    ],
    [
      'with a path below a type that has it not',
      'profiles/x.json',
      profile(element('Patient.name.surname')),
      /`Patient\.name` has no element `surname`\. It has: .*family/,
    ],
    [
      'that offers no type of R4',
      'capability/statement.json',
      statement({ type: 'Participant' }),
      /statement\.json: `Participant` is not a resource type of R4/,
    ],
    [
      'that offers an unknown profile',
      'capability/statement.json',
      statement({ type: 'Patient', supportedProfile: [`${H}/y`] }),
      /statement\.json: the profile `.*\/y` of Patient is not among the definitions/,
    ],
    [
      'that offers an unknown parameter',
      'capability/statement.json',
      statement({ type: 'Patient', searchParam: [{ name: 'famly', type: 'string' }] }),
      /Patient has no search parameter `famly` \(did you mean `family`\?\)/,
    ],
    [
      'that offers a parameter of a type that search does not evaluate',
      'capability/statement.json',
      statement({ type: 'Observation', searchParam: [{ name: 'value-quantity', type: 'quantity' }] }),
      /`value-quantity` of Observation is a quantity; the hub evaluates token, date\./,
    ],
    [
      'that offers a parameter as another type than its own',
      'capability/statement.json',
      statement({ type: 'Observation', searchParam: [{ name: 'date', type: 'token' }] }),
      /`date` of Observation is a date, not a token\./,
    ],
  ]

  for (const [title, file, content, says] of cases) {
    it(`stops the load with one sentence: ${title}`, async () => {
      await withFolder({ [file]: content }, async (root) => {
        await assert.rejects(loadDefinitions(root, { searchTypes: ['token', 'date'] }), (fault: unknown) => {
          assert.ok(fault instanceof DefinitionFault)
          assert.match(fault.message, says)
          assert.equal(fault.where, file)
          return true
        })
      })
    })
  }

  it('names the second of two files with one url', async () => {
    const set = { resourceType: 'ValueSet', url: `${H}/twice` }
    await withFolder({ 'valuesets/a.json': set, 'valuesets/b.json': set }, async (root) => {
      await assert.rejects(
        loadDefinitions(root),
        /^DefinitionFault: valuesets\/b\.json: its url .* is that of another definition/,
      )
    })
  })

  it('takes folders that are not there as empty', async () => {
    await withFolder({}, async (root) => assert.deepEqual((await loadDefinitions(root)).all, []))
  })
})

async function withFolder(
  files: Readonly<Record<string, unknown>>,
  test: (root: string) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(path.join(tmpdir(), 'nwd-definitions-'))
  try {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      writeFileSync(path.join(root, file), typeof content === 'string' ? content : JSON.stringify(content))
    }
    await test(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}
