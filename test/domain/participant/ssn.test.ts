/** Social security numbers: which are possible, and that nothing of them stays. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hashSsn, last4Of, readSsn, sealSsn, SSN, SSN_LAST4 } from '../../../server/domain/participant/ssn.ts'
import { OutcomeError } from '../../../server/fhir/outcome.ts'
import type { Resource } from '../../../server/fhir/types.ts'

const KEY = 'a key of the tests'
const OWN = { system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es', value: 'ES-88121' }

const patient = (value?: unknown, more: Partial<Resource> = {}): Resource => ({
  resourceType: 'Patient',
  identifier: [OWN, ...(value === undefined ? [] : [{ system: SSN, value }])] as never,
  ...more,
})
const last4 = (valueString: string) => [{ url: SSN_LAST4, valueString }]

function refusal(act: () => unknown): OutcomeError {
  try {
    act()
  } catch (error) {
    if (error instanceof OutcomeError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('A social security number', () => {
  it('has nine digits, with or without dashes in their places', () => {
    assert.equal(readSsn('219-09-9999'), '219099999')
    assert.equal(readSsn('219099999'), '219099999')
    for (const text of [
      '219-099999',
      '21909-9999',
      '219 09 9999',
      '21909999',
      '2190999990',
      'abc-de-fghi',
      '',
      ' 219099999',
      219099999,
      null,
    ]) {
      assert.equal(readSsn(text), undefined, String(text))
    }
  })

  it('is never of area 000, 666 or 900 and up, group 00 or serial 0000', () => {
    for (const text of ['000-12-3456', '666-12-3456', '900-12-3456', '999-12-3456', '123-00-3456', '123-45-0000'])
      assert.equal(readSsn(text), undefined, text)
    for (const text of ['001-01-0001', '665-12-3456', '667-12-3456', '899-99-9999']) assert.ok(readSsn(text), text)
  })
})

describe('Sealing the social security number of a participant', () => {
  it('takes it out and leaves its hash and its last four digits', () => {
    const { patient: sealed, hash, last4: four } = sealSsn(patient('219-09-9999'), KEY)
    assert.deepEqual(sealed.identifier, [OWN])
    assert.equal(four, '9999')
    assert.equal(last4Of(sealed), '9999')
    assert.equal(hash, hashSsn('219099999', KEY))
    assert.match(hash ?? '', /^[0-9a-f]{64}$/)
  })

  it('gives one hash for one number, however it is written, and another under another key', () => {
    assert.equal(sealSsn(patient('219-09-9999'), KEY).hash, sealSsn(patient('219099999'), KEY).hash)
    assert.notEqual(sealSsn(patient('219-09-9999'), KEY).hash, sealSsn(patient('219-09-9999'), 'another').hash)
    assert.equal(sealSsn(patient('219-09-9999'), Buffer.from(KEY)).hash, sealSsn(patient('219-09-9999'), KEY).hash)
  })

  it('knows it by the address and the OID of its system, in any spelling, and by its type', () => {
    for (const identifier of [
      { system: 'HTTP://hl7.org/fhir/sid/US-SSN', value: '219099999' },
      { system: 'https://hl7.org/fhir/sid/us-ssn/', value: '219099999' },
      { system: 'urn:oid:2.16.840.1.113883.4.1', value: '219099999' },
      {
        system: 'urn:x',
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'SS' }] },
        value: '219099999',
      },
    ]) {
      const { patient: sealed, hash } = sealSsn({ resourceType: 'Patient', identifier: [identifier] } as Resource, KEY)
      assert.ok(hash && !JSON.stringify(sealed).includes('219099999') && !('identifier' in sealed))
    }
    assert.equal(
      sealSsn({ resourceType: 'Patient', identifier: [{ system: 'urn:oid:2.16.840.1.113883.4.11', value: '1' }] }, KEY)
        .hash,
      undefined,
    )
  })

  it('leaves nothing of any number in what it makes or says', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{3}-?\d{2}-?\d{4}$/), (text) => {
        const digits = text.replaceAll('-', '')
        let output: string
        try {
          const { patient: sealed, hash } = sealSsn(patient(text), KEY)
          output = JSON.stringify({ ...sealed, extension: undefined }) + hash
        } catch (error) {
          output = JSON.stringify((error as OutcomeError).issues) + (error as OutcomeError).message
        }
        assert.ok(!output.includes(text) && !output.includes(digits))
      }),
      { seed: 7, numRuns: 500 },
    )
  })

  it('refuses an impossible one, and a second one, at their place', () => {
    const impossible = refusal(() => sealSsn(patient('666-12-3456'), KEY, 'Bundle.entry[0].resource'))
    assert.equal(impossible.status, 422)
    assert.deepEqual(
      impossible.issues.map((one) => [one.detail, one.expression]),
      [['value-format', 'Bundle.entry[0].resource.identifier[1].value']],
    )
    const two = refusal(() =>
      sealSsn(
        patient('219-09-9999', {
          identifier: [
            { system: SSN, value: '219-09-9999' },
            { system: SSN, value: '219-09-9998' },
          ],
        }),
        KEY,
      ),
    )
    assert.deepEqual(
      two.issues.map((one) => [one.detail, one.expression]),
      [['element-too-many', 'Patient.identifier']],
    )
  })

  it('keeps the last four digits of the stored participant when no number comes with it', () => {
    const before = patient(undefined, { extension: last4('9999') })
    assert.equal(last4Of(sealSsn(patient(), KEY, 'Patient', before).patient), '9999')
    assert.equal(
      last4Of(sealSsn(patient(undefined, { extension: last4('1234') }), KEY, 'Patient', before).patient),
      '9999',
    )
    assert.equal(last4Of(sealSsn(patient('219-09-1111'), KEY, 'Patient', before).patient), '1111')
  })

  it('takes no last four digits from a client', () => {
    const { patient: sealed } = sealSsn(patient(undefined, { extension: last4('1234') }), KEY)
    assert.ok(!('extension' in sealed))
  })

  it('changes nothing where there is nothing to seal', () => {
    const before = patient()
    assert.equal(sealSsn(before, KEY).patient, before)
  })
})
