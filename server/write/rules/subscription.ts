/**
 * Subscriptions: only what the hub offers, and with the request to begin the job that greets the endpoint.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/workflow.html
 */
import { checkSubscription } from '../../domain/subscription/check.ts'
import { parseCriteria } from '../../domain/subscription/filter.ts'
import { topicsOf } from '../../domain/subscription/topic.ts'
import { readSpec, type SubscriptionSpec } from '../../domain/subscription/spec.ts'
import { OutcomeError, refuse, type Issue } from '../../fhir/outcome.ts'
import { keyText } from '../../fhir/types.ts'
import { EXPIRE, HANDSHAKE } from '../../domain/subscription/job-kinds.ts'
import { parse } from '../../search/parse.ts'
import { ALL } from '../../search/query.ts'
import type { NewJob } from '../../store/store.ts'
import type { PreparedChange, Rule, PendingState, RuleResult } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const subscriptionRules: readonly Rule[] = [
  { types: ['Subscription'], check: byOwner },
  { types: ['Subscription'], check: notTooMany },
  { types: ['Subscription'], check: offered },
]

const MOST_SUBSCRIPTIONS = 100

/** The board may turn a subscription off; everything else about it is its owner's. */
function byOwner({ key, after, stored }: PreparedChange, { caller }: PendingState): RuleResult {
  if (!stored || !after || caller.role === 'hub' || stored.owner === caller.agency || after.status === 'off') return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` belongs to \`${stored.owner}\`; \`${caller.agency}\` may only turn it \`off\`.`,
  )
}

async function notTooMany({ before, after, at }: PreparedChange, scene: PendingState): Promise<RuleResult> {
  if (before || !after || scene.caller.role !== 'agency') return {}
  const own = await scene.find('Subscription', ALL)
  if (own.length <= MOST_SUBSCRIPTIONS) return {}
  return {
    issues: [
      issue(
        `\`${scene.caller.agency}\` has \`${MOST_SUBSCRIPTIONS}\` subscriptions already; delete one that is no longer needed.`,
        at,
      ),
    ],
  }
}

function offered({ after, at }: PreparedChange, { caller, now }: PendingState, needs: WriteNeeds): RuleResult {
  if (!after || caller.role === 'hub') return {}
  const wanted = readSpec(after)
  const topics = topicsOf(needs.definitions)
  const issues = checkSubscription(wanted, { topics, loopback: needs.loopbackEndpoints }, now, at)
  if (issues.length > 0) return { issues }
  const type = topics.find((one) => one.url === wanted.topic)?.resource ?? ''
  return { issues: unreadable(needs, wanted, type, { now, at }), jobs: jobsOf(wanted, now) }
}

/** Filters whose values search cannot read. */
function unreadable(
  { definitions }: WriteNeeds,
  { filters }: SubscriptionSpec,
  type: string,
  { now, at }: { now: number; at: string },
): readonly Issue[] {
  const offer = definitions.capability(type)
  if (!offer) return []
  return filters.flatMap((text, index) => {
    try {
      parse(offer, parseCriteria(text)?.params ?? [], {
        base: '',
        timeZone: 'UTC',
        now,
        viewer: 'unrestricted',
        handling: 'strict',
      })
      return []
    } catch (error) {
      if (error instanceof OutcomeError) return [issue(error.message, `${at}.criteria.extension[${index}]`)]
      throw error
    }
  })
}

/** What the write calls for, in the write's own commit: the greeting, and the end where one is set. */
function jobsOf({ id, status, end }: SubscriptionSpec, now: number): readonly NewJob[] {
  if (status !== 'requested') return []
  const greeting: NewJob = { kind: HANDSHAKE, key: id, due: now }
  return end === undefined ? [greeting] : [greeting, { kind: EXPIRE, key: id, due: end }]
}

const issue = (text: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'subscription-rule',
  text,
  expression,
})
