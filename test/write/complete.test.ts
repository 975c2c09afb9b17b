/** What the hub fills in, in the two forms of a resource: as it is stored, and as it is validated. */
import assert from 'node:assert/strict'
import { HUB_ID } from '../../server/domain/participant/hub-id.ts'
import { SSN } from '../../server/domain/participant/ssn.ts'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import { refuse, type Issue } from '../../server/fhir/outcome.ts'
import type { Caller, Resource } from '../../server/fhir/types.ts'
import { complete, completeMeta, completing } from '../../server/write/complete.ts'

const ES: Caller = { agency: 'es', role: 'agency' }
const NOW = Date.parse('2026-11-28T12:00:00Z')
const VALUES = { newHubId: () => 'MS0000000001', ssnKey: 'key' }
const own = { system: 'urn:es', value: '1' }
const hub = (value: string) => ({ system: HUB_ID, value })

const patient = (more: object = {}): Resource => ({ resourceType: 'Patient', ...more }) as Resource
const written = (resource: Resource, last?: Resource) => complete(resource, { last, caller: ES, now: NOW }, VALUES)

describe('write / complete', () => {
  it('validates what it stores, with the same hub id and time', () => {
    const { stored, toValidate } = written(patient({ identifier: [own] }))
    assert.deepEqual(stored.identifier, [hub('MS0000000001'), own])
    assert.deepEqual(toValidate.identifier, [own, hub('MS0000000001')], 'behind what was sent, whose positions stay')
    const task = written({ resourceType: 'Task' } as Resource)
    assert.equal(task.stored.lastModified, '2026-11-28T12:00:00.000Z')
    assert.equal(task.toValidate.lastModified, task.stored.lastModified)
  })

  it('keeps the hub id of the state before', () => {
    const last = patient({ identifier: [hub('MS0000000007')] })
    const { stored, toValidate } = written(patient(), last)
    assert.deepEqual(stored.identifier, [hub('MS0000000007')])
    assert.deepEqual(toValidate.identifier, stored.identifier)
  })

  it('validates what the client sent in the place of the hub as it was sent, and stores its own', () => {
    const { stored, toValidate } = written(patient({ identifier: [hub('wrong')], meta: { versionId: ' ' } }))
    assert.deepEqual(stored.identifier, [hub('MS0000000001')])
    assert.deepEqual(stored.meta, { source: 'Organization/es' })
    assert.deepEqual(toValidate.identifier, [hub('wrong')])
    assert.deepEqual(toValidate.meta, { versionId: ' ' })
  })

  it('stores no social security number, and validates none', () => {
    const { stored, toValidate, ssn } = written(patient({ identifier: [{ system: SSN, value: '123-45-6789' }, own] }))
    assert.ok(ssn)
    for (const one of [stored, toValidate]) assert.doesNotMatch(serialize(one), /123-?45-?6789/)
  })

  it('fills in values of the right form without a write', () => {
    const task = complete({ resourceType: 'Task', authoredOn: '2031-01-01T00:00:00Z' } as Resource)
    assert.ok(Date.parse(String(task.toValidate.lastModified)) >= Date.parse('2031-01-01T00:00:00Z'))
    assert.deepEqual(complete(patient()).toValidate.identifier, [hub('MS0000000000')])
  })

  it('keeps the numbers of meta as they were written', () => {
    const sent = parseJson('{"resourceType":"Goal","meta":{"extension":[{"url":"u","valueDecimal":1.50}]}}').value
    assert.match(serialize(written(sent as Resource).stored), /"valueDecimal":1\.50/)
  })

  it('owns only meta in open mode', () => {
    const { stored, toValidate } = completeMeta(patient({ identifier: [own] }), { caller: ES })
    assert.deepEqual(stored, patient({ identifier: [own], meta: { source: 'Organization/es' } }))
    assert.deepEqual(toValidate, patient({ identifier: [own] }))
  })
})

describe('write / completing a validator', () => {
  const issue: Issue = {
    severity: 'error',
    detail: 'value-format',
    text: 'x',
    expression: 'Patient.identifier[0].value',
  }

  it('locates an issue in what was sent, from which a number was taken', async () => {
    const { check } = completing({ check: () => Promise.resolve([issue]) })
    const sent = patient({ identifier: [{ system: SSN, value: '123-45-6789' }, own] })
    assert.deepEqual(
      (await check(sent)).map(({ expression }) => expression),
      ['Patient.identifier[1].value'],
    )
  })

  it('answers what cannot be completed as issues, and passes on what the validator throws', async () => {
    const { check } = completing({ check: () => Promise.reject(refuse('check-too-long', 'Too long.')) })
    const impossible = patient({ identifier: [{ system: SSN, value: '000-00-0000' }] })
    assert.deepEqual(
      (await check(impossible)).map(({ detail }) => detail),
      ['value-format'],
    )
    await assert.rejects(check(patient()), /Too long/)
  })
})
