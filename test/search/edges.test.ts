/** Edge cases of dates and numbers: what a value of a resource is found by. https://hl7.org/fhir/R4/search.html#prefix */
import assert from 'node:assert/strict'
import type { Resource } from '../../server/fhir/types.ts'
import { extract } from '../../server/search/extract.ts'
import { DEFAULT_LIMITS } from '../../server/search/limits.ts'
import { match } from '../../server/search/match.ts'
import { parse } from '../../server/search/parse.ts'
import { CAPABILITY, CONTEXT, cursors, NOW } from './capability.ts'

type Edge = readonly [value: unknown, found: string, notFound: string]

/** Does `text` (values with spaces between them) find a referral with this element? The zone of the hub is `timeZone`. */
function check(parameter: string, element: string, [value, found, notFound]: Edge, timeZone: string): void {
  const context = { ...CONTEXT, timeZone }
  const resource: Resource = { resourceType: 'ServiceRequest', [element]: value } as Resource
  const entries = extract(resource, CAPABILITY.searchParameters, context)
  const finds = (text: string): boolean => {
    const { where } = parse(CAPABILITY, [[parameter, text]], {
      ...context,
      now: NOW,
      viewer: 'unrestricted',
      handling: 'strict',
      limits: DEFAULT_LIMITS,
      cursors,
    }).query
    return match(where, { id: 'x', at: NOW, entries })
  }
  const texts = (list: string): readonly string[] => list.split(' ').filter((one) => one !== '')
  for (const text of texts(found)) assert.equal(finds(text), true, `${text} finds ${JSON.stringify(value)}`)
  for (const text of texts(notFound)) assert.equal(finds(text), false, `${text} does not find ${JSON.stringify(value)}`)
}

const DATES: readonly Edge[] = [
  // A time zone may put an instant on the day before or after.
  ['2026-03-01T01:00:00+14:00', '2026-02-28 2026-02 eq2026-02-28T11:00:00Z lt2026-03 sa2026-02-27', '2026-03-01 2026-03 ge2026-03-01'],
  ['2026-02-28T23:00:00-12:00', '2026-03-01 ge2026-03 eb2026-03-02', '2026-02-28 2026-02'],
  ['2026-03-01T00:00:00Z', '2026-03-01 2026-03-01T00:00Z ge2026-03-01 le2026-03-01 2026-02-28T18:00:00-06:00', 'gt2026-03-01 lt2026-03-01 2026-02-28'],
  ['2026-03-01T23:59:59.999Z', '2026-03-01 lt2026-03-02 eb2026-03-02', '2026-03-02 gt2026-03-01'],
  // Leap days, and the ends of months and years.
  ['2024-02-29', '2024-02-29 2024-02 2024 gt2024-02-28 lt2024-03-01 eb2024-03', '2024-03 gt2024-02-29 sa2024-02-29'],
  ['2024-02', '2024-02 2024 le2024-02-29 ge2024-02-01 ne2024-02-29', '2024-02-29 eb2024-02-29 sa2024-02-01'],
  ['2023-12-31', '2023 lt2024 eb2024 ge2023-12-31', '2024 gt2023'],
  // A year contains its days; a day does not contain the year.
  ['2026', '2026 ge2026 le2026 ge2026-01-01 le2026-12-31 gt2026-06-01 lt2026-06-01 ne2026-06-01', '2026-06-01 2026-06 sa2026-06-01 eb2026-06-01 gt2026 lt2026'],
  ['2026-06-01T10:30:00Z', '2026-06-01T10:30Z 2026-06-01T10:30:00Z ge2026-06-01T10:30:00.000Z', '2026-06-01T10:31Z 2026-06-01T10:30:01Z'],
  // Open ends.
  [{ start: '2026-03' }, 'ge2026-03 gt2999 ge2026-03-31 sa2026-02 ne2026-03', '2026-03 eb2999 lt2026-03 sa2026-03-01'],
  [{ end: '2026-03' }, 'le2026-03 lt0002 lt2026-03-31 eb2026-04', '2026-03 sa1900 gt2026-03 eb2026-03-31'],
  [{ start: '2026-03-01', end: '2026-03-31' }, '2026-03 2026 ge2026-03 le2026-03 gt2026-03-15 lt2026-03-15 sa2026-02 eb2026-04', '2026-03-15 sa2026-03-01 eb2026-03-31 gt2026-03 lt2026-03'],
  // A Timing counts by its outer limits, with whatever is open.
  [{ event: ['2026-01-31', '2026-03-24'] }, 'ge2026-01-31 le2026-03-24 gt2026-02 lt2026-02 2026', 'sa2026-02 eb2026-02 2026-02'],
  [{ repeat: { boundsPeriod: { start: '2026-01' } } }, 'gt2999 sa2025', 'eb2999 lt2026'],
] // prettier-ignore

