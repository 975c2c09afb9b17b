import assert from 'node:assert/strict'
import { greeting } from '../../server/cli/greeting.ts'

const url = 'http://127.0.0.1:8080/fhir'
const agencies = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `agency-${i}`, name: `The Agency of the Magnolia State Number ${i}` }))

describe('the greeting', () => {
  it('has at most 15 lines, however many agencies there are', () => {
    for (const count of [0, 1, 5, 10, 50, 500]) {
      const lines = greeting({ url, agencies: agencies(count), store: { kind: 'memory' } }).split('\n')
      assert.ok(lines.length <= 15, `${lines.length} lines for ${count} agencies`)
    }
  })

  it('says where the hub is, where its records are and who its agencies are', () => {
    const text = greeting({ url, agencies: agencies(2), store: { kind: 'sqlite', path: '.hub/hub.sqlite' } })
    assert.match(text, /listens at http:\/\/127\.0\.0\.1:8080\/fhir and keeps its records in \.hub\/hub\.sqlite\./)
    assert.match(text, /X-Agency/)
    assert.match(text, /agency-1 \(The Agency of the Magnolia State Number 1\)/)
  })

  it('gives three curl lines', () => {
    const text = greeting({ url, agencies: agencies(3), store: { kind: 'memory' } })
    assert.equal(text.split('\n').filter((line) => line.startsWith('  curl ')).length, 3)
  })

  it('names a MongoDB without its password', () => {
    const address = { kind: 'mongodb', url: 'mongodb://hub:secret@a.example,b.example/hub?w=majority' } as const
    const text = greeting({ url: 'http://127.0.0.1:8080/fhir', agencies: [], store: address })
    assert.match(text, /in MongoDB at a\.example,b\.example\/hub\./)
    assert.doesNotMatch(text, /secret/)
  })
})
