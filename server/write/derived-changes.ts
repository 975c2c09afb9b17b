/**
 * Changes that follow from others and belong in the same commit: a revoked referral ends its open Tasks, an error is one
 * for the request and all its Tasks, and the request names the agency that has it (domain/referral/follow.ts), an
 * accepted proposal changes the participant. The hub makes them: they do not depend on what the caller may know of.
 */
import { keyText, type Resource } from '../fhir/types.ts'
import { followedRequest, followUps } from '../domain/referral/follow.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import { focusOf } from '../domain/referral/linked.ts'
import { isReferral, ownerOf, REFERRAL_CODE } from '../domain/referral/task.ts'
import type { Filter } from '../search/query.ts'
import { acceptedProposals } from './accepted-proposals.ts'
import { keyOf, type Change, type PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'

const ENDINGS = ['revoked', 'entered-in-error']

export async function derivedChanges(
  lifecycle: Lifecycle,
  context: WriteContext,
  changes: readonly PreparedChange[],
): Promise<readonly Change[]> {
  const named = new Set(changes.map((one) => keyText(one.key)))
  const tasks = await Promise.all(changes.flatMap((one) => tasksToEnd(lifecycle, context, one) ?? []))
  const requests = await requestsToFollow(lifecycle, context, changes)
  const accepted = await acceptedProposals(context, changes)
  return [...tasks.flat(), ...requests, ...accepted].filter((one) => !named.has(keyText(keyOf(one))))
}

type Put = Change & { readonly kind: 'put' }

const derived = (resource: Resource, at: string): Put => ({
  kind: 'put',
  create: false,
  resource: resource as Put['resource'],
  derived: true,
  at,
})

/** Undefined for a change that ends no request. */
function tasksToEnd(
  { terminal }: Lifecycle,
  context: WriteContext,
  { change, before }: PreparedChange,
): Promise<readonly Put[]> | undefined {
  if (!before || change.kind !== 'put' || change.resource.resourceType !== 'ServiceRequest') return undefined
  const { resource, at } = change
  if (!ENDINGS.includes(String(resource.status)) || before.status === resource.status) return undefined
  const followed = (tasks: readonly Resource[]): readonly Put[] =>
    followUps(before, resource, tasks, { now: context.now, terminal }).map((task) => derived(task, at))
  return tasksOf(context, resource.id).then(followed)
}

/** One change of each request, whichever of its Tasks moved. */
async function requestsToFollow(
  lifecycle: Lifecycle,
  context: WriteContext,
  changes: readonly PreparedChange[],
): Promise<readonly Put[]> {
  const moved = changes.filter(({ change, before }) => movesRequest(change, before))
  const byRequest = new Map<string, Put>()
  for (const { change, before, at } of moved) {
    if (change.kind !== 'put') continue
    const id = focusOf(change.resource)
    const request = id === undefined ? undefined : await context.unrestricted.resource({ type: 'ServiceRequest', id })
    if (id === undefined || !request) continue
    const others = (await tasksOf(context, id)).filter((one) => one.id !== change.resource.id)
    const pending = others.map((one) => coming(changes, one))
    const next = byRequest.get(id)?.resource ?? request
    const after = followedRequest(before, change.resource, next, { others: pending, lifecycle })
    if (after) byRequest.set(id, derived(after, at))
  }
  return [...byRequest.values()]
}

const movesRequest = (change: Change, before: Resource | undefined): boolean =>
  before !== undefined &&
  change.kind === 'put' &&
  change.resource.resourceType === 'Task' &&
  isReferral(before) &&
  (ownerOf(before) !== ownerOf(change.resource) ||
    (before.status !== change.resource.status &&
      ['entered-in-error', 'cancelled'].includes(String(change.resource.status))))

const coming = (changes: readonly PreparedChange[], task: Resource): Resource => {
  const own = changes.find(({ key, change }) => key.type === 'Task' && key.id === task.id && change.kind === 'put')
  return own?.change.kind === 'put' ? own.change.resource : task
}

/** Every Task that sends a request and is not an error, whoever may know of it. */
const tasksOf = ({ unrestricted }: WriteContext, request: string): Promise<readonly Resource[]> =>
  unrestricted.list('Task', tasksWhere(request))

const tasksWhere = (request: string): Filter => ({
  op: 'and',
  of: [
    { op: 'reference', param: 'focus', type: 'ServiceRequest', id: request },
    { op: 'token', param: 'code', ...REFERRAL_CODE },
    { op: 'not', of: { op: 'token', param: 'status', code: 'entered-in-error' } },
  ],
})
