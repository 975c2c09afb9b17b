/** The posted definitions that a record depends on, by which it is found before one of them changes. */
import assert from 'node:assert/strict'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { withPosted } from '../../server/definitions/posted.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { claimsOf } from '../../server/write/dependents.ts'
import { address, profileOf, questionnaire } from '../builders/definitions.ts'
import { profileAt } from '../builders/index.ts'
import { ROOT } from '../checks/files.ts'

const source = (content: object & { readonly id: string }) => ({ file: content.id, content: content as never })
const profile = profileOf('needs-phone', 'Patient', [{ id: 'Patient.telecom', min: 1 }])
const extension = profileOf('shoe-size', 'Extension', [])
const form = questionnaire('survey', [{ linkId: 'a', type: 'boolean' }])

describe('write / the posted definitions that a record depends on', () => {
  let start: Definitions, posted: Definitions
  before(async () => {
    start = await loadDefinitions(ROOT)
    posted = withPosted(start, [profile, extension, form].map(source))
  })

  const claims = (more: object, definitions = posted) =>
    claimsOf(definitions, { resourceType: 'Patient', ...more } as unknown as Resource)

  it('are the profiles that it claims, by url, and by version where it names one', () => {
    assert.deepEqual(claims({ meta: { profile: [profile.url] } }), [profile.url])
    assert.deepEqual(claims({ meta: { profile: [`${profile.url}|1`] } }), [profile.url, `${profile.url}|1`])
  })

  it('are the questionnaire that it answers', () => {
    assert.deepEqual(claims({ resourceType: 'QuestionnaireResponse', questionnaire: form.url }), [form.url])
  })

  it('are the extensions that it has, at any depth, each once', () => {
    const extended = { extension: [{ url: extension.url, valueInteger: 42 }] }
    assert.deepEqual(claims({ ...extended, name: [{ family: 'A', ...extended }] }), [extension.url])
  })

  it('are no definitions of the start, and none that nobody posted', () => {
    const others = [profileAt('hub-participant'), address('StructureDefinition', 'other')]
    assert.deepEqual(claims({ meta: { profile: others }, extension: [{ url: others[1] }] }), [])
    assert.deepEqual(claims({ meta: { profile: [profile.url] }, extension: [{ url: extension.url }] }, start), [])
  })

  it('are none where a record has another shape than its type', () => {
    for (const meta of [7, { profile: 'text' }, { profile: [7] }])
      assert.deepEqual(claims({ meta, questionnaire: 7 }), [])
  })
})
