/** The records as a transaction leaves them: what its conditions cost. */
import assert from 'node:assert/strict'
import { transactionState } from '../../server/interactions/transaction-state.ts'
import type { CreateNeeds } from '../../server/interactions/create.ts'
import type { Call } from '../../server/interactions/call.ts'
import type { Query } from '../../server/search/query.ts'
import type { View } from '../../server/records/view.ts'
import type { Resource } from '../../server/fhir/types.ts'

describe('interactions / transaction state', () => {
  it('makes the index entries of each resource once, however many conditions there are', async () => {
    let extracted = 0
    const extract = ({ id }: Resource) => {
      extracted += 1
      return [{ kind: 'token' as const, param: 'identifier', code: String(id) }]
    }
    const written = Array.from({ length: 50 }, (_, index) => ({ resourceType: 'Patient', id: `p${index}` }))
    const needs = { index: { extract } } as unknown as CreateNeeds
    const view = { find: () => Promise.resolve({ versions: [] }), query: (query: object) => query } as unknown as View
    const state = transactionState({ needs, outer: { now: 0 } as Call, view }, { deleted: [], written })
    for (const { id } of written) {
      const where = { op: 'token' as const, param: 'identifier', code: id }
      const query: Query = { type: 'Patient', where, viewer: 'unrestricted', limit: 2 }
      assert.deepEqual((await state.single(query, { type: 'Patient', query: `identifier=${id}` }))?.key, {
        type: 'Patient',
        id,
      })
      assert.equal(written.filter((one) => state.meets(query, one)).length, 1)
    }
    assert.equal(extracted, written.length)
  })
})
