/** Profiles, tags and labels of a Meta: added and taken away. */
import assert from 'node:assert/strict'
import { metaWith, metaWithout } from '../../server/fhir/meta.ts'

const base = {
  versionId: '3',
  profile: ['https://example.org/a'],
  tag: [{ system: 'https://example.org', code: 'x', display: 'As it was' }],
}

describe('fhir / meta', () => {
  it('adds what is lacking, and leaves what is there as it is', () => {
    const more = {
      profile: ['https://example.org/a', 'https://example.org/b'],
      tag: [{ system: 'https://example.org', code: 'x', display: 'Another' }, { code: 'y' }],
      security: [{ system: 's', code: 'R' }],
    }
    assert.deepEqual(metaWith(base, more), {
      versionId: '3',
      profile: ['https://example.org/a', 'https://example.org/b'],
      tag: [...base.tag, { code: 'y' }],
      security: [{ system: 's', code: 'R' }],
    })
    assert.deepEqual(metaWith({}, { profile: ['p'] }), { profile: ['p'] })
  })

  it('takes away by system and code, whatever the display, and leaves no empty list', () => {
    assert.deepEqual(metaWithout(base, { tag: [{ system: 'https://example.org', code: 'x' }] }), {
      versionId: '3',
      profile: base.profile,
    })
    assert.deepEqual(metaWithout(base, { tag: [{ code: 'x' }], profile: ['https://example.org/c'] }), base)
    assert.deepEqual(metaWithout(base, { tag: base.tag, profile: base.profile }), { versionId: '3' })
  })
})
