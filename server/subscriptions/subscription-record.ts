/** A subscription as it stands in the store, and how the hub itself moves its status. https://hl7.org/fhir/R4/subscription-definitions.html#Subscription.status */
import { readSpec, type SubscriptionSpec } from '../domain/subscription/spec.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'
import { CommitConflict, type Job, type NewJob, type Version } from '../store/store.ts'
import { Interrupted } from '../jobs/worker.ts'
import type { SubscriptionNeeds } from './needs.ts'

export type StoredSubscription = {
  readonly version: Version
  readonly resource: Resource
  readonly spec: SubscriptionSpec
}

/** The subscription now; undefined when it was deleted. */
export async function readSubscription(
  { store }: SubscriptionNeeds,
  id: string,
): Promise<StoredSubscription | undefined> {
  const version = await store.read({ type: 'Subscription', id }, 'unrestricted')
  if (!version || version.text === '') return undefined
  const resource = parseJson(version.text).value as Resource
  return { version, resource, spec: readSpec(resource) }
}

export type StatusChange = {
  readonly status: 'active' | 'error' | 'off'
  /** Why, as a sentence for the owner; absent: what was said before is taken away. */
  readonly error?: string
  readonly jobs?: readonly NewJob[]
  /** The job that found it out: it counts only while its lease holds. */
  readonly claim: Job
}

/**
 * Writes the next version of the subscription with this status, and the jobs that follow from it, in one commit.
 * False when its owner wrote it meanwhile: then the owner's word counts and nothing was written.
 * @throws Interrupted when the claim was lost
 */
export async function changeStatus(
  needs: SubscriptionNeeds,
  { version, resource }: StoredSubscription,
  to: StatusChange,
): Promise<boolean> {
  const { error: _before, ...rest } = resource
  const changed = {
    ...rest,
    id: version.id,
    meta: { ...resource.meta, source: 'Organization/hub' },
    status: to.status,
    ...(to.error === undefined ? {} : { error: to.error }),
  } as Resource & { readonly id: string }
  const audience = (await needs.store.indexed(version))?.audience ?? []
  const entries = needs.extract(changed)
  return commitUnderClaim(
    needs.store.commit({
      writes: [
        {
          kind: 'put',
          method: 'PUT',
          resource: changed,
          entries,
          audience,
          author: 'hub',
          expect: { version: [version.version] },
        },
      ],
      jobs: to.jobs ?? [],
      claim: to.claim,
    }),
  )
}

/**
 * A commit under a claim: true when it happened, false when a record that it wrote had moved on.
 * @throws Interrupted when the claim was lost
 */
export async function commitUnderClaim(commit: Promise<unknown>): Promise<boolean> {
  try {
    await commit
    return true
  } catch (error) {
    if (!(error instanceof CommitConflict)) throw error
    if (error.kind === 'write') return false
    throw new Interrupted('The claim was lost.')
  }
}
