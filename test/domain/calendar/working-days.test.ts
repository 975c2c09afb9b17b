/** Working days in Mississippi: weekends, legal holidays, clock changes, and what a bad table of holidays is refused for. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { dayOf } from '../../../server/fhir/dates.ts'
import { checkHolidays, holidaysOf, type HolidayRules } from '../../../server/domain/calendar/holidays.ts'
import { createCalendar, MOST_DAYS } from '../../../server/domain/calendar/working-days.ts'

const RULES = checkHolidays(
  JSON.parse(readFileSync(new URL('../../../capability/rules/holidays.json', import.meta.url), 'utf8')) as HolidayRules,
)
const ZONE = 'America/Chicago'
const { isWorkingDay, workingDaysAfter } = createCalendar(RULES, ZONE)
const DAY = 86_400_000

const after = (from: string, days: number): string => new Date(workingDaysAfter(Date.parse(from), days)).toISOString()

describe('domain / calendar / the holidays of the state', () => {
  it('are those of the law in 2026', () => {
    assert.deepEqual(holidaysOf(2026, RULES.yearly), [
      '2026-01-01',
      '2026-01-19',
      '2026-02-16',
      '2026-04-27',
      '2026-05-25',
      '2026-07-04',
      '2026-09-07',
      '2026-11-11',
      '2026-11-26',
      '2026-12-25',
    ])
  })

  it('move to Monday when they fall on a Sunday, also over the end of a year', () => {
    assert.ok(holidaysOf(2027, RULES.yearly).includes('2027-07-05'))
    assert.ok(holidaysOf(2023, RULES.yearly).includes('2023-01-02'))
    assert.equal(isWorkingDay('2023-01-02'), false)
    const newYearBefore = { ...RULES, yearly: [{ name: 'New Year', month: 1, day: 1, observed: { saturday: -1 } }] }
    assert.equal(createCalendar(newYearBefore, ZONE).isWorkingDay('2021-12-31'), false)
  })

  it('fall on the last Monday of a month, whether that is the fourth or the fifth', () => {
    assert.ok(holidaysOf(2026, RULES.yearly).includes('2026-04-27'))
    assert.ok(holidaysOf(2029, RULES.yearly).includes('2029-04-30'))
  })

  it('leave out February 29 in a year without it', () => {
    assert.deepEqual(holidaysOf(2027, [{ name: 'Leap day', month: 2, day: 29 }]), [])
    assert.deepEqual(holidaysOf(2028, [{ name: 'Leap day', month: 2, day: 29 }]), ['2028-02-29'])
  })
})

const DEADLINES: readonly (readonly [title: string, from: string, days: number, to: string])[] = [
  ['Monday to Wednesday', '2026-11-16T15:00:00.000Z', 2, '2026-11-18T15:00:00.000Z'],
  ['over a weekend', '2026-11-13T15:00:00.000Z', 2, '2026-11-17T15:00:00.000Z'],
  ['from a Saturday', '2026-11-14T15:00:00.000Z', 1, '2026-11-16T15:00:00.000Z'],
  ['over Thanksgiving', '2026-11-25T15:00:00.000Z', 1, '2026-11-27T15:00:00.000Z'],
  ['over Christmas and a weekend', '2026-12-24T15:00:00.000Z', 1, '2026-12-28T15:00:00.000Z'],
  ['over New Year', '2026-12-31T15:00:00.000Z', 1, '2027-01-04T15:00:00.000Z'],
  ['by the day of the zone, not of UTC: Friday evening', '2026-11-14T03:00:00.000Z', 1, '2026-11-17T03:00:00.000Z'],
  ['at the same time of day when clocks go back', '2026-10-30T15:00:00.000Z', 1, '2026-11-02T16:00:00.000Z'],
  ['at the same time of day when clocks go forward', '2026-03-06T16:00:00.000Z', 1, '2026-03-09T15:00:00.000Z'],
  ['no day at all', '2026-11-14T15:00:00.000Z', 0, '2026-11-14T15:00:00.000Z'],
]

describe('domain / calendar / a deadline in working days', () => {
  for (const [title, from, days, to] of DEADLINES) it(`is counted ${title}`, () => assert.equal(after(from, days), to))

  it('closes and opens single days as the table says', () => {
    const rules: HolidayRules = {
      ...RULES,
      closed: [{ date: '2026-11-27', name: 'Proclaimed by the governor' }],
      open: [{ date: '2026-11-28', name: 'Intake fair' }],
    }
    const calendar = createCalendar(rules, ZONE)
    const at = Date.parse('2026-11-25T15:00:00Z')
    assert.equal(new Date(calendar.workingDaysAfter(at, 1)).toISOString(), '2026-11-28T15:00:00.000Z')
  })

  it('is a working day, with so many working days after the first one, whatever the instant and the zone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2060, 0) }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('America/Chicago', 'UTC', 'Asia/Kolkata', 'Pacific/Auckland', 'Europe/Dublin'),
        (at, days, zone) => {
          const calendar = createCalendar(RULES, zone)
          const day = (instant: number): string => dayOf(instant, zone)
          const end = calendar.workingDaysAfter(at, days)
          const counted = new Set<string>()
          for (let each = at; day(each) <= day(end); each += DAY / 2)
            if (day(each) > day(at) && calendar.isWorkingDay(day(each))) counted.add(day(each))
          assert.ok(calendar.isWorkingDay(day(end)), day(end))
          assert.equal(counted.size, days)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('ends after ten years at the latest, whatever a program asks for', () => {
    const at = Date.parse('2026-11-16T15:00:00Z')
    assert.equal(workingDaysAfter(at, 2_147_483_647), workingDaysAfter(at, MOST_DAYS))
  })
})

const REFUSED: readonly (readonly [what: string, change: object, says: RegExp])[] = [
  ['a list that is none', { closed: 'never' }, /`closed` must be a list/],
  ['a weekday that there is not', { weekend: ['caturday'] }, /`weekend` has `caturday`/],
  [
    'a week without a working day',
    { weekend: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] },
    /every day of the week/,
  ],
  ['a month that there is not', { yearly: [{ name: 'Never', month: 13, day: 1 }] }, /`Never` has the month `13`/],
  ['a day that the month lacks', { yearly: [{ name: 'Never', month: 6, day: 31 }] }, /day `31`, which month 6/],
  ['neither a day nor a weekday', { yearly: [{ name: 'Never', month: 6 }] }, /`Never` needs either/],
  ['a fifth Monday', { yearly: [{ name: 'Never', month: 6, weekday: 'monday', nth: 5 }] }, /`nth` takes 1 to 4 or -1/],
  ['a move by weeks', { yearly: [{ name: 'Far', month: 6, day: 1, observed: { sunday: 14 } }] }, /-6 to 6 days/],
  ['a date that is none', { closed: [{ date: '2026-02-30', name: 'Never' }] }, /`2026-02-30`, which is not a day/],
]

describe('domain / calendar / a table of holidays', () => {
  for (const [what, change, says] of REFUSED)
    it(`is refused with ${what}`, () => {
      assert.throws(() => checkHolidays({ ...RULES, ...change } as HolidayRules), says)
    })
})
