/** A deny of a participant against an agency, as it is stored. */
import { PARTICIPANT } from '../../server/search/query.ts'
import type { Store } from '../../server/store/store.ts'
import { consent } from '../builders/index.ts'

export async function storeDeny(store: Store, id: string, against: string): Promise<void> {
  const body = consent(`Patient/${id}`, 'es', against)
  const resource = { ...body, id: `deny-${id}`, provision: { ...(body.provision as object), type: 'deny' } }
  await store.commit({
    writes: [
      {
        kind: 'put',
        method: 'PUT',
        resource,
        entries: [
          { kind: 'reference', param: PARTICIPANT, type: 'Patient', id },
          { kind: 'reference', param: 'actor', type: 'Organization', id: against },
        ],
        audience: [],
        author: 'es',
      },
    ],
  })
}
