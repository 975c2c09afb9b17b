import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigFault } from '../../server/config.ts'
import { loadSecretKey } from '../../server/start/secret-key.ts'

describe('start / the key of Social Security numbers', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nwd-key-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const at = () => ({ ssnKey: undefined, store: { kind: 'sqlite', path: join(folder, 'deep', 'hub.sqlite') } as const })

  it('is made once and kept beside the store, for its owner only', () => {
    const key = loadSecretKey(at())
    assert.equal(key.length, 32)
    assert.deepEqual(loadSecretKey(at()), key)
    const file = join(folder, 'deep', 'hub.sqlite.ssn-key')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(readFileSync(file, 'utf8'), `${key.toString('hex')}\n`)
  })

  it('is another one for another store', () => {
    const other = { ssnKey: undefined, store: { kind: 'sqlite', path: join(folder, 'other.sqlite') } as const }
    assert.notDeepEqual(loadSecretKey(at()), loadSecretKey(other))
  })

  it('is the one of the setting when that is given', () => {
    const given = 'a secret of at least thirty-two characters'
    assert.equal(loadSecretKey({ ...at(), ssnKey: given }).toString(), given)
  })

  it('is not replaced when its file is damaged', () => {
    const broken = { ssnKey: undefined, store: { kind: 'sqlite', path: join(folder, 'broken.sqlite') } as const }
    writeFileSync(join(folder, 'broken.sqlite.ssn-key'), 'half a key')
    assert.throws(
      () => loadSecretKey(broken),
      (error) => error instanceof ConfigFault && /restore it from a backup/.test(error.message),
    )
  })

  it('must be set for a MongoDB, which several hubs share', () => {
    const store = { kind: 'mongodb', url: 'mongodb://127.0.0.1/hub' } as const
    assert.throws(() => loadSecretKey({ ssnKey: undefined, store }), /Set HUB_SSN_KEY/)
  })
})
