/** Trees and snapshots. https://hl7.org/fhir/R4/profiling.html#snapshot */
import assert from 'node:assert/strict'
import type { CanonicalResource } from '../../../server/definitions/canonical-resource.ts'
import { openR4 } from '../../../server/definitions/r4.ts'
import { snapshotOf } from '../../../server/definitions/structures/snapshot.ts'
import { createStructures } from '../../../server/definitions/structures/structures.ts'

const BASE = 'http://hl7.org/fhir/StructureDefinition'
const URL = 'https://state.example/fhir/StructureDefinition/x'
const r4 = openR4()

type DifferentialElement = { readonly id?: string; readonly path?: string; readonly [key: string]: unknown }

describe('definitions / structures / snapshot', () => {
  it('keeps every element that the differential does not name', () => {
    const before = snapshotOf(createStructures(r4.find).tree('Patient')).length
    assert.equal(snapshot('Patient', [{ id: 'Patient.active', min: 1 }]).length, before)
  })

  it('lays what the differential says over what the base says', () => {
    const active = element('Patient', [{ id: 'Patient.active', min: 1 }], 'Patient.active')
    assert.equal(active?.min, 1)
    assert.equal(active.max, '1')
    assert.deepEqual(active.type, [{ code: 'boolean' }])
  })

  it('adds rules to those of the base', () => {
    const constraint = [{ key: 'x-1', severity: 'error', human: 'x', expression: 'true' }]
    const contact = element('Patient', [{ id: 'Patient.contact', constraint }], 'Patient.contact')
    assert.deepEqual(
      contact?.constraint?.map((one) => one.key),
      ['pat-1', 'x-1'],
    )
  })

  it('unfolds a data type where the differential walks into it', () => {
    const ids = snapshot('Patient', [{ id: 'Patient.name.family', min: 1 }]).map((one) => one.id)
    assert.ok(ids.includes('Patient.name.family'))
    assert.ok(ids.includes('Patient.name.given'))
  })

  it('follows a content reference', () => {
    const changes = [{ id: 'Questionnaire.item.item.text', min: 1 }]
    assert.equal(element('Questionnaire', changes, 'Questionnaire.item.item.text')?.min, 1)
    assert.equal(element('Questionnaire', changes, 'Questionnaire.item.text')?.min, 0)
  })

  it('opens slices, each with the children of the sliced element', () => {
    const changes = [
      { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' } },
      { id: 'Patient.identifier:a', min: 1, max: '1' },
      { id: 'Patient.identifier:a.system', fixedUri: 'urn:a' },
    ]
    assert.equal(element('Patient', changes, 'Patient.identifier:a')?.min, 1)
    assert.equal(element('Patient', changes, 'Patient.identifier:a.system')?.fixedUri, 'urn:a')
    assert.equal(element('Patient', changes, 'Patient.identifier:a.value')?.max, '1')
    assert.equal(element('Patient', changes, 'Patient.identifier')?.min, 0)
  })

  it('reads slices without ids by their order', () => {
    const changes = [
      { path: 'Patient.identifier', sliceName: 'a' },
      { path: 'Patient.identifier.system', fixedUri: 'urn:a' },
      { path: 'Patient.identifier', sliceName: 'b' },
      { path: 'Patient.identifier.system', fixedUri: 'urn:b' },
    ]
    assert.equal(element('Patient', changes, 'Patient.identifier:a.system')?.fixedUri, 'urn:a')
    assert.equal(element('Patient', changes, 'Patient.identifier:b.system')?.fixedUri, 'urn:b')
  })

  it('opens reslices inside a slice', () => {
    const changes = [
      { id: 'Patient.identifier:a', min: 0 },
      { id: 'Patient.identifier:a/b', min: 1 },
    ]
    assert.equal(element('Patient', changes, 'Patient.identifier:a/b')?.min, 1)
  })

  it('takes a concrete name of a choice as its slice of that type', () => {
    const changes = [{ id: 'Observation.valueQuantity', path: 'Observation.valueQuantity', min: 1 }]
    const found = element('Observation', changes, 'Observation.value[x]:valueQuantity')
    assert.equal(found?.min, 1)
    assert.deepEqual(
      found.type?.map((one) => one.code),
      ['Quantity'],
    )
  })

  it('builds the tree of every type, resource, profile and extension of R4', () => {
    const structures = createStructures(r4.find)
    const names = [
      ...r4.resourceTypes,
      'HumanName',
      'Timing',
      'Extension',
      `${BASE}/bodyweight`,
      `${BASE}/patient-nationality`,
    ]
    for (const name of names) assert.ok(structures.tree(name).children.size > 0, name)
  })
})

function snapshot(type: string, elements: readonly DifferentialElement[]) {
  const profile = {
    resourceType: 'StructureDefinition',
    url: URL,
    type,
    kind: 'resource',
    baseDefinition: `${BASE}/${type}`,
    derivation: 'constraint',
    differential: { element: elements.map((one) => ({ ...one, path: one.path ?? one.id?.replace(/:[^.]*/g, '') })) },
  }
  const find = (url: string): CanonicalResource | undefined =>
    url === URL ? (profile as unknown as CanonicalResource) : r4.find(url)
  return snapshotOf(createStructures(find).tree(URL))
}

const element = (type: string, elements: readonly DifferentialElement[], id: string) =>
  snapshot(type, elements).find((one) => one.id === id)
