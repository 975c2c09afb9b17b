/** Rules that speak of today and now go by the clock and the zone that the validator is given. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { createDefinitions, loadDefinitions } from '../../server/definitions/load.ts'
import { evaluate } from '../../server/fhirpath/expression.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { createWorkerThread } from '../../server/validate/large/worker-thread.ts'
import { profile } from './validator-of.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const AT = Date.parse('2026-03-01T03:30:00Z')
const clock = { now: () => AT, timeZone: 'America/Chicago' }

const born = profile('Patient', [
  {
    id: 'Patient',
    constraint: [
      { key: 'x-1', severity: 'error', human: 'Born.', expression: 'birthDate.where($this > today()).empty()' },
    ],
  },
])
const patient = (birthDate: string) => ({ resourceType: 'Patient', birthDate })

describe('validate / the clock', () => {
  const definitions = createDefinitions([{ file: 'born.json', content: born }])
  const rulesBroken = async (birthDate: string, isQuick: boolean): Promise<readonly string[]> => {
    const { check } = createValidator(definitions, { rules: 'open', clock, isQuick })
    const issues = await check(patient(birthDate), { profiles: [String(born.url)] })
    return issues.map(({ detail }) => detail)
  }

  it('says which day is today, in its zone', async () => {
    // In Chicago it is half past nine in the evening of the last of February.
    for (const isQuick of [true, false]) {
      assert.deepEqual(await rulesBroken('2026-02-28', isQuick), [])
      assert.deepEqual(await rulesBroken('2026-03-01', isQuick), ['invariant'])
    }
  })

  it('holds for large resources, too', async () => {
    const thread = createWorkerThread({ rules: 'open', clock })
    const loaded = await loadDefinitions(ROOT, { additional: [{ file: 'born.json', content: born }] })
    const check = (birthDate: string) => thread.check(loaded, patient(birthDate), { profiles: [String(born.url)] })
    try {
      assert.deepEqual(await check('2026-02-28'), [])
      assert.equal((await check('2026-03-01'))[0]?.detail, 'invariant')
    } finally {
      await thread.end()
    }
  })

  it('is that of the machine where none is given', () => {
    const [today, now] = evaluate('today().toString() | now().toString()', {}) as string[]
    assert.match(today ?? '', /^\d{4}-\d\d-\d\d$/)
    assert.ok(Math.abs(Date.parse(now ?? '') - Date.now()) < 60_000)
  })

  it('holds for dates that are compared with the moment, which is left to the engine of HL7', () => {
    const isLater = (dateTime: string) => evaluate('dateTime > now()', { resourceType: 'Consent', dateTime }, { clock })
    // On the day itself nobody knows: the date has no time.
    assert.deepEqual([isLater('2026-02-28'), isLater('2026-03-01'), isLater('2026-03-02')], [[false], [], [true]])
    const far = { now: () => Date.parse('2031-05-06T12:00:00Z'), timeZone: 'America/Chicago' }
    assert.deepEqual(evaluate('(now() + 1 day).toString().substring(0, 10)', {}, { clock: far }), ['2031-05-07'])
    assert.deepEqual(evaluate('(today() - 1 day).toString()', {}, { clock: far }), ['2031-05-05'])
  })

  it('tells the moment, in any zone', () => {
    assert.deepEqual(evaluate("'2026-02-28T21:30:00-06:00' = now().toString()", {}, { clock }), [false])
    assert.deepEqual(evaluate('now().toString()', {}, { clock }), ['2026-03-01T03:30:00.000Z'])
    assert.deepEqual(evaluate('today().toString()', {}, { clock }), ['2026-02-28'])
  })
})
