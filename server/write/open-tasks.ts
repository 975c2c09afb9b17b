/** The Tasks of a referral that are not closed. */
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { Resource } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import type { Filter } from '../search/query.ts'

/** As a condition, so that a commit can guard that no further one has come up. */
export const openTasksWhere = ({ terminal }: Pick<Lifecycle, 'terminal'>, request: string): Filter => ({
  op: 'and',
  of: [
    { op: 'reference', param: 'focus', type: 'ServiceRequest', id: request },
    { op: 'not', of: { op: 'or', of: terminal.map((code) => ({ op: 'token', param: 'status', code })) } },
  ],
})

export const openTasksOf = (lifecycle: Lifecycle, view: View, request: string): Promise<readonly Resource[]> =>
  view.list('Task', openTasksWhere(lifecycle, request))
