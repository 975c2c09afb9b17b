/** Displays of code systems of which only names are available. https://hl7.org/fhir/R4/datatypes-definitions.html#Coding.display */
import assert from 'node:assert/strict'
import { summaries, validatorOf } from './validator-of.ts'

const { check } = validatorOf([])
const saying = async (system: string, code: string, display: string): Promise<readonly string[]> =>
  summaries(await check({ resourceType: 'Basic', code: { coding: [{ system, code, display }] } }))

const WRONG = ['code-display Basic.code.coding[0].display']
const [COUNTRIES, LANGUAGES, CURRENCIES] = ['urn:iso:std:iso:3166', 'urn:ietf:bcp:47', 'urn:iso:std:iso:4217'] as const

describe('validate / a display of a country, a language or a currency', () => {
  it('is refused where it is the name of another', async () => {
    assert.deepEqual(await saying(COUNTRIES, 'BD', 'Australia'), WRONG)
    assert.deepEqual(await saying(LANGUAGES, 'fr-CA', 'English'), WRONG)
    assert.deepEqual(await saying(CURRENCIES, 'EUR', 'US Dollar'), WRONG)
  })

  it('may be its name, or any text that is the name of none', async () => {
    assert.deepEqual(await saying(COUNTRIES, 'BD', 'Bangladesh'), [])
    assert.deepEqual(await saying(COUNTRIES, 'US', 'United States of America'), [])
    assert.deepEqual(await saying(LANGUAGES, 'fr-CA', 'French'), [])
    assert.deepEqual(await saying(LANGUAGES, 'fr-CA', 'français'), [])
    assert.deepEqual(await saying(CURRENCIES, 'EUR', 'euro'), [])
  })
})
