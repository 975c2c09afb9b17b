/** Profiles that a profile imposes. https://hl7.org/fhir/extensions/StructureDefinition-structuredefinition-imposeProfile.html */
import assert from 'node:assert/strict'
import type { JsonObject } from '../../server/fhir/types.ts'
import { H, profile, summaries, validatorOf } from './validator-of.ts'

const urlOf = (id: string): string => `${H}/StructureDefinition/${id}`

const imposing = (...ids: readonly string[]): JsonObject => ({
  extension: ids.map((id) => ({
    url: 'http://hl7.org/fhir/StructureDefinition/structuredefinition-imposeProfile',
    valueCanonical: urlOf(id),
  })),
})

const named = profile('Patient', [{ id: 'Patient.name', min: 1 }], { url: urlOf('named'), ...imposing('born') })
const born = profile('Patient', [{ id: 'Patient.birthDate', min: 1 }], { url: urlOf('born'), ...imposing('named') })
const narrower = profile('Patient', [], { url: urlOf('narrower'), baseDefinition: urlOf('named') })
const lost = profile('Patient', [], { url: urlOf('lost'), ...imposing('nowhere') })
const { check } = validatorOf([named, born, narrower, lost])

const claiming = (id: string, more: object = {}): object => ({
  resourceType: 'Patient',
  meta: { profile: [urlOf(id)] },
  ...more,
})

describe('validate / imposed profiles', () => {
  it('bind a resource that claims the imposing profile, or is checked against it', async () => {
    const without = { name: [{ text: 'x' }] }
    assert.deepEqual(summaries(await check(claiming('named', without))), ['element-missing Patient.birthDate'])
    const issues = await check({ resourceType: 'Patient', ...without }, { profiles: [urlOf('named')] })
    assert.deepEqual(
      issues.map(({ profile: profile, expression }) => [profile, expression]),
      [[urlOf('born'), 'Patient.birthDate']],
    )
    assert.deepEqual(summaries(await check(claiming('named', { ...without, birthDate: '2000-01-01' }))), [])
  })

  it('are those of the base profiles, too', async () => {
    assert.deepEqual(summaries(await check(claiming('narrower', { name: [{ text: 'x' }] }))), [
      'element-missing Patient.birthDate',
    ])
  })

  it('may impose each other', async () => {
    const both = ['element-missing Patient.birthDate', 'element-missing Patient.name']
    assert.deepEqual(summaries(await check(claiming('named'))), both)
    assert.deepEqual(summaries(await check(claiming('born'))), both)
  })

  it('bind resources inside a Bundle, and are ignored where they are not defined', async () => {
    const entry = ['named', 'lost'].map((id) => ({
      resource: claiming(id, { name: [{ text: 'x' }] }),
      request: { method: 'POST', url: 'Patient' },
    }))
    assert.deepEqual(summaries(await check({ resourceType: 'Bundle', type: 'batch', entry })), [
      'element-missing Bundle.entry[0].resource.birthDate',
    ])
  })
})
