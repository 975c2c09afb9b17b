/**
 * Subscriptions: only what the hub offers, and with the request to begin the job of the handshake with the endpoint.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/workflow.html
 */
import { checkSubscription } from '../../domain/subscription/check.ts'
import { parseCriteria } from '../../domain/subscription/filter.ts'
import { resourcesOf, topicsOf, type Topic } from '../../domain/subscription/topic.ts'
import { headersOf, MASK, resolveHeaders } from '../../domain/subscription/secret-header.ts'
import { readSpec, type SubscriptionSpec } from '../../domain/subscription/spec.ts'
import { sameJson } from '../../fhir/element.ts'
import { OutcomeError, refuse, type Issue } from '../../fhir/outcome.ts'
import { keyText, type Resource } from '../../fhir/types.ts'
import { EXPIRE, HANDSHAKE } from '../../domain/subscription/job-kinds.ts'
import { codeSetsOf } from '../../search/code-sets.ts'
import type { SearchLimits } from '../../search/limits.ts'
import { parse } from '../../search/parse.ts'
import { ALL } from '../../search/query.ts'
import type { NewJob } from '../../store/store.ts'
import { viewerOf } from '../../records/view.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import { readWithHeaders, secretWrite } from '../subscription-secret.ts'
import type { Rule, RuleResult } from './rule.ts'

type SubscriptionTables = Pick<RuleTables, 'loopbackEndpoints' | 'subscriptionLimit' | 'searchLimits'>

export const subscriptionRules = (tables: SubscriptionTables): readonly Rule[] => [
  { types: ['Subscription'], check: byOwner },
  { types: ['Subscription'], check: (change, state) => notTooMany(tables, change, state) },
  { types: ['Subscription'], check: keepsHeaders },
  { types: ['Subscription'], check: (change, state) => isOffered(tables, change, state) },
]

/** The board may turn a subscription off; everything else about it is its owner's. */
function byOwner({ key, before, after, stored }: PreparedChange, { caller }: PendingState): RuleResult {
  if (!stored || !after || caller.role === 'hub' || stored.owner === caller.agency) return {}
  if (before && after.status === 'off' && sameBut(before, after)) return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` belongs to \`${stored.owner}\`; \`${caller.agency}\` may only turn it \`off\`, and change nothing else of it.`,
  )
}

/**
 * The values of headers go to a record of their own. A mask stands for the stored value, but never at another endpoint:
 * whoever may write the subscription could else have the secret sent to himself.
 */
async function keepsHeaders(
  { change, key, before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  const current = before ? await readWithHeaders(state.unrestricted, key.id) : undefined
  if (!after || change.kind === 'remove') return current?.stored ? { writes: [secretWrite(key.id, [])] } : {}
  const sent = headersOf(change.resource)
  if (!current && sent.length === 0) return {}
  const moved = before !== undefined && readSpec(before).endpoint !== readSpec(after).endpoint
  const { headers, missing } = resolveHeaders(sent, moved ? [] : (current?.headers ?? []))
  const issues = missing.map((index) => noValue(moved, `${at}.channel.header[${index}]`))
  if (current?.stored === true && sameJson(headers, current.headers)) return { issues }
  return { issues, writes: [secretWrite(key.id, headers)] }
}

const noValue = (moved: boolean, expression: string): Issue =>
  issue(
    `\`${MASK}\` stands for a value that the hub keeps for this header, ` +
      `${moved ? 'but the endpoint is another one' : 'but it keeps none'}. Send the value itself, or leave the header out.`,
    expression,
  )

async function notTooMany(
  { subscriptionLimit }: SubscriptionTables,
  { before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  if (before || !after || state.caller.role !== 'agency') return {}
  const own = await state.find('Subscription', ALL)
  if (own.length <= subscriptionLimit) return {}
  return {
    issues: [
      issue(
        `\`${state.caller.agency}\` has \`${subscriptionLimit}\` subscriptions already; delete one that is no longer needed.`,
        at,
      ),
    ],
  }
}

function isOffered(
  { loopbackEndpoints, searchLimits }: SubscriptionTables,
  { after, at }: PreparedChange,
  state: PendingState,
): RuleResult {
  const { caller, now, definitions } = state
  if (!after || caller.role === 'hub') return {}
  const spec = readSpec(after)
  const topics = topicsOf(definitions)
  const issues = checkSubscription(spec, { topics, loopback: loopbackEndpoints }, now, at)
  if (issues.length > 0) return { issues }
  const topic = topics.find((one) => one.url === spec.topic)
  return { issues: topic ? unreadable(state, spec, { topic, limits: searchLimits, at }) : [], jobs: jobsOf(spec, now) }
}

/** Filters whose values search cannot read. */
function unreadable(
  { definitions, caller, now }: PendingState,
  { filters }: SubscriptionSpec,
  { topic, limits, at }: { readonly topic: Topic; readonly limits: SearchLimits; readonly at: string },
): readonly Issue[] {
  return filters.flatMap((text, index) => {
    const criteria = parseCriteria(text)
    // One of no type may be about any type of the topic, all of which have its parameters.
    const capability = definitions.capability(criteria?.type ?? resourcesOf(topic)[0] ?? '')
    if (!capability) return []
    try {
      parse(capability, criteria?.params ?? [], {
        base: '',
        timeZone: 'UTC',
        now,
        codeSets: codeSetsOf(definitions.current()),
        viewer: viewerOf(caller, now),
        limits,
        handling: 'strict',
      })
      return []
    } catch (error) {
      if (error instanceof OutcomeError) return [issue(error.message, `${at}.criteria.extension[${index}]`)]
      throw error
    }
  })
}

/** The jobs that follow, in the same commit: the handshake, and the end where one is set. */
function jobsOf({ id, status, end }: SubscriptionSpec, now: number): readonly NewJob[] {
  if (status !== 'requested') return []
  const handshake: NewJob = { kind: HANDSHAKE, key: id, due: now }
  return end === undefined ? [handshake] : [handshake, { kind: EXPIRE, key: id, due: end }]
}

/** The same subscription but for its status, and for what the hub sets. */
const sameBut = (before: Resource, after: Resource): boolean => {
  const kept = ({ status: _status, meta: _meta, error: _error, ...rest }: Resource): object => rest
  return sameJson(kept(before), kept(after))
}

const issue = (text: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'subscription-rule',
  text,
  expression,
})
