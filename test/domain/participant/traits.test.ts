/** What of a participant is compared, whatever it is written like. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { traitsOf } from '../../../server/domain/participant/traits.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import { MATCHING } from './matching-tables.ts'

const traits = (patient: object) => traitsOf(MATCHING, { resourceType: 'Patient', ...patient } as Resource)

describe('The traits of a participant', () => {
  it('have each name with its parts, without suffixes', () => {
    const [name] = traits({ name: [{ family: 'García-López Jr.', given: ['María José', 'Ana'] }] }).names
    assert.deepEqual(name, {
      family: 'GARCIALOPEZ',
      familyParts: ['GARCIA', 'LOPEZ'],
      given: 'MARIA',
      middle: ['JOSE', 'ANA'],
    })
    for (const text of ['Elvis A Presley', 'Presley, Elvis A'])
      assert.deepEqual(traits({ name: [{ text }] }).names, [
        { family: 'PRESLEY', familyParts: [], given: 'ELVIS', middle: ['A'] },
      ])
  })

  it('have one number for a telephone, however it is written', () => {
    const values = [
      '+1 (662) 555-0101',
      '662.555.0101',
      '6625550101',
      '1-662-555-0101 ext. 9',
      'tel:+16625550101',
      '662 555 0101 x12',
      '(662) JKL-0101',
    ]
    for (const value of values)
      assert.deepEqual(traits({ telecom: [{ system: 'phone', value }] }).phones, ['6625550101'], value)
    assert.deepEqual(traits({ telecom: [{ system: 'phone', value: '911' }] }).phones, [])
    assert.deepEqual(traits({ telecom: [{ system: 'email', value: ' Ida@Mail.Example ' }] }).emails, [
      'ida@mail.example',
    ])
  })

  it('have one spelling of an address', () => {
    const addresses = [
      { line: ['12 North Oak Street Apt 4'], city: 'Tupelo', postalCode: '38801-1234' },
      { line: ['12 N. OAK ST', '#4'], city: 'TUPELO', postalCode: '38801' },
      { line: ['12 N Oak St., Unit 4'], city: 'tupelo', postalCode: '38801' },
    ]
    for (const address of addresses)
      assert.deepEqual(traits({ address: [address] }).addresses, [
        { house: '12', street: 'N OAK ST', city: 'TUPELO', zip: '38801' },
      ])
    assert.deepEqual(traits({ address: [{ state: 'MS' }] }).addresses, [])
  })

  it('are there for any JSON, whatever its shape', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    const patient = fc.record(
      { name: json, birthDate: json, gender: json, telecom: json, address: json, identifier: json },
      { requiredKeys: [] },
    )
    fc.assert(fc.property(patient, (one) => void traits(one as object)))
  })
})
