/**
 * A referral that is rejected or recalled leaves the consent that it was given for: its requester gets a Task that asks
 * whether the consent stands. Only consents that every agency of the circle may know of are reviewed, and none for
 * an agency that has another open referral.
 */
import { buildConsentReview, isOpenConsentReview } from '../domain/agency-task/consent-review.ts'
import { isDenial, recipientsOf } from '../domain/referral/consent.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import { businessStatusOf, isReferral, ownerOf, requesterOf, statusOf } from '../domain/referral/task.ts'
import { classesNamedIn } from '../domain/visibility/labels.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { idOf } from '../fhir/element.ts'
import { keyText, type Resource } from '../fhir/types.ts'
import type { StoredResource } from '../records/resource.ts'
import { aboutParticipant } from '../search/query.ts'
import type { Change, PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'

export type ReviewNeeds = {
  readonly lifecycle: Lifecycle
  readonly visibility: VisibilityRule
  newId(): string
}

const ENDS = ['rejected', 'cancelled']

/** `followed`: what the changes themselves end, a revoked ServiceRequest its Tasks. */
export async function consentReviews(
  needs: ReviewNeeds,
  context: WriteContext,
  changes: readonly PreparedChange[],
  followed: readonly Change[],
): Promise<readonly Change[]> {
  const ended = [...changes.flatMap((one) => endedReferral(needs.lifecycle, one)), ...followed.flatMap(recalledTask)]
  const reviews = await Promise.all(ended.map((one) => reviewsOf(needs, context, one, changes)))
  const bySource = new Map(reviews.flat().map((one) => [one.focus, one.change]))
  return [...bySource.values()]
}

type EndedReferral = { readonly task: Resource; readonly status: string; readonly at: string }
type Review = { readonly focus: string; readonly change: Change }

function endedReferral(lifecycle: Lifecycle, { change, before }: PreparedChange): readonly EndedReferral[] {
  if (change.kind !== 'put' || !before || !isReferral(before) || change.resource.resourceType !== 'Task') return []
  const wasSent = ![...lifecycle.terminal, 'draft'].includes(statusOf(before))
  const status = statusOf(change.resource)
  return wasSent && ENDS.includes(status) ? [{ task: before, status, at: change.at }] : []
}

function recalledTask(change: Change): readonly EndedReferral[] {
  if (change.kind !== 'put' || change.resource.resourceType !== 'Task' || !isReferral(change.resource)) return []
  return businessStatusOf(change.resource) === 'withdrawn'
    ? [{ task: change.resource, status: 'cancelled', at: change.at }]
    : []
}

async function reviewsOf(
  { lifecycle, visibility, newId }: ReviewNeeds,
  { unrestricted, now }: WriteContext,
  { task, status, at }: EndedReferral,
  changes: readonly PreparedChange[],
): Promise<readonly Review[]> {
  const [participant, owner, requester] = [idOf(task.for, 'Patient'), ownerOf(task), requesterOf(task)]
  if (participant === undefined || owner === undefined || requester === undefined) return []
  const [consents = [], tasks = []] = await unrestricted.listEach(['Consent', 'Task'], aboutParticipant(participant))
  const changed = new Set([...changes.map(({ key }) => keyText(key)), `Task/${String(task.id)}`])
  const others = tasks.filter((one) => !changed.has(`Task/${one.id}`))
  const goesOn = others.some(
    (one) => isReferral(one) && ownerOf(one) === owner && !lifecycle.terminal.includes(statusOf(one)),
  )
  const underReview = new Set(others.filter(isOpenConsentReview).map((one) => idOf(one.focus, 'Consent')))
  const isInForce = (consent: StoredResource): boolean =>
    consent.status === 'active' &&
    !isDenial(consent) &&
    recipientsOf(consent).includes(owner) &&
    classesNamedIn(visibility, consent).length === 0 &&
    !underReview.has(consent.id) &&
    !changed.has(`Consent/${consent.id}`)
  if (goesOn) return []
  return consents.filter(isInForce).map((consent) => {
    const text = `The referral to Organization/${owner} is ${status}. Ask the participant whether this consent stands; withdraw it where it does not.`
    const resource = buildConsentReview({ id: newId(), consent: consent.id, participant, owner: requester, text, now })
    return { focus: consent.id, change: { kind: 'put', create: true, resource, derived: 'hub', at } }
  })
}
