/**
 * Resources of many kinds, half of them with one fault, and the verdict of the HL7 validator (as HAPI FHIR 8.8 packages
 * it, without a terminology server) on each: a line of hl7-verdicts.ndjson. `why` is there where ours is another.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseJson } from '../../server/fhir/json.ts'
import { isError, OutcomeError, type Issue } from '../../server/fhir/outcome.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { validatorOf } from './validator-of.ts'

type RecordedVerdict = {
  readonly group: string
  readonly name: string
  readonly valid: boolean
  readonly why?: string
  readonly profile?: string
  /** As JSON, or as text where it is none or not as it would be written. */
  readonly resource?: unknown
  readonly text?: string
}

const REASONS: Readonly<Record<string, string>> = {
  'vital-sign': 'R4 demands the profile of a vital sign; so has the validator when it is not packaged',
  display: 'a display that is not one of its code; without a terminology server the other only warns',
  'media-type': 'the binding of media types is required, and this is none',
  narrative: 'it is no XML of the kind that R4 allows, or would run something',
  definition: 'an expression that cannot be parsed, a discriminator that leads nowhere',
  rule: 'a rule of R4 in FHIRPath, which the other does not evaluate',
  form: 'R4’s own pattern of the primitive takes it, and JSON does not tell 1.0 from 1',
  coding: 'one coding of a concept that fits is enough; a version that is not available is not wrong',
  option: 'an answer that is among the options, or to a question without any',
  'no rule': 'R4 only advises against it',
  lenient: 'R4’s own examples do the same, or it changes no meaning',
}

const lines = <Line>(name: string): readonly Line[] =>
  readFileSync(path.join(import.meta.dirname, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

const all = lines<RecordedVerdict>('hl7-verdicts.ndjson')
const { check } = validatorOf(lines<JsonObject>('hl7-verdicts-questionnaires.ndjson'))

async function errorsOf({ text, resource, profile }: RecordedVerdict): Promise<readonly Issue[]> {
  try {
    const value = text === undefined ? resource : parseJson(text).value
    return (await check(value, { profiles: profile ? [profile] : [] })).filter(isError)
  } catch (fault) {
    if (fault instanceof OutcomeError) return fault.issues
    throw fault
  }
}

describe('validate / resources with the verdict of the HL7 validator', () => {
  for (const group of new Set(all.map((one) => one.group))) {
    const ones = all.filter((one) => one.group === group)
    it(`get its verdict, or another for a reason: ${group} (${ones.length})`, async () => {
      for (const one of ones) {
        const errors = await errorsOf(one)
        const expected = one.why === undefined ? one.valid : !one.valid
        assert.equal(errors.length === 0, expected, `${one.name}: ${errors.map(({ text }) => text).join(' ')}`)
      }
    })
  }

  it('are valid and invalid, and agreed on but for a few, each for a reason that is listed', () => {
    const others = all.flatMap(({ why }) => why ?? [])
    assert.deepEqual([...new Set(others)].sort(), Object.keys(REASONS).sort())
    assert.ok(others.length / all.length < 0.07, `${others.length} of ${all.length}`)
    for (const valid of [true, false]) assert.ok(all.filter((one) => one.valid === valid).length > 200)
  })
})
