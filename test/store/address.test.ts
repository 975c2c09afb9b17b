/** Addresses of stores, as the settings write them. */
import assert from 'node:assert/strict'
import { parseStoreAddress } from '../../server/store/address.ts'

describe('store / address', () => {
  it('names a file, whatever is in its path, or the memory', () => {
    assert.deepEqual(parseStoreAddress('sqlite:data/my hub?x#y.db'), { kind: 'sqlite', path: 'data/my hub?x#y.db' })
    assert.deepEqual(parseStoreAddress('sqlite:memory:'), { kind: 'sqlite', path: 'memory:' })
    assert.deepEqual(parseStoreAddress('memory:'), { kind: 'memory' })
  })

  it('is nothing else', () => {
    for (const text of ['', 'sqlite:', 'memory:x', 'mysql://x', 'hub.db'])
      assert.equal(parseStoreAddress(text), undefined)
  })

  it('is a database of MongoDB, with its hosts', () => {
    const url = 'mongodb://user:secret@a.example:27017,b.example/hub?replicaSet=rs'
    assert.deepEqual(parseStoreAddress(url), { kind: 'mongodb', url })
    assert.equal(parseStoreAddress('mongodb://a.example'), undefined, 'no database is named')
  })
})
