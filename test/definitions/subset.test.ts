/** Parts of resources: https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { elementNames, subsetOf, type Subset } from '../../server/definitions/subset.ts'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import { isError } from '../../server/fhir/outcome.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { ROOT } from '../checks/files.ts'

/** Every valid sample; a third of them in a short run. */
const samples = (): readonly (readonly [name: string, resource: Resource])[] =>
  readdirSync(path.join(ROOT, 'samples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /valid-[^/]*\.json$/.test(name) && !/invalid-/.test(name) && !name.endsWith('.issues.json'))
    .sort()
    .filter((_name, index) => index % (process.env['HUB_LONG'] ? 1 : 3) === 0)
    .map((name) => [name, parseJson(readFileSync(path.join(ROOT, 'samples', name), 'utf8')).value as Resource])

const KINDS: readonly Subset['kind'][] = ['summary', 'text', 'data']

describe('definitions / parts of resources', function () {
  this.timeout(60_000)
  let definitions: Definitions
  before(async () => {
    definitions = await loadDefinitions(ROOT)
  })

  const part = (resource: object, subset: Subset) => subsetOf(resource as Resource, subset, definitions) as any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read it freely
  const elements = (type: string, ...names: string[]): Subset => ({
    kind: 'elements',
    names: new Map([[type, new Set(names)]]),
  })
  const patient = {
    resourceType: 'Patient',
    id: 'a',
    meta: { versionId: '3', tag: [{ system: 'urn:x', code: 'y' }] },
    implicitRules: 'urn:rules',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">A</div>' },
    modifierExtension: [{ url: 'urn:m', valueBoolean: true }],
    extension: [{ url: 'urn:e', valueBoolean: true }],
    active: true,
    birthDate: '1990-01-08',
    _birthDate: { extension: [{ url: 'urn:e', valueDecimal: 1 }] },
    deceasedBoolean: false,
    maritalStatus: { text: 'married' },
    contact: [{ name: { family: 'B' } }],
  }
  const names = (resource: object) => Object.keys(resource).join(' ')

  it('are the elements that are named, with id, meta and what must not be left out', () => {
    const shown = part(patient, elements('Patient', 'birthDate', 'deceased'))
    assert.equal(
      names(shown),
      'resourceType id meta implicitRules modifierExtension birthDate _birthDate deceasedBoolean',
    )
    const observation = { resourceType: 'Observation', status: 'final', code: {}, valueString: 'x', note: [] }
    assert.equal(
      names(part(observation, elements('Observation', 'value'))),
      'resourceType status code valueString meta',
    )
  })

  it('are tagged as parts, once', () => {
    const shown = part(patient, { kind: 'data' })
    assert.deepEqual(
      shown.meta.tag.map(({ code }: { code: string }) => code),
      ['y', 'SUBSETTED'],
    )
    assert.deepEqual(part(shown, { kind: 'data' }), shown)
    assert.equal(shown.meta.versionId, '3')
    assert.equal(names(part({ resourceType: 'Patient', active: true }, { kind: 'data' })), 'resourceType active meta')
  })

  it('are the narrative alone, or all but the narrative', () => {
    const text = part({ ...patient }, { kind: 'text' })
    assert.equal(text.text, patient.text)
    assert.equal(text.birthDate, undefined)
    const data = part(patient, { kind: 'data' })
    assert.equal(data.text, undefined)
    assert.equal(names(data), names(patient).replace(' text', ''))
  })

  it('are what the definition marks as the summary, at every level, with mandatory elements', () => {
    const shown = part(
      {
        resourceType: 'ValueSet',
        status: 'active',
        url: 'urn:v',
        purpose: 'None',
        compose: { lockedDate: '2026-01-01', inactive: true, include: [{ system: 'urn:s' }] },
        expansion: { timestamp: '2026-01-01' },
      },
      { kind: 'summary' },
    )
    assert.equal(names(shown), 'resourceType status url meta')
    const statement = part(
      {
        resourceType: 'CapabilityStatement',
        status: 'active',
        rest: [{ mode: 'server', documentation: 'Long', resource: [{ type: 'Patient', documentation: 'Long' }] }],
      },
      { kind: 'summary' },
    )
    assert.deepEqual(statement.rest, [{ mode: 'server', resource: [{ type: 'Patient' }] }])
  })

  it('keep contained resources only where what is left refers to them', () => {
    const contained = [{ resourceType: 'Organization', id: 'o', name: 'O' }]
    const one = { ...patient, contained, managingOrganization: { reference: '#o' } }
    assert.deepEqual(part(one, { kind: 'summary' }).contained, contained)
    assert.equal(part({ ...patient, contained }, { kind: 'summary' }).contained, undefined)
    const partOf = { reference: '#p' }
    const whole = { resourceType: 'Organization', id: 'p', name: 'P' }
    const other = { resourceType: 'Organization', id: 'x', name: 'X' }
    const several = { ...one, contained: [other, { ...contained[0], partOf }, whole] }
    assert.deepEqual(part(several, { kind: 'summary' }).contained, [{ ...contained[0], partOf }, whole])
  })

  it('keep the digits of numbers', () => {
    const text =
      '{"resourceType":"Observation","status":"final","code":{},"valueQuantity":{"value":1.50},"component":[{"code":{},"valueQuantity":{"value":2.0}}]}'
    const shown = part(parseJson(text).value as object, { kind: 'summary' })
    assert.match(serialize(shown), /"value":1\.50.*"value":2\.0\b/)
  })

  it('name their elements without the type of a choice', () => {
    assert.ok(elementNames('Patient', definitions).includes('deceased'))
    assert.deepEqual(elementNames('Unheard', definitions), [])
  })

  it('are valid as R4 defines the type, but for its invariants, and hold nothing that the whole does not', async () => {
    const validator = createValidator(definitions, { rules: 'open' })
    const failing: string[] = []
    for (const [name, resource] of samples()) {
      const one = Object.keys(resource).at(-1)!
      for (const subset of [...KINDS.map((kind) => ({ kind }) as Subset), elements(resource.resourceType, one)]) {
        const shown = part(resource, subset)
        const { meta, questionnaire: _form, ...rest } = shown as Record<string, unknown>
        const checked = { ...rest, resourceType: resource.resourceType, meta: { tag: (meta as { tag: object }).tag } }
        const errors = (await validator.check(checked)).filter((one) => isError(one) && one.detail !== 'invariant')
        if (errors.length > 0) failing.push(`${name} ${subset.kind}: ${errors.map(({ text }) => text).join(' ')}`)
        for (const key of Object.keys(rest)) assert.ok(Object.hasOwn(resource, key), `${name} ${subset.kind}: ${key}`)
      }
    }
    assert.deepEqual(failing, [])
  })
})
