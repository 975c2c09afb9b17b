/** Elements by a path of their names. */
import assert from 'node:assert/strict'
import { idsAt, valuesAt } from '../../server/fhir/element-path.ts'

const CONSENT = {
  resourceType: 'Consent',
  status: 'active',
  provision: {
    type: 'permit',
    actor: [
      { reference: { reference: 'Organization/abe' } },
      { reference: { reference: 'https://elsewhere.example/Organization/vr' } },
      { reference: { reference: 'Practitioner/1' } },
      { reference: { reference: 'Organization/es/_history/2' } },
      { reference: null },
    ],
    class: [{ code: 'a' }, null, { code: 'b' }],
  },
}

describe('fhir / element path / values', () => {
  const cases: readonly [path: string, expected: unknown[]][] = [
    ['status', ['active']],
    ['provision.type', ['permit']],
    ['provision.class.code', ['a', 'b']],
    ['provision.actor.reference.reference.nothing', []],
    ['nothing.at.all', []],
  ]
  for (const [path, expected] of cases)
    it(`finds ${path}`, () => assert.deepEqual(valuesAt(CONSENT as never, path), expected))
})

describe('fhir / element path / ids', () => {
  it('are of references to records of the hub, of one type, at any version', () =>
    assert.deepEqual(idsAt(CONSENT as never, 'provision.actor.reference', 'Organization'), ['abe', 'es']))
})
