/** The day by which a program makes the first contact is counted in working days, in the hub's time zone. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { given, made, type Given } from '../given.ts'
import { assessment, consent, decisions, resident } from '../builders/index.ts'

/** [sent at, first contact by] for adult education, which promises it within 2 working days. */
const CASES: readonly (readonly [title: string, sent: string, by: string])[] = [
  [
    'a Friday evening that is Saturday in UTC, before a holiday',
    '2027-02-13T03:00:00.000Z',
    '2027-02-18T03:00:00.000Z',
  ],
  ['the day before Thanksgiving', '2026-11-25T15:00:00.000Z', '2026-11-30T15:00:00.000Z'],
  ['a Monday', '2026-12-07T15:00:00.000Z', '2026-12-09T15:00:00.000Z'],
]

describe('operations / $submit-referrals and $refer / first contact', () => {
  let hub: Given
  let now = Date.parse('2026-11-24T15:00:00Z')
  before(async () => {
    hub = await given(
      {},
      createClock(() => now),
    )
  })
  after(() => hub.stop())

  for (const [title, sent, by] of CASES)
    it(`is due two working days after ${title}`, async () => {
      now = Date.parse(sent)
      const ui = hub.as('ui')
      const subject = `Patient/${made(await ui.post('/Patient', resident('ui', sent))).id}`
      made(await ui.post('/Consent', consent(subject, 'ui', 'abe')))
      const response = `QuestionnaireResponse/${made(await ui.post('/QuestionnaireResponse', assessment(subject))).id}`
      const sentBundle = made(await ui.post(`/${subject}/$submit-referrals`, decisions(response, { abe: true })))
      const task = sentBundle.entry.map((one: any) => one.resource).find((one: any) => one.resourceType === 'Task') // eslint-disable-line @typescript-eslint/no-explicit-any -- read freely
      assert.equal(task.restriction?.period.end, by)
      const referred = made(
        await ui.post(`/${subject}/$refer`, {
          resourceType: 'Parameters',
          parameter: [
            { name: 'service', valueCode: 'adult-basic-education' },
            { name: 'performer', valueReference: { reference: 'Organization/abe' } },
          ],
        }),
      )
      assert.equal(referred.entry[1].resource.restriction?.period.end, by, '$refer sets the same day')
    })
})
