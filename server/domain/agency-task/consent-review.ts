/** The Task that asks an agency whether a consent of a participant stands (hub-agency-task, code `review-consent`). */
import { codeSystem, profileUrl } from '../../fhir/canonical.ts'
import { formatInstant } from '../../fhir/dates.ts'
import type { Resource } from '../../fhir/types.ts'
import { kindOf } from './agency-task.ts'

export type ConsentReview = {
  readonly id: string
  /** The ids of the Consent, its participant, and the agency that asks the participant. */
  readonly consent: string
  readonly participant: string
  readonly owner: string
  /** Why, as a sentence. */
  readonly text: string
  readonly now: number
}

export const buildConsentReview = (review: ConsentReview): Resource & { readonly id: string } => ({
  resourceType: 'Task',
  id: review.id,
  meta: { profile: [profileUrl('hub-agency-task')] },
  status: 'requested',
  intent: 'order',
  code: { coding: [{ system: codeSystem('agency-task'), code: 'review-consent' }] },
  description: review.text,
  focus: { reference: `Consent/${review.consent}` },
  for: { reference: `Patient/${review.participant}` },
  authoredOn: formatInstant(review.now),
  lastModified: formatInstant(review.now),
  owner: { reference: `Organization/${review.owner}` },
})

/** Is the Task one that asks whether a consent stands, and not answered yet? */
export const isOpenConsentReview = (task: Resource): boolean =>
  kindOf(task) === 'review-consent' && task.status === 'requested'
