/** `start` and `end` of Patient/$everything. https://hl7.org/fhir/R4/patient-operation-everything.html */
import assert from 'node:assert/strict'
import { isWithin } from '../../../server/domain/participant/care-dates.ts'
import { dateRange } from '../../../server/fhir/dates.ts'

const range = (text: string) => dateRange(text, 'America/Chicago')!
const MARCH = { start: range('2026-03-01').start, end: range('2026-03-31').end }

describe('domain / participant / care dates', () => {
  const CASES: readonly (readonly [what: string, resource: object, isWithin: boolean])[] = [
    ['a day at the beginning', { resourceType: 'Condition', recordedDate: '2026-03-01' }, true],
    ['a day at the end', { resourceType: 'Condition', recordedDate: '2026-03-31' }, true],
    ['the day after', { resourceType: 'Condition', recordedDate: '2026-04-01' }, false],
    ['an instant, by the zone of the hub', { resourceType: 'Task', authoredOn: '2026-04-01T04:00:00Z' }, true],
    ['an instant after the last day', { resourceType: 'Task', authoredOn: '2026-04-01T06:00:00Z' }, false],
    ['a year around it', { resourceType: 'Basic', created: '2026' }, true],
    ['a period without an end that began before', { resourceType: 'CarePlan', period: { start: '2025-01-01' } }, true],
    [
      'a period that was over',
      { resourceType: 'EpisodeOfCare', period: { start: '2025-01-01', end: '2026-02-28' } },
      false,
    ],
    [
      'the onset before the day of recording',
      { resourceType: 'Condition', onsetDateTime: '2020', recordedDate: '2026-03-02' },
      false,
    ],
    ['no care date', { resourceType: 'RelatedPerson', birthDate: '1990-01-01' }, true],
    ['a participant', { resourceType: 'Patient', birthDate: '1990-01-01' }, true],
  ]
  for (const [what, resource, expected] of CASES) {
    it(`${expected ? 'have' : 'have not'} ${what} in March`, () => {
      assert.equal(isWithin(resource as { resourceType: string }, MARCH, range), expected)
    })
  }
})
