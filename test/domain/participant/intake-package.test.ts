/** Which records belong to the package of a participant: capability/rules/intake-package.json. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { belongs, latestOf, typesOf, type IntakePackage } from '../../../server/domain/participant/intake-package.ts'
import { dateRange } from '../../../server/fhir/dates.ts'
import { ROOT } from '../../checks/files.ts'

const rule = JSON.parse(readFileSync(join(ROOT, 'capability/rules/intake-package.json'), 'utf8')) as IntakePackage
const visibility = JSON.parse(readFileSync(join(ROOT, 'capability/rules/visibility.json'), 'utf8')) as {
  participant: Record<string, string>
}
const range = (text: string) => dateRange(text, 'America/Chicago')!
const NOW = Date.parse('2026-06-01T12:00:00Z')

describe('domain / participant / intake package', () => {
  it('names only types of records about a participant, each once', () => {
    const types = rule.records.map(({ type }) => type)
    assert.equal(new Set(types).size, types.length)
    assert.deepEqual(
      types.filter((type) => visibility.participant[type] === undefined),
      [],
    )
    assert.deepEqual([...typesOf(rule).every, ...typesOf(rule).latest].sort(), [...types].sort())
  })

  it('has a consent while it is active and its period is not over, on its last day as well', () => {
    const consent = (end?: string, status = 'active') => ({
      resourceType: 'Consent',
      status,
      provision: end === undefined ? {} : { period: { end } },
    })
    const shown = [consent(), consent('2026-06-01'), consent('2026-05-31'), consent(undefined, 'inactive')]
    assert.deepEqual(
      shown.map((one) => belongs(rule, one, NOW, range)),
      [true, true, false, false],
    )
  })

  it('has no record of a type, or in a state, that the rule does not name', () => {
    for (const one of [
      { resourceType: 'Observation', status: 'final' },
      { resourceType: 'Task' },
      { resourceType: 'Goal', status: 'active' },
    ])
      assert.equal(belongs(rule, one, NOW, range), false)
    assert.equal(belongs(rule, { resourceType: 'RelatedPerson', active: true }, NOW, range), true)
  })

  it('has the latest assessment by its date, wherever it stands', () => {
    const form = (id: string, authored: string) => ({ resourceType: 'QuestionnaireResponse', id, authored })
    const forms = [
      form('a', '2026-03-01'),
      form('b', '2026-05-01T23:00:00-06:00'),
      form('c', '2026-05-01T23:30:00-05:00'),
    ]
    for (const order of [forms, [...forms].reverse()])
      assert.deepEqual(
        latestOf(rule, order, range).map(({ id }) => id),
        ['b'],
      )
    assert.deepEqual(latestOf(rule, [], range), [])
  })
})