const NUMBERS: readonly Edge[] = [
  [
    100,
    '100 100.00 1e2 1.00e2 1.0e+2 ge100 le100 eq100 ap105 ne99 gt99.99 lt100.01',
    '99 101 gt100 lt100 ne100 sa100 eb100 ap120',
  ],
  [99.5, '100 1e2 99.5 ge99.5 lt100', '99 99.50001 ne100'],
  [100.5, '101 100.5 gt100', '100 100.50001 ne101'],
  [100.004, '100 100.00 100.004', '100.0041 100.01'],
  [99.995, '100 100.00', '99.99 100.000'],
  [0.8, '0.8 8e-1 8.0E-1 0.80 gt0.79 lt0.81', '0.9 0.81 gt0.8 lt0.8'],
  [0.1 + 0.2, '0.3 0.30 gt0.3', '0.31 lt0.3'],
  [0.3, '0.30000000000000000000000 0.3', '0.30000000000000000001e1'],
  [-2, '-2 -2.0 lt0 lt-1 gt-3 le-2 ge-2 ap-2.1', '2 -3 gt-2 lt-2 ge0'],
  [-1.5, '-1 -1.5 -1.50', '-2 -1.4'],
  [0, '0 -0 0.0 0e5 ge0 le0 ge-0', '1 gt0 lt0 ne0'],
  [5e-7, '0 5e-7 0.0000005 gt0 lt1e-6', '2e-6 gt1e-6'],
  [1e21, '1e21 1000000000000000000000 gt1e20', '2e21 lt1e21'],
  [149, '1e2 100.0e0,149', '1e3 15.0e1'],
  [150, '15e1 2e2', '1e2 16e1'],
  [{ low: { value: 20 }, high: { value: 40 } }, 'ge20 le40 gt30 lt30 sa19 eb41', '30 3e1 sa20 eb40 gt40 lt20'],
]

describe('search / edge cases', () => {
  for (const edge of DATES) {
    const element = typeof edge[0] === 'string' ? 'authoredOn' : 'event' in (edge[0] as object) || 'repeat' in (edge[0] as object) ? 'occurrenceTiming' : 'occurrencePeriod' // prettier-ignore
    const parameter = element === 'authoredOn' ? 'authored' : 'occurrence'
    it(`of the date ${JSON.stringify(edge[0])}`, () => check(parameter, element, edge, 'UTC'))
  }

  it('of a day in a zone, which lasts as long as there', () => {
    // Clocks went forward on that day: it has 23 hours.
    check('authored', 'authoredOn', ['2026-03-08', '2026-03-08 sa2026-03-08T05:59:59Z eb2026-03-09T05:00:00Z', 'eb2026-03-09T04:59:59Z'], 'America/Chicago') // prettier-ignore
    check('authored', 'authoredOn', ['2026-03-09T05:00:00Z', '2026-03-09 2026-03-09T00:00', '2026-03-08'], 'America/Chicago') // prettier-ignore
    check('authored', 'authoredOn', ['2026-03-08T10:00:00Z', '2026-03-09T00:00 2026-03-09', '2026-03-08'], 'Pacific/Kiritimati') // prettier-ignore
  })

  for (const edge of NUMBERS) {
    const element = typeof edge[0] === 'number' ? 'doseDecimal' : 'doseRange'
    it(`of the number ${JSON.stringify(edge[0])}`, () => check('dose', element, edge, 'UTC'))
  }
})
