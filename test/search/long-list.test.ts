/** Lists of ids in a filter. */
import assert from 'node:assert/strict'
import { includes } from '../../server/search/long-list.ts'

describe('search / long-list', () => {
  it('finds what is in a list, short or long, and nothing else', () => {
    for (const length of [0, 1, 16, 17, 5000]) {
      const list = Array.from({ length }, (_, index) => `id${index}`)
      assert.equal(includes(list, `id${length - 1}`), length > 0)
      assert.equal(includes(list, `id${length}`), false)
      assert.equal(includes(list, 'toString'), false)
    }
  })
})
