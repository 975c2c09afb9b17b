/** Commits referrals, each ServiceRequest with its Task, and answers them in a Bundle. */
import type { Calendar } from '../domain/calendar/working-days.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { DraftContext, Referral } from '../domain/referral/draft.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import { serialize } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { currentResource } from '../records/resource.ts'
import { disclosing, type View } from '../records/view.ts'
import type { Store } from '../store/store.ts'
import type { Change } from '../write/change.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'

/** What the operations that make referrals need. */
export type ReferralNeeds = WriteNeeds & {
  readonly lifecycle: Lifecycle
  /** A FHIR date as instants in the hub's time zone. */
  readonly range: ReadDate
  readonly calendar: Calendar
  newId(): string
}

/** One request: what it needs, and what its caller may know in this attempt. */
export type ReferralAttempt = { readonly needs: ReferralNeeds; readonly call: Call; readonly view: View }

/** What a draft takes from the hub: new ids, the time, and the working days of the state. */
export const draftingFor = ({ needs, call }: ReferralAttempt): DraftContext => ({
  newId: needs.newId,
  now: call.now,
  workingDaysAfter: needs.calendar.workingDaysAfter,
})

export type IdentifierToken = { readonly system: string; readonly code: string }

/** A referral that is made at most once: by this identifier it is found again. */
export type Once = { readonly referral: Referral; readonly token?: IdentifierToken }

/** All in one commit. @throws OutcomeError, and WriteConflict when another call made one of them meanwhile */
export async function commitReferrals(
  { needs, call, view }: ReferralAttempt,
  drafts: readonly Once[],
): Promise<readonly Referral[]> {
  if (drafts.length === 0) return []
  const changes = drafts.flatMap(({ referral, token }): Change[] => {
    const where = token && { op: 'token' as const, param: 'identifier', ...token }
    const unless = where && view.query({ type: 'ServiceRequest', where, limit: 1 })
    return [
      { kind: 'put', create: true, resource: referral.request, at: 'ServiceRequest', unless, numbered: true },
      { kind: 'put', create: true, resource: referral.task, at: 'Task' },
    ]
  })
  const written = await write(needs, { ...call, view }, changes)
  const stored = written.map(({ version }) => currentResource(version))
  return drafts.map((_, index) => ({
    request: stored[2 * index] as Referral['request'],
    task: stored[2 * index + 1] as Referral['task'],
  }))
}

export function referralBundle(
  { store }: { readonly store: Store },
  call: Call,
  referrals: readonly Referral[],
): Reply {
  const resources = referrals.flatMap(({ request, task }) => [request, task])
  const answer = disclosing(store, call.caller, call.now)
  for (const { resourceType: type, id } of resources) answer.disclose({ type, id })
  const entry = resources.map((resource: Resource) => ({ resource }))
  return {
    status: 200,
    text: serialize({ resourceType: 'Bundle', type: 'collection', ...(entry.length > 0 ? { entry } : {}) }),
    disclosed: answer.disclosed(),
  }
}
