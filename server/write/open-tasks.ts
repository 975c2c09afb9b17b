/** The Tasks of a referral that are not closed. */
import { REFERRAL_CODE } from '../domain/referral/task.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { Filter } from '../search/query.ts'

/** As a condition, so that a commit can guard that no further one has come up. */
export const openTasksWhere = ({ terminal }: Pick<Lifecycle, 'terminal'>, request: string): Filter => ({
  op: 'and',
  of: [
    { op: 'reference', param: 'focus', type: 'ServiceRequest', id: request },
    { op: 'token', param: 'code', ...REFERRAL_CODE },
    { op: 'not', of: { op: 'or', of: terminal.map((code) => ({ op: 'token', param: 'status', code })) } },
  ],
})
