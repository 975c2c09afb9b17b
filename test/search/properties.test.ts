/** What holds for any data: escapes, normalisation, cursors, and search as a plain reading of the resource. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dateRange } from '../../server/fhir/dates.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { escape, split, unescape } from '../../server/search/escape.ts'
import { extract } from '../../server/search/extract.ts'
import { match } from '../../server/search/match.ts'
import { parse } from '../../server/search/parse.ts'
import { normalise } from '../../server/search/types/string.ts'
import { NOW, CAPABILITY, CONTEXT, cursors } from './capability.ts'

const RUNS = { numRuns: 500 }

/** Any text, rich in the characters that mean something. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', '\\', ',', '|', '$', ' ') }),
)

/** Does a search find a resource? */
function finds(query: readonly [string, string][], resource: Resource): boolean {
  const context = { ...CONTEXT, now: NOW, viewer: 'unrestricted', handling: 'strict', cursors } as const
  const { where } = parse(CAPABILITY, query, context).query
  return match(where, { id: 'x', at: NOW, entries: extract(resource, CAPABILITY.searchParameters, CONTEXT) })
}

const referral = (elements: object): Resource => ({ resourceType: 'ServiceRequest', ...elements })

describe('search / for any data', () => {
  it('unescapes what it escapes, and cuts only where it should', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (parts) => {
        for (const separator of [',', '|', '$'] as const) {
          assert.deepEqual(split(parts.map(escape).join(separator), separator).map(unescape), parts)
        }
      }),
      RUNS,
    )
  })

  it('normalises a text once and for all', () => {
    fc.assert(
      fc.property(text, (any) => assert.equal(normalise(normalise(any)), normalise(any))),
      { numRuns: 5000 },
    )
  })

  it('finds a text by each of its beginnings', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('Σ', 'a', ' ', 'é', 'e\u0301', '한', 'ẞ', 'İ') }),
    )
    fc.assert(
      fc.property(word, fc.nat(), (any, cut) => {
        const points = [...any]
        const beginning = points.slice(0, cut % (points.length + 1)).join('')
        assert.ok(normalise(any).startsWith(normalise(beginning)))
      }),
      { numRuns: 5000 },
    )
  })

  it('finds a token by exactly its system and code, whatever they are', () => {
    const small = fc.constantFrom('a', 'b', 'a|b', 'a,b', 'a\\', '$', 'A')
    const coding = fc.record({ system: small, code: small }, { requiredKeys: ['code'] })
    fc.assert(
      fc.property(
        fc.array(coding, { maxLength: 3 }),
        small,
        fc.option(fc.oneof(small, fc.constant(''))),
        (codings, code, system) => {
          const searched = system === null ? escape(code) : `${escape(system)}|${escape(code)}`
          const expected = codings.some(
            (one) =>
              one.code.toLowerCase() === code.toLowerCase() && (system === null || (one.system ?? '') === system),
          )
          assert.equal(finds([['code', searched]], referral({ code: { coding: codings } })), expected)
          assert.equal(finds([['code:not', searched]], referral({ code: { coding: codings } })), !expected)
        },
      ),
      RUNS,
    )
  })

  it('finds what any alternative finds, and what all repetitions find', () => {
    const code = fc.constantFrom('a', 'b', 'c', 'd')
    const codes = fc.array(code, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(codes, codes, fc.array(code), (first, second, has) => {
        const resource = referral({ category: has.map((one) => ({ coding: [{ code: one }] })) })
        const expected = [first, second].every((list) => list.some((one) => has.includes(one)))
        assert.equal(
          finds(
            [
              ['category', first.join()],
              ['category', second.join()],
            ],
            resource,
          ),
          expected,
        )
      }),
      RUNS,
    )
  })

  it('finds a date by each prefix as a comparison of the days', () => {
    const day = fc.integer({ min: 1, max: 28 }).map((number) => `2026-03-${String(number).padStart(2, '0')}`)
    fc.assert(
      fc.property(day, day, day, (a, b, searched) => {
        const [start, end] = [a, b].sort()
        const found = (prefix: string) =>
          finds([['occurrence', prefix + searched]], referral({ occurrencePeriod: { start, end } }))
        const [from = '', to = ''] = [start, end]
        const same = from === searched && to === searched
        assert.deepEqual(['', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'].map(found), [
          same,
          !same,
          to > searched,
          from < searched,
          to > searched || same,
          from < searched || same,
          from > searched,
          to < searched,
        ])
      }),
      RUNS,
    )
  })

  it('finds a number by each prefix as integer arithmetic on hundredths', () => {
    const hundredths = fc.integer({ min: -300, max: 300 })
    const decimal = (value: number, digits: number): string => (value / 100).toFixed(digits)
    fc.assert(
      fc.property(hundredths, hundredths, fc.constantFrom(0, 1, 2), (value, hundreds, digits) => {
        const unit = 10 ** (2 - digits)
        const searched = Math.round(hundreds / unit) * unit
        const found = (prefix: string) =>
          finds([['dose', prefix + decimal(searched, digits)]], referral({ doseDecimal: value / 100 }))
        const same = 2 * value >= 2 * searched - unit && 2 * value < 2 * searched + unit
        assert.deepEqual(['', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'].map(found), [
          same,
          !same,
          value > searched,
          value < searched,
          value >= searched,
          value <= searched,
          value > searched,
          value < searched,
        ])
      }),
      RUNS,
    )
  })

  it('finds every instant on its own day, in every zone', () => {
    const zones = fc.constantFrom('Z', '-06:00', '+05:30', '+14:00')
    const instant = fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(instant, zones, (when, zone) => {
        const authoredOn = when.toISOString().replace('Z', zone)
        const range = dateRange(authoredOn, 'UTC')
        const local = new Intl.DateTimeFormat('sv-SE', { timeZone: CONTEXT.timeZone }).format(range?.start)
        assert.ok(finds([['authored', local]], referral({ authoredOn })))
      }),
      RUNS,
    )
  })

  it('reads back the cursor that it wrote', () => {
    const sorts = [
      { param: 'title', kind: 'string', descending: false },
      { param: 'authored', kind: 'date', descending: true },
    ] as const
    const cursor = fc.tuple(fc.option(fc.string({ unit: 'grapheme' })), fc.option(fc.maxSafeInteger()), fc.maxSafeNat())
    fc.assert(
      fc.property(cursor, (one) => assert.deepEqual(cursors.decode(cursors.encode(one), sorts), one)),
      RUNS,
    )
  })

  it('answers any parameters with a query or with 400', () => {
    const name = fc.oneof(
      fc.constantFrom('status', 'title', 'authored:missing', 'subject:Patient', '_count', '_sort', '_cursor', '_id'),
      text,
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text)), (params) => {
        try {
          finds(params, referral({}))
        } catch (error) {
          assert.equal((error as { status?: number }).status, 400, String(error))
        }
      }),
      RUNS,
    )
  })
})
