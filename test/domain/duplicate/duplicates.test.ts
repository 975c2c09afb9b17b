/** What a participant has once at a time. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import {
  isDuplicate,
  onceAtATime,
  reasonOf,
  type DuplicateRules,
  type OnceAtATime,
} from '../../../server/domain/duplicate/duplicates.ts'
import { dateRange } from '../../../server/fhir/dates.ts'
import type { JsonObject } from '../../../server/fhir/types.ts'
import { codeSystemAt, coded, participation, profileAt, service } from '../../builders/index.ts'

const read = (path: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')) as JsonObject
const rules = read('capability/rules/duplicates.json') as unknown as DuplicateRules
const catalogue = read('valuesets/CodeSystem-service-catalogue.json')
const range = (text: string) => dateRange(text, 'America/Chicago')!

const once = (resource: JsonObject): OnceAtATime | undefined =>
  onceAtATime(rules, resource as never, (system) => (system === catalogue.url ? catalogue : undefined))
const program = (start: string, end?: string, code = 'adult', status = 'active'): OnceAtATime | undefined =>
  once(
    participation('Patient/p', 'es', {
      status,
      type: [coded(codeSystemAt('program'), code)],
      period: { start, ...(end ? { end } : {}) },
    }),
  )
const voucher = (start: string, end: string, by = 'es', code = 'transportation-voucher'): OnceAtATime | undefined =>
  once(
    service('Patient/p', by, {
      code: coded(codeSystemAt('service-catalogue'), code),
      performedPeriod: { start, end },
    }),
  )
const both = (one?: OnceAtATime, other?: OnceAtATime): boolean => {
  const results = [isDuplicate(one!, other!, range), isDuplicate(other!, one!, range)]
  assert.equal(results[0], results[1], 'either way round')
  return results[0]!
}

describe('domain / duplicates', () => {
  it('are two participations in one program that overlap, of whichever agency', () => {
    assert.ok(both(program('2026-01-01'), program('2026-03-01')))
    assert.ok(both(program('2026-01-01', '2026-02-10', 'adult', 'finished'), program('2026-02-01')))
    assert.ok(both(program('2026-01-01', '2026-01-01'), program('2026-01-01', '2026-01-01')))
    assert.ok(!both(program('2026-01-01'), program('2026-01-01', undefined, 'youth')), 'a co-enrollment')
    assert.ok(!both(program('2026-01-01', '2026-02-01'), program('2026-02-01')), 'one begins when the other ends')
    assert.ok(!both(program('2026-01-01', '2026-02-01'), program('2026-02-02')))
  })

  it('are none of a status that does not count, nor in a program without a name', () => {
    for (const status of ['cancelled', 'entered-in-error'])
      assert.equal(program('2026-01-01', undefined, 'adult', status), undefined)
    assert.equal(program('2026-01-01', undefined, 'other'), undefined)
  })

  it('are vouchers of two agencies that overlap, or recur in the time of the catalogue', () => {
    assert.ok(both(voucher('2026-01-01', '2026-02-05'), voucher('2026-02-01', '2026-02-28', 'abe')))
    assert.ok(both(voucher('2026-01-01', '2026-01-02'), voucher('2026-01-30', '2026-01-31', 'abe')), 'one month')
    assert.ok(!both(voucher('2026-01-01', '2026-01-02'), voucher('2026-02-01', '2026-02-02', 'abe')))
    const weekly = 'needs-related-payment'
    assert.ok(
      both(voucher('2026-01-05', '2026-01-06', 'es', weekly), voucher('2026-01-11', '2026-01-12', 'abe', weekly)),
    )
    assert.ok(
      !both(voucher('2026-01-05', '2026-01-06', 'es', weekly), voucher('2026-01-12', '2026-01-13', 'abe', weekly)),
    )
    const ever = 'work-attire-tools'
    assert.ok(both(voucher('2020-01-05', '2020-01-06', 'es', ever), voucher('2026-01-12', '2026-01-13', 'abe', ever)))
  })

  it('are none of one agency, which gives its vouchers as it decides, nor of a service without the guard', () => {
    assert.ok(!both(voucher('2026-01-01', '2026-01-31'), voucher('2026-01-01', '2026-01-31')))
    assert.equal(voucher('2026-01-01', '2026-01-31', 'es', 'career-counseling'), undefined)
    assert.ok(!both(voucher('2026-01-01', '2026-01-31'), voucher('2026-01-01', '2026-01-31', 'abe', 'childcare')))
  })

  it('have a reason where the record says one', () => {
    const extension = [{ url: profileAt('ext-duplicate-reason'), valueString: 'Two shifts.' }]
    assert.equal(reasonOf(rules, participation('Patient/p', 'es', { extension }) as never), 'Two shifts.')
    assert.equal(reasonOf(rules, participation('Patient/p', 'es') as never), undefined)
  })
})
