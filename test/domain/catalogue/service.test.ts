/** Services against the published catalogue. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { checkCategory } from '../../../server/domain/catalogue/service.ts'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import type { JsonObject } from '../../../server/fhir/types.ts'

const published = (id: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../../valuesets/CodeSystem-${id}.json`, import.meta.url), 'utf8')) as JsonObject

const concept = (system: string, code: string) => ({ coding: [{ system: codeSystem(system), code }] })
describe('domain / catalogue / service', () => {
  const catalogue = published('service-catalogue')
  const enrollment = (service: string, category: string) => ({
    resourceType: 'Procedure',
    code: concept('service-catalogue', service),
    category: concept('service-category', category),
  })

  it('takes the category of the catalogue and refuses another', () => {
    assert.deepEqual(checkCategory(enrollment('resume-assistance', 'basic'), catalogue), [])
    const [issue] = checkCategory(enrollment('resume-assistance', 'training'), catalogue)
    assert.match(issue?.text ?? '', /`training`.*`resume-assistance`.*`basic`/)
  })
})
