/** The policy of an open server: any R4 resource from any caller, visible to every agency, without the rules of the hub. */
import { EVERYONE } from '../../search/query.ts'
import { completeMeta } from '../complete.ts'
import type { Policy } from './policy.ts'

export const openPolicy = (): Policy => ({
  checkWriter: () => undefined,
  derive: () => Promise.resolve([]),
  complete: completeMeta,
  follow: (_context, changes) => Promise.resolve(changes),
  check: () => Promise.resolve({ issues: [], guards: [], jobs: [] }),
  audiences: (_context, changes) =>
    Promise.resolve({ of: changes.map(() => [{ agency: EVERYONE }]), writes: [], guards: [] }),
})
