/** The policy of an open server: any R4 resource from any caller, visible to every agency. Only deletions are checked. */
import { EVERYONE } from '../../search/query.ts'
import { completeMeta } from '../complete.ts'
import { checkDeletions } from '../deletions.ts'
import type { Policy } from './policy.ts'

export const openPolicy = (): Policy => ({
  seesAll: () => true,
  checkCriteria: () => undefined,
  setElements: {},
  checkDeleter: () => undefined,
  checkWriter: () => undefined,
  derive: () => Promise.resolve([]),
  complete: completeMeta,
  follow: (_context, changes) => Promise.resolve(changes),
  check: async (state) => ({ issues: [], guards: await checkDeletions(state), jobs: [], writes: [] }),
  audiences: (_context, changes) =>
    Promise.resolve({ of: changes.map(() => [{ agency: EVERYONE }]), writes: [], guards: [] }),
})
