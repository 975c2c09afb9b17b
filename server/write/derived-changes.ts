/** Changes that follow from others and belong in the same commit: a revoked referral takes its open Tasks with it. */
import { keyText, type Resource } from '../fhir/types.ts'
import { followUps } from '../domain/referral/follow.ts'
import type { Change, WriteContext } from './change.ts'
import type { WriteNeeds } from './needs.ts'
import { openTasksOf } from './open-tasks.ts'

const ENDINGS = ['revoked', 'entered-in-error']

export async function derivedChanges(
  needs: WriteNeeds,
  writer: WriteContext,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  if (needs.rules === 'open') return []
  const named = new Set(
    changes.map((one) => (one.kind === 'put' ? `${one.resource.resourceType}/${one.resource.id}` : keyText(one.key))),
  )
  const following = await Promise.all(changes.filter(endsReferral).map((one) => tasksToEnd(needs, writer, one)))
  return following.flat().filter((one) => one.kind === 'put' && !named.has(`Task/${one.resource.id}`))
}

type Put = Change & { readonly kind: 'put' }

const endsReferral = (one: Change): one is Put =>
  one.kind === 'put' && one.resource.resourceType === 'ServiceRequest' && ENDINGS.includes(String(one.resource.status))

async function tasksToEnd(
  needs: WriteNeeds,
  { viewer, now }: WriteContext,
  { resource, at }: Put,
): Promise<readonly Change[]> {
  const stored = await needs.store.read({ type: 'ServiceRequest', id: resource.id }, viewer)
  if (!stored || stored.text === '') return []
  const before = JSON.parse(stored.text) as Resource
  const open = await openTasksOf(needs, viewer, resource.id)
  return followUps(before, resource, open, now).map((task) => ({
    kind: 'put',
    create: false,
    resource: task as Put['resource'],
    at,
  }))
}
