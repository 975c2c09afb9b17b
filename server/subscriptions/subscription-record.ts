/** The current Subscription record, and how the hub itself changes its status. https://hl7.org/fhir/R4/subscription-definitions.html#Subscription.status */
import { readSpec, type SubscriptionSpec } from '../domain/subscription/spec.ts'
import { OutcomeError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import { currentResource, type StoredResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { CommitConflict } from '../store/errors.ts'
import type { CursorMove, Job, NewJob, Version } from '../store/store.ts'
import { readWithHeaders } from '../write/subscription-secret.ts'
import { Interrupted } from '../jobs/worker.ts'
import type { SubscriptionNeeds } from './needs.ts'

export type StoredSubscription = {
  readonly version: Version
  readonly resource: StoredResource
  /** With the values of its headers, which the resource does not have. */
  readonly spec: SubscriptionSpec
}

/** The subscription now; undefined when it was deleted. */
export async function readSubscription(
  { store }: SubscriptionNeeds,
  id: string,
): Promise<StoredSubscription | undefined> {
  const current = await readWithHeaders(unrestricted(store), id)
  const resource = currentResource(current?.version)
  return current && resource && { ...current, resource, spec: { ...readSpec(resource), headers: current.headers } }
}

export type StatusChange = {
  readonly status: 'active' | 'error' | 'off'
  /** Why, as a sentence for the owner; absent: the sentence of a former error is removed. */
  readonly error?: string
  readonly jobs?: readonly NewJob[]
  readonly cursors?: readonly CursorMove[]
  /** The job that found it out: it counts only while its lease holds. */
  readonly claim: Job
}

/**
 * Writes the next version of the subscription with this status, through the write path of everybody, and the jobs that
 * follow from it, in one commit. False when its owner wrote it meanwhile: then the owner's version stays.
 * @throws Interrupted when the claim was lost
 */
export async function changeStatus(
  needs: SubscriptionNeeds,
  { version, resource }: StoredSubscription,
  to: StatusChange,
): Promise<boolean> {
  const { error: _before, ...rest } = resource
  const changed = { ...rest, status: to.status, ...(to.error === undefined ? {} : { error: to.error }) } as Resource
  return commitUnderClaim(
    needs.write(
      {
        kind: 'put',
        create: false,
        resource: { ...changed, id: version.id },
        ifMatch: [version.version],
        at: 'Subscription',
      },
      { claim: to.claim, jobs: to.jobs ?? [], cursors: to.cursors ?? [] },
    ),
  )
}

/**
 * A commit under a claim: true when it happened, false when a record that it writes has a newer version by now.
 * @throws Interrupted when the claim was lost
 */
export async function commitUnderClaim(commit: Promise<unknown>): Promise<boolean> {
  try {
    await commit
    return true
  } catch (error) {
    if (isNewerVersion(error)) return false
    if (!(error instanceof CommitConflict)) throw error
    if (error.kind === 'write') return false
    throw new Interrupted('The claim was lost.')
  }
}

/** The write path refuses a version that is not the current one (412), for the hub as for everybody. */
const isNewerVersion = (error: unknown): boolean =>
  error instanceof OutcomeError && error.issues.some((issue) => issue.detail === 'version-conflict')
