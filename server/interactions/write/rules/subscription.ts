/**
 * Subscriptions: only what the hub offers, and with the request to begin the job that greets the endpoint.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/workflow.html
 */
import { checkSubscription } from '../../../domain/subscription/check.ts'
import { parseCriteria } from '../../../domain/subscription/filter.ts'
import { topicsOf } from '../../../domain/subscription/topic.ts'
import { readWanted, type Wanted } from '../../../domain/subscription/wanted.ts'
import { OutcomeError, refuse, type Issue } from '../../../fhir/outcome.ts'
import { keyText } from '../../../fhir/types.ts'
import { EXPIRE, HANDSHAKE } from '../../../jobs/kinds.ts'
import { parse } from '../../../search/parse.ts'
import { ALL } from '../../../search/query.ts'
import type { NewJob } from '../../../store/store.ts'
import type { Changed, Rule, Scene, Verdict } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const subscriptionRules: readonly Rule[] = [
  { types: ['Subscription'], check: byOwner },
  { types: ['Subscription'], check: notTooMany },
  { types: ['Subscription'], check: offered },
]

const MOST_SUBSCRIPTIONS = 100

/** The board may turn a subscription off; everything else about it is its owner's. */
function byOwner({ key, after, stored }: Changed, { caller }: Scene): Verdict {
  if (!stored || !after || caller.role === 'hub' || stored.owner === caller.agency || after.status === 'off') return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` belongs to \`${stored.owner}\`; \`${caller.agency}\` may only turn it \`off\`.`,
  )
}

async function notTooMany({ before, after, at }: Changed, scene: Scene): Promise<Verdict> {
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

function offered({ after, at }: Changed, { caller, now }: Scene, needs: WriteNeeds): Verdict {
  if (!after || caller.role === 'hub') return {}
  const wanted = readWanted(after)
  const topics = topicsOf(needs.definitions)
  const issues = checkSubscription(wanted, { topics, loopback: needs.loopbackEndpoints }, now, at)
  if (issues.length > 0) return { issues }
  const type = topics.find((one) => one.url === wanted.topic)?.resource ?? ''
  return { issues: unreadable(needs, wanted, type, { now, at }), jobs: jobsOf(wanted, now) }
}

/** Filters whose values search cannot read. */
function unreadable(
  { definitions }: WriteNeeds,
  { filters }: Wanted,
  type: string,
  { now, at }: { now: number; at: string },
): readonly Issue[] {
  const offer = definitions.offer(type)
  if (!offer) return []
  return filters.flatMap((text, index) => {
    try {
      parse(offer, parseCriteria(text)?.params ?? [], {
        base: '',
        timeZone: 'UTC',
        now,
        sight: 'everything',
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
function jobsOf({ id, status, end }: Wanted, now: number): readonly NewJob[] {
  if (status !== 'requested') return []
  const greeting: NewJob = { kind: HANDSHAKE, key: id, due: now }
  return end === undefined ? [greeting] : [greeting, { kind: EXPIRE, key: id, due: end }]
}

const issue = (text: string, expression: string): Issue => ({
  severity: 'error',
  code: 'subscription-rule',
  text,
  expression,
})
