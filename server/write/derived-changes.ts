/** Changes that follow from others and belong in the same commit: a revoked referral ends its open Tasks. */
import { keyText, type Resource } from '../fhir/types.ts'
import { followUps } from '../domain/referral/follow.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { Change, PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'
import { openTasksOf } from './open-tasks.ts'

const ENDINGS = ['revoked', 'entered-in-error']

export async function derivedChanges(
  lifecycle: Lifecycle,
  context: WriteContext,
  changes: readonly PreparedChange[],
): Promise<readonly Change[]> {
  const named = new Set(changes.map((one) => keyText(one.key)))
  const ended = await Promise.all(changes.map(({ change, before }) => tasksToEnd(lifecycle, context, change, before)))
  return ended.flat().filter((one) => !named.has(`Task/${one.resource.id}`))
}

type Put = Change & { readonly kind: 'put' }

async function tasksToEnd(
  lifecycle: Lifecycle,
  { view, now }: WriteContext,
  change: Change,
  before: Resource | undefined,
): Promise<readonly Put[]> {
  if (!before || !endsReferral(change)) return []
  const { resource, at } = change
  const open = await openTasksOf(lifecycle, view, resource.id)
  return followUps(before, resource, open, now).map((task) => ({
    kind: 'put',
    create: false,
    resource: task as Put['resource'],
    derived: true,
    at,
  }))
}

const endsReferral = (one: Change): one is Put =>
  one.kind === 'put' && one.resource.resourceType === 'ServiceRequest' && ENDINGS.includes(String(one.resource.status))
