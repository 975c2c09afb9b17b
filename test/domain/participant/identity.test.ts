/** The hub id of a participant, and by what two participants are known to be one. */
import assert from 'node:assert/strict'
import { HUB_ID, hubIdOf, isHubId, newHubId, withHubId } from '../../../server/domain/participant/hub-id.ts'
import { identityKeys, identityTokens, sameParticipant } from '../../../server/domain/participant/identity.ts'
import type { Resource } from '../../../server/fhir/types.ts'

const ES = { system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es', value: 'ES-88121' }
const hub = (value: string) => ({ system: HUB_ID, value })
const patient = (...identifier: readonly object[]): Resource => ({
  resourceType: 'Patient',
  identifier: identifier as never,
})

describe('A hub id', () => {
  it('is MS and ten digits', () => {
    assert.equal(
      newHubId(() => 12345),
      'MS0000012345',
    )
    assert.equal(
      newHubId((limit) => limit - 1),
      'MS9999999999',
    )
    assert.ok(isHubId(newHubId()))
    for (const text of ['MS123', 'XX0000012345', 'MS00000123456', 'ms0000012345']) assert.ok(!isHubId(text))
  })

  it('is made when a participant is created, whatever the client sends in its place', () => {
    const made = withHubId(patient(ES, hub('MS9999999999')), undefined, () => 'MS0000000001')
    assert.deepEqual(made.identifier, [hub('MS0000000001'), ES])
    assert.equal(hubIdOf(withHubId({ resourceType: 'Patient' }, undefined, () => 'MS0000000001')), 'MS0000000001')
  })

  it('is kept over every update', () => {
    const before = patient(hub('MS0000000001'), ES)
    const never = () => assert.fail('no id is to be made')
    for (const sent of [
      patient(ES),
      patient(ES, hub('MS9999999999')),
      patient(hub('MS0000000001'), hub('MS0000000001')),
    ]) {
      assert.equal(hubIdOf(withHubId(sent, before, never)), 'MS0000000001')
      assert.equal(
        (withHubId(sent, before, never).identifier as readonly unknown[]).filter(
          (one) => (one as { system: string }).system === HUB_ID,
        ).length,
        1,
      )
    }
    assert.equal(withHubId(before, before, never), before)
  })
})

describe('Two participants are one person', () => {
  it('when they share the hub id, an agency’s identifier, or the hash of the social security number', () => {
    const elvis = identityKeys(patient(hub('MS0000000001'), ES), 'abc')
    assert.ok(sameParticipant(elvis, identityKeys(patient(hub('MS0000000001')))))
    assert.ok(sameParticipant(elvis, identityKeys(patient(ES))))
    assert.ok(sameParticipant(elvis, identityKeys(patient(), 'abc')))
  })

  it('and not when they share what others may have as well', () => {
    const licence = { system: 'urn:oid:2.16.840.1.113883.4.3.28', value: 'D-1' }
    const elvis = identityKeys(patient(ES, licence), 'abc')
    assert.ok(
      !sameParticipant(
        elvis,
        identityKeys(patient(licence, { value: 'ES-88121' }, { ...ES, value: 'ES-88122' }), 'abd'),
      ),
    )
    assert.ok(!sameParticipant(elvis, identityKeys(patient({ ...ES, system: `${ES.system}x` }))))
    assert.ok(!sameParticipant([], []))
  })

  it('is searched by tokens, each once', () => {
    assert.deepEqual(identityTokens(patient(ES, ES, hub('MS0000000001'), { system: ES.system })), [
      { system: ES.system, code: 'ES-88121' },
      { system: HUB_ID, code: 'MS0000000001' },
    ])
    assert.deepEqual(identityTokens({ resourceType: 'Patient' }), [])
  })
})
