/** Local time against Intl, which is read here in another way: as text. https://www.iana.org/time-zones */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { localTime } from '../../server/fhir/zone.ts'

const ZONES = ['America/Chicago', 'America/Havana', 'Asia/Kathmandu', 'Africa/Monrovia', 'Australia/Lord_Howe', 'UTC']

const formats = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
)

/** The wall clock of a zone to the second, such as `2026-03-08T01:59:59`. */
const wallClock = (at: number, timeZone: string): string => formats.get(timeZone)!.format(at).replace(' ', 'T')

const toSecond = (at: number): string => new Date(at).toISOString().slice(0, 19)

describe('fhir / local time', () => {
  it('is the wall clock of the zone, at any instant', () => {
    const instants = fc.integer({ min: Date.UTC(1850, 0, 1), max: Date.UTC(2100, 0, 1) })
    const check = (at: number, zone: string) => assert.equal(toSecond(localTime(at, zone)), wallClock(at, zone))
    fc.assert(fc.property(instants, fc.constantFrom(...ZONES), check), { numRuns: 2000 })
  })

  it('changes in the middle of an hour where the zone does', () => {
    // Liberia set its clocks to UTC at 00:44:30; Lord Howe Island moves them by half an hour.
    const cases: readonly [instant: string, zone: string][] = [
      ['1972-01-07T00:44:29Z', 'Africa/Monrovia'],
      ['1972-01-07T00:44:30Z', 'Africa/Monrovia'],
      ['2026-04-04T14:59:59Z', 'Australia/Lord_Howe'],
      ['2026-04-04T15:00:00Z', 'Australia/Lord_Howe'],
      ['2026-03-08T07:59:59Z', 'America/Chicago'],
      ['2026-03-08T08:00:00Z', 'America/Chicago'],
    ]
    for (const [instant, zone] of cases) {
      const at = Date.parse(instant)
      assert.equal(toSecond(localTime(at, zone)), wallClock(at, zone), `${instant} in ${zone}`)
    }
  })

  it('exists at the last instant of JavaScript', () => {
    assert.ok(Number.isFinite(localTime(8_640_000_000_000_000, 'America/Chicago')))
  })
})
