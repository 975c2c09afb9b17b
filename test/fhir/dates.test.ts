/** Dates: https://hl7.org/fhir/R4/datatypes.html#date and https://hl7.org/fhir/R4/search.html#date */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dateRange, dayOf, formatInstant, isDate, isDateTime, isInstant, isTime } from '../../server/fhir/dates.ts'

const ZONES = ['UTC', 'America/Chicago', 'America/Sao_Paulo', 'America/Havana', 'Asia/Kathmandu', 'Pacific/Kiritimati']

/** The range as two ISO texts. */
const range = (text: string, timeZone: string): string | undefined => {
  const found = dateRange(text, timeZone)
  return found && `${formatInstant(found.start)} ${formatInstant(found.end)}`
}

describe('fhir / dates / the range that a date names', () => {
  const cases: readonly [text: string, timeZone: string, range: string][] = [
    ['2026', 'UTC', '2026-01-01T00:00:00.000Z 2027-01-01T00:00:00.000Z'],
    ['2026-02', 'UTC', '2026-02-01T00:00:00.000Z 2026-03-01T00:00:00.000Z'],
    ['2026-12', 'UTC', '2026-12-01T00:00:00.000Z 2027-01-01T00:00:00.000Z'],
    ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z 2024-03-01T00:00:00.000Z'],
    ['0001-01-01', 'UTC', '0001-01-01T00:00:00.000Z 0001-01-02T00:00:00.000Z'],
    ['9999', 'UTC', '9999-01-01T00:00:00.000Z +010000-01-01T00:00:00.000Z'],
    ['2026-01-15', 'America/Chicago', '2026-01-15T06:00:00.000Z 2026-01-16T06:00:00.000Z'],
    ['2026-07', 'America/Chicago', '2026-07-01T05:00:00.000Z 2026-08-01T05:00:00.000Z'],
    // 23 hours in March, 25 in November
    ['2026-03-08', 'America/Chicago', '2026-03-08T06:00:00.000Z 2026-03-09T05:00:00.000Z'],
    ['2026-11-01', 'America/Chicago', '2026-11-01T05:00:00.000Z 2026-11-02T06:00:00.000Z'],
    // midnight did not exist in Sao Paulo on this day, and occurs twice in Havana on that one
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z 2018-11-05T02:00:00.000Z'],
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z 2026-11-02T05:00:00.000Z'],
    ['2026-01-15T10:20', 'America/Chicago', '2026-01-15T16:20:00.000Z 2026-01-15T16:21:00.000Z'],
    ['2026-01-15T10:20:30Z', 'America/Chicago', '2026-01-15T10:20:30.000Z 2026-01-15T10:20:31.000Z'],
    ['2026-01-15T10:20:30.5-05:00', 'UTC', '2026-01-15T15:20:30.500Z 2026-01-15T15:20:30.600Z'],
    ['2026-01-15T10:20:30.123+05:30', 'UTC', '2026-01-15T04:50:30.123Z 2026-01-15T04:50:30.124Z'],
    ['2026-01-15T10:20:30.123456Z', 'UTC', '2026-01-15T10:20:30.123Z 2026-01-15T10:20:30.124Z'],
    ['2016-12-31T23:59:60Z', 'UTC', '2017-01-01T00:00:00.000Z 2017-01-01T00:00:01.000Z'],
    ['2026-01-15T00:00:00+14:00', 'UTC', '2026-01-14T10:00:00.000Z 2026-01-14T10:00:01.000Z'],
  ]
  for (const [text, timeZone, expected] of cases) {
    it(`reads ${text} in ${timeZone}`, () => assert.equal(range(text, timeZone), expected))
  }

  const unreal = [
    '',
    '26',
    '2026-1',
    '2026-13',
    '2026-00',
    '2026-02-30',
    '2023-02-29',
    '2026-04-31',
    '2026-01-00',
    '0000',
    '2026-01-15T',
    '2026-01-15T10',
    '2026-01-15T24:00:00Z',
    '2026-01-15T10:60:00Z',
    '2026-01-15T10:20:61Z',
    '2026-01-15T10:20:30+15:00',
    '2026-01-15T10:20:30+14:30',
    '2026-01-15T10:20:30z',
    '2026-01T10:20:30Z',
    ' 2026',
    '2026-01-15 10:20',
    '-2026',
    '02026',
  ]
  for (const text of unreal) {
    it(`refuses \`${text}\``, () => assert.equal(range(text, 'UTC'), undefined))
  }

  it('puts every instant into exactly its own day', () => {
    const instant = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2100, 0, 1) })
    fc.assert(
      fc.property(instant, fc.constantFrom(...ZONES), (at, timeZone) => {
        const day = dateRange(dayOf(at, timeZone), timeZone)
        assert.ok(day && day.start <= at && at < day.end)
      }),
      { numRuns: 2000 },
    )
  })

  it('lets each day begin where the day before ends', () => {
    for (const timeZone of ZONES) {
      for (let day = Date.UTC(2015, 0, 1), end: number | undefined; day < Date.UTC(2020, 0, 1); day += 86_400_000) {
        const found = dateRange(formatInstant(day).slice(0, 10), timeZone)
        assert.ok(found && found.start < found.end)
        if (end !== undefined) assert.equal(found.start, end)
        end = found.end
      }
    }
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 0, 1) }), (at) => {
        assert.deepEqual(dateRange(formatInstant(at), 'Asia/Kathmandu'), { start: at, end: at + 1 })
      }),
    )
  })
})

describe('fhir / dates / which type a text is', () => {
  const is = (text: string) => [isDate(text), isDateTime(text), isInstant(text), isTime(text)]
  const cases: readonly [text: string, date: boolean, dateTime: boolean, instant: boolean, time: boolean][] = [
    ['2026', true, true, false, false],
    ['2026-03-31', true, true, false, false],
    ['2026-02-30', false, false, false, false],
    ['2026-03-31T10:20:30Z', false, true, true, false],
    ['2026-03-31T10:20:30.5+01:00', false, true, true, false],
    ['2026-03-31T10:20:30', false, false, false, false],
    ['2026-03-31T10:20Z', false, false, false, false],
    ['10:20:30', false, false, false, true],
    ['10:20:30.25', false, false, false, true],
    ['10:20', false, false, false, false],
    ['24:00:00', false, false, false, false],
    ['10:20:30Z', false, false, false, false],
  ]
  for (const [text, ...expected] of cases) it(`knows \`${text}\``, () => assert.deepEqual(is(text), expected))
})

describe('fhir / dates / the form of a date', () => {
  const part = fc.constantFrom(
    ...['2024', '0000', '-02', '-13', '-29', '-30', '-2', 'T', 'T23:59', 'T24:00', 'T13:28:17', 'T13:28:60', ':61'],
    ...['.5', '.', 'Z', 'z', '+05:00', '-14:00', '+14:01', '-13:60', '-15:00', ' ', 'x'],
  )
  const text = fc.array(part, { maxLength: 5 }).map((parts) => `2024${parts.join('')}`)

  it('is that of what names a range, with seconds and a zone where it has a time', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (one) => {
        const isReal = dateRange(one, 'UTC') !== undefined
        const isWhole = /T..:..:..(\.\d+)?(Z|[+-]..:..)$/.test(one)
        assert.equal(isDate(one), isReal && !one.includes('T'), one)
        assert.equal(isInstant(one), isReal && isWhole, one)
        assert.equal(isDateTime(one), isReal && (isWhole || !one.includes('T')), one)
      }),
      { numRuns: 3000 },
    )
  })
})
