/** Identifiers of SNOMED CT by their form, and filters that name them. https://hl7.org/fhir/R4/snomedct.html */
import assert from 'node:assert/strict'
import { isSctid } from '../../server/terminology/sctid.ts'
import { summaries, validatorOf } from '../validate/validator-of.ts'

describe('terminology / identifiers of SNOMED CT', () => {
  for (const text of ['138875005', '404684003', '73211009', '900000000000207008']) {
    it(`takes \`${text}\``, () => assert.ok(isSctid(text)))
  }

  for (const text of ['73211008', '732110090', '37211009', '12345', '0404684003', 'asthma', '']) {
    it(`refuses \`${text}\``, () => assert.ok(!isSctid(text)))
  }

  it('are what a filter by concept names', async () => {
    const { check } = validatorOf([])
    const filtered = async (value: string) => {
      const include = [{ system: 'http://snomed.info/sct', filter: [{ property: 'concept', op: 'is-a', value }] }]
      const valueSet = { resourceType: 'ValueSet', name: 'V', status: 'active', compose: { include } }
      return summaries(await check(valueSet)).filter((one) => !one.startsWith('warning'))
    }
    assert.deepEqual(await filtered('404684003'), [])
    assert.deepEqual(await filtered('findings'), ['value-conflict ValueSet.compose.include[0].filter[0]'])
  })
})
