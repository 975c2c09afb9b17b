/** Definitions laid over those of the start, and the holder that exchanges them. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { createLive } from '../../server/definitions/live.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { withPosted } from '../../server/definitions/posted.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { address, codeSystem, profileOf } from '../builders/definitions.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const PATIENT = 'http://hl7.org/fhir/StructureDefinition/Patient'
const source = (content: object & { readonly id: string }) => ({ file: content.id, content: content as never })
const profile = profileOf('one', 'Patient', [{ id: 'Patient.telecom', min: 1 }])

describe('definitions / posted', () => {
  let start: Definitions
  before(async () => {
    start = await loadDefinitions(ROOT)
  })

  it('are found beside those of the start, with or without their version', () => {
    const definitions = withPosted(start, [source(profile), source(codeSystem('codes', ['a']))])
    assert.equal(definitions.find(profile.url)?.id, 'one')
    assert.equal(definitions.find(`${profile.url}|1`)?.id, 'one')
    assert.equal(definitions.find(`${profile.url}|2`), undefined)
    assert.equal(definitions.find(PATIENT), start.find(PATIENT))
    assert.equal(definitions.published('CodeSystem').length, start.published('CodeSystem').length + 1)
    assert.deepEqual([definitions.isPosted(profile.url), definitions.isPosted(PATIENT)], [true, false])
    assert.equal(start.find(profile.url), undefined)
  })

  it('never stand for one of the start, nor for one that was posted before', () => {
    const false_ = { ...profile, id: 'false', url: PATIENT }
    const second = { ...profile, id: 'second' }
    const definitions = withPosted(start, [source(false_), source(profile), source(second)])
    assert.equal(definitions.find(PATIENT), start.find(PATIENT))
    assert.equal(definitions.find(profile.url)?.id, 'one')
    assert.deepEqual(
      definitions.additional.map(({ file }) => file),
      ['one'],
    )
  })

  it('share the trees of the start, and keep those of their own', () => {
    const [one, other] = [withPosted(start, [source(profile)]), withPosted(start, [source(profile)])]
    assert.equal(one.structures.tree('Patient'), start.structures.tree('Patient'))
    assert.equal(one.structures.tree('Patient'), other.structures.tree('Patient'))
    assert.equal(one.structures.tree(profile.url).children.get('telecom')?.element.min, 1)
    assert.notEqual(one.structures.tree(profile.url), other.structures.tree(profile.url))
  })

  it('can be loaded again elsewhere from the additional resources', async () => {
    const { additional } = withPosted(start, [source(profile)])
    const again = await loadDefinitions(ROOT, { additional: structuredClone(additional) })
    assert.deepEqual(again.find(profile.url), profile)
    assert.deepEqual(again.additional, additional)
  })

  it('are exchanged as a whole; what somebody holds stays as it is', () => {
    const live = createLive(start)
    const before = live.definitions.current()
    live.exchange(withPosted(start, [source(profile)]))
    assert.equal(before, start)
    assert.equal(before.find(profile.url), undefined)
    const after = live.definitions.current()
    assert.equal(after.current(), after)
    assert.equal(live.definitions.find(profile.url)?.id, 'one')
    assert.equal(live.definitions.isPosted(address('StructureDefinition', 'one')), true)
    for (const name of ['capabilities', 'resourceTypes', 'all', 'structures', 'statement', 'additional'] as const)
      assert.equal(live.definitions[name], after[name], name)
    for (const name of ['capability', 'published'] as const)
      assert.deepEqual(live.definitions[name]('Patient'), after[name]('Patient'), name)
    assert.equal(live.definitions.isResourceType('Patient'), true)
  })
})
