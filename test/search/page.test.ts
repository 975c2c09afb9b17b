/** Cursors: opened only by whoever has the secret, and silent about what they hold. */
import assert from 'node:assert/strict'
import { createCursors } from '../../server/search/page.ts'
import type { Sort } from '../../server/search/query.ts'

const BY_DATE: readonly Sort[] = [{ param: 'date', kind: 'date', descending: false }]
const cursors = createCursors(Buffer.from('a secret of this test'))

describe('search / cursors', () => {
  it('are read again as they were written', () => {
    for (const cursor of [
      [1_700_000_000_000, 7],
      [null, 123_456],
    ])
      assert.deepEqual(cursors.decode(cursors.encode(cursor), BY_DATE), cursor)
  })

  it('have the same length whatever the creation order, which counts all records', () => {
    const lengths = [1, 9, 10, 999, 1000, 123_456_789, Number.MAX_SAFE_INTEGER].map(
      (creation) => cursors.encode([null, creation]).length,
    )
    assert.equal(new Set(lengths).size, 1)
  })

  it('keep a large state, opened only with what it belongs to', async () => {
    const state = { text: 'é"'.repeat(400_000), list: [1, null] }
    const text = await cursors.sealLarge(state, 'request 1')
    assert.ok(text.length < 100_000, `${text.length} characters: it is not compressed`)
    assert.deepEqual(await cursors.openLarge(text, 'request 1'), state)
    for (const [wrong, of] of [
      [text, 'request 2'],
      [`A${text.slice(1)}`, 'request 1'],
      ['', 'request 1'],
    ] as const)
      await assert.rejects(cursors.openLarge(wrong, of), /does not belong/)
  })

  it('never look the same twice', () => {
    assert.notEqual(cursors.encode([null, 5]), cursors.encode([null, 5]))
  })

  it('are refused when a value is not of the type that the parameter sorts by', () => {
    const sortedBy = (kind: Sort['kind']): readonly Sort[] => [{ param: 'p', kind, descending: false }]
    const values = { token: 'x', string: 'x', reference: 'x', uri: 'x', date: 1, number: 0.5, id: 'x', updated: 1 }
    for (const [kind, value] of Object.entries(values)) {
      const sort = sortedBy(kind as Sort['kind'])
      const other = typeof value === 'string' ? 1 : 'x'
      assert.deepEqual(cursors.decode(cursors.encode([value, 5]), sort), [value, 5])
      assert.throws(() => cursors.decode(cursors.encode([other, 5]), sort), /does not belong to this search/, kind)
    }
  })

  it('are refused when one bit is different, or when they are of another search or another hub', () => {
    const good = cursors.encode([null, 5])
    const others = createCursors(Buffer.from('a secret of another test'))
    const bad = [...good].map(
      (letter, index) => good.slice(0, index) + (letter === 'A' ? 'B' : 'A') + good.slice(index + 1),
    )
    for (const text of [...bad, '', 'x', others.encode([null, 5])])
      assert.throws(() => cursors.decode(text, BY_DATE), /`_cursor` does not belong to this search/)
    assert.throws(() => cursors.decode(good, []), /`_cursor` does not belong to this search/)
  })
})
