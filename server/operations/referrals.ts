/** Commits referrals, each ServiceRequest with its Task, and answers them in a Bundle. */
import type { Calendar } from '../domain/calendar/working-days.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { DraftContext, Referral } from '../domain/referral/draft.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import { businessStatusOf, statusOf } from '../domain/referral/task.ts'
import { fullUrl } from '../fhir/bundle.ts'
import { serialize } from '../fhir/json.ts'
import { operationOutcome, type Issue } from '../fhir/outcome.ts'
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
export type Once = {
  readonly referral: Referral
  readonly token?: IdentifierToken
  /** Where in the request it comes from, for issues about either record. */
  readonly at?: string
}

/** All in one commit. @throws OutcomeError, and WriteConflict when another call made one of them meanwhile */
export async function commitReferrals(
  { needs, call, view }: ReferralAttempt,
  drafts: readonly Once[],
): Promise<readonly Referral[]> {
  if (drafts.length === 0) return []
  const changes = drafts.flatMap(({ referral, token, at }): Change[] => {
    const where = token && { op: 'token' as const, param: 'identifier', ...token }
    const unless = where && view.query({ type: 'ServiceRequest', where, limit: 1 })
    return [
      { kind: 'put', create: true, resource: referral.request, at: at ?? 'ServiceRequest', unless, numbered: true },
      { kind: 'put', create: true, resource: referral.task, at: at ?? 'Task' },
    ]
  })
  const written = await write(needs, { ...call, view }, changes)
  const stored = written.map(({ version }) => currentResource(version))
  return drafts.map((_, index) => ({
    request: stored[2 * index] as Referral['request'],
    task: stored[2 * index + 1] as Referral['task'],
  }))
}

/** The referrals in a Bundle, each request with its Task; of those that an earlier call made and that are closed by now an OperationOutcome says so. */
export function referralBundle(
  { store, lifecycle }: { readonly store: Store; readonly lifecycle: Pick<Lifecycle, 'terminal'> },
  call: Call,
  referrals: readonly Referral[],
): Reply {
  const resources = referrals.flatMap(({ request, task }) => [request, task])
  const answer = disclosing(store, call.caller, call.now)
  for (const { resourceType: type, id } of resources) answer.disclose({ type, id })
  const named = resources.map((resource) => {
    const { resourceType: type, id } = resource
    return { fullUrl: fullUrl(call.base, { type, id }), resource }
  })
  const entry = [...named, ...closedOutcome(lifecycle, referrals).map((resource) => ({ resource }))]
  return {
    status: 200,
    text: serialize({ resourceType: 'Bundle', type: 'collection', ...(entry.length > 0 ? { entry } : {}) }),
    disclosed: answer.disclosed(),
  }
}

/** A request that comes again long after must not take a referral that ended for one that is under way. */
function closedOutcome({ terminal }: Pick<Lifecycle, 'terminal'>, referrals: readonly Referral[]): readonly Resource[] {
  const issues = referrals
    .filter(({ task }) => terminal.includes(statusOf(task)) && businessStatusOf(task) !== UNSENT)
    .map(({ task }): Issue => ({
      severity: 'information',
      detail: 'referral-closed',
      text: `This referral was made before and is closed: \`Task/${task.id}\` is \`${statusOf(task)}\`, business status \`${businessStatusOf(task) ?? 'none'}\`. To refer again, make a new referral with \`partOf\` that Task.`,
    }))
  return issues.length > 0 ? [operationOutcome(issues)] : []
}

const UNSENT = 'declined-before-send'
