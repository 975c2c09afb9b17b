/** The Tasks of a referral that are not closed. */
import type { Resource } from '../fhir/types.ts'
import type { Filter, Viewer } from '../search/query.ts'
import type { WriteNeeds } from './needs.ts'

const ENOUGH = 1000

/** As a condition, so that a commit can guard that no further one has come up. */
export const openTasksWhere = (needs: Pick<WriteNeeds, 'lifecycle'>, request: string): Filter => ({
  op: 'and',
  of: [
    { op: 'reference', param: 'focus', type: 'ServiceRequest', id: request },
    {
      op: 'not',
      of: { op: 'or', of: needs.lifecycle.terminal.map((code) => ({ op: 'token', param: 'status', code })) },
    },
  ],
})

export async function openTasksOf(needs: WriteNeeds, viewer: Viewer, request: string): Promise<readonly Resource[]> {
  const { versions } = await needs.store.find({
    type: 'Task',
    where: openTasksWhere(needs, request),
    viewer: viewer,
    limit: ENOUGH,
  })
  return versions.map((version) => JSON.parse(version.text) as Resource)
}
