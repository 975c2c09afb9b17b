/** Referrals: every write of a Task or its ServiceRequest is a step of the lifecycle, with the consent and the evidence it needs. */
import { idOf, sameJson } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { keyText, type Caller, type Key, type Resource } from '../../fhir/types.ts'
import type { Guard } from '../../store/store.ts'
import { consentCovers, isDenied } from '../../domain/referral/consent.ts'
import { checkReferral } from '../../domain/referral/request.ts'
import { activitiesOf, checkActivity, checkFocus, focusOf } from '../../domain/referral/linked.ts'
import { isReferral, outputsOf, requesterOf } from '../../domain/referral/task.ts'
import { changesEnding } from '../../domain/referral/closed.ts'
import type { Lifecycle } from '../../domain/referral/lifecycle.ts'
import { checkTask } from '../../domain/referral/transition.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { currentResource } from '../../records/resource.ts'
import type { View } from '../../records/view.ts'
import type { Filter } from '../../search/query.ts'
import { consentsAbout } from '../consents-about.ts'
import { consentsInForce } from '../consents-in-force.ts'
import { HUB } from '../reserved-agencies.ts'
import { openTasksWhere } from '../open-tasks.ts'
import { beginsWork } from '../retired-participants.ts'
import { isDerived, isOfHub, type PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import { recipientsOf } from './referral-receiver.ts'
import type { Rule, RuleResult } from './rule.ts'

type ReferralTables = Pick<RuleTables, 'visibility' | 'range' | 'lifecycle'>

export const referralRules = (tables: ReferralTables): readonly Rule[] => [
  { types: ['Task'], check: (change, state) => keepsLifecycle(tables, change, state) },
  {
    types: ['ServiceRequest'],
    check: ({ change, before, after }, { caller }) => ({
      issues: after ? checkReferral(before, after, isDerived(change) ? HUB_ITSELF : caller) : [],
    }),
  },
  { types: ['Task', 'ServiceRequest'], check: (change, state) => hasConsent(tables, change, state) },
  { types: ['Task'], check: fitsRequest },
  { types: ['Task'], check: provesService },
  { types: ['ServiceRequest'], check: (change, state) => leavesNoTaskOpen(tables, change, state) },
]

const HUB_ITSELF: Caller = { agency: HUB, role: 'hub' }

/** A Task that follows its request is a step that the requester could take. */
async function keepsLifecycle(
  { lifecycle }: ReferralTables,
  { change, key, before, after }: PreparedChange,
  { caller, now, unrestricted }: PendingState,
): Promise<RuleResult> {
  // What the hub makes of a referral in its own name (a denial recalls it) is no step of either party.
  if (!after || isOfHub({ change }) || !isReferral(after) || (before && !isReferral(before))) return {}
  const actor: Caller = isDerived(change) ? { agency: requesterOf(after) ?? '', role: 'agency' } : caller
  const isClosed = before !== undefined && lifecycle.terminal.includes(String(before.status))
  const closed = isClosed && changesEnding(before, after) ? await closedAt(lifecycle, unrestricted, key) : undefined
  const closing = closed === undefined ? undefined : { at: closed, now }
  return { issues: checkTask(before, after, actor, { ...lifecycle, closing }) }
}

/** When the Task came into a closed status, out of which no way leads back. */
async function closedAt({ terminal }: Lifecycle, view: View, key: Key): Promise<number | undefined> {
  const { versions } = await view.history(key, { limit: Infinity })
  const closed = versions.filter((one) => terminal.includes(String(currentResource(one)?.status)))
  return closed.length > 0 ? Math.min(...closed.map(({ at }) => at)) : undefined
}

/** The participant agreed that each new recipient may know (hub-sr-1). */
async function hasConsent(
  { visibility, range }: ReferralTables,
  { change, key, before, after, stored, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  const recipients = after && !isDerived(change) ? recipientsOf(before, after, state) : []
  if (recipients.length === 0 || !after || state.caller.role === 'hub') return {}
  const participant = participantOf(visibility, after) ?? ''
  const reading = {
    visibility,
    range,
    now: state.now,
    read: async (one: Key) => (await state.read(one)) ?? state.unrestricted.resource(one),
  }
  const consents = await consentsInForce(reading, await consentsAbout({ visibility, range }, participant, state))
  const uncovered = recipients.filter(
    (recipient) => !consentCovers(consents, { recipient, now: state.now, range, purpose: 'referral' }),
  )
  // Of an agency that does not exist, the reference alone is the fault; of work that begins for a retired participant, that
  // it is retired. A referral that was sent before goes on, and is routed with a consent alone.
  const agencies = await Promise.all(uncovered.map((id) => state.read({ type: 'Organization', id })))
  const begins = uncovered.length > 0 && beginsWork({ visibility, range }, { before, after, stored })
  const isRetired = begins && (await state.read({ type: 'Patient', id: participant }))?.active === false
  const missing = isRetired ? [] : uncovered.filter((_, index) => agencies[index] !== undefined)
  const element = key.type === 'Task' ? 'owner' : 'performer'
  const instant = { now: state.now, range }
  return {
    issues: missing.map((recipient) =>
      (isDenied(consents, { recipient, ...instant }) ? denied : noConsent)(participant, recipient, `${at}.${element}`),
    ),
  }
}

const denied = (participant: string, recipient: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'consent-missing',
  text:
    `\`Patient/${participant}\` denies that \`Organization/${recipient}\` knows, which outweighs every consent; ` +
    'where the participant permits it again, lift each denial first: set every such Consent (`provision.type` `deny`) to `inactive`.',
  expression,
})

const noConsent = (participant: string, recipient: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'consent-missing',
  text:
    `No active Consent of \`Patient/${participant}\` permits \`Organization/${recipient}\` to know for the purpose of a referral; ` +
    'record the consent first, or send it in the same transaction.',
  expression,
})

/**
 * A Task fulfils a referral of the hub, of the same participant and requester, that is active when it is sent, and goes
 * to agencies of the hub, also when it is routed. The commit holds the referral to the version that was looked at: it may
 * be revoked meanwhile.
 */
async function fitsRequest({ before, after, at }: PreparedChange, state: PendingState): Promise<RuleResult> {
  if (!after || !isReferral(after)) return {}
  const others = PARTIES.filter((name) => namesNoAgency(after[name]) && !sameJson(before?.[name], after[name]))
  const sent = after.status === 'requested' && before?.status !== 'requested'
  if (before && !sent) return { issues: others.map((name) => notOfTheHub(name, at)) }
  const id = focusOf(after)
  if (id === undefined || others.length > 0)
    return { issues: [...others, ...(id === undefined ? ['focus'] : [])].map((name) => notOfTheHub(name, at)) }
  const key = { type: 'ServiceRequest', id }
  const request = await state.read(key)
  if (!request) return {} // refused by the reference check
  return { issues: checkFocus(before, after, request), guards: isUnchanged(key, request, state) }
}

const PARTIES = ['requester', 'owner'] as const

const namesNoAgency = (party: unknown): boolean => party !== undefined && idOf(party, 'Organization') === undefined

const notOfTheHub = (name: string, at: string): Issue => ({
  severity: 'error',
  detail: 'referral-rule',
  text: `\`Task.${name}\` must refer to a record of this hub, as \`Type/<id>\`; an address elsewhere is none.`,
  expression: `${at}.${name}`,
})

/** hub-t-2: services received are shown by a service enrollment of the same participant by the owner. */
async function provesService({ before, after }: PreparedChange, state: PendingState): Promise<RuleResult> {
  if (!after || !isReferral(after) || after.status !== 'completed' || before?.status === 'completed') return {}
  const results = await Promise.all(
    activitiesOf(after).map(async (id): Promise<RuleResult> => {
      const key = { type: 'Procedure', id }
      const procedure = await state.read(key)
      if (!procedure) return {} // refused by the reference check
      return { issues: checkActivity(after, procedure), guards: isUnchanged(key, procedure, state) }
    }),
  )
  return {
    issues: [
      ...outputsOf(after, 'resulting-activity')
        .filter((one) => idOf(one.valueReference, 'Procedure') === undefined)
        .map(() => notOfTheHub('output', 'Task')),
      ...results.flatMap((one) => one.issues ?? []),
    ],
    guards: results.flatMap((one) => one.guards ?? []),
  }
}

/** The commit happens only while the record is at this version; a record that the commit writes has a condition of its own. */
function isUnchanged(key: Key, resource: Resource, { changes }: PendingState): readonly Guard[] {
  if (changes.some((one) => keyText(one.key) === keyText(key))) return []
  return [{ key, expect: { version: [Number(resource.meta?.versionId)] } }]
}

/** Statuses of a request after which no Task of it is open. */
const ENDED = ['revoked', 'completed', 'entered-in-error']

/**
 * A referral that ends leaves no open Task behind: derived-changes.ts ends those of a revoked one, a completed one needs
 * them closed, and none may come up meanwhile.
 */
async function leavesNoTaskOpen(
  { lifecycle }: ReferralTables,
  { key, before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  const status = String(after?.status)
  if (!after || !before || before.status === status || !ENDED.includes(status)) return {}
  const ended = state.changes.filter((one) => one.key.type === 'Task')
  const where: Filter = {
    op: 'and',
    of: [openTasksWhere(lifecycle, key.id), { op: 'not', of: { op: 'id', ids: ended.map((one) => one.key.id) } }],
  }
  const guards = [{ none: state.unrestricted.query({ type: 'Task', where, limit: 1 }) }]
  if (status !== 'completed') return { guards }
  const open = [
    ...(await state.unrestricted.list('Task', where)),
    ...state.coming('Task', openTasksWhere(lifecycle, key.id)),
  ]
  const issues = open.slice(0, 1).map((task): Issue => ({
    severity: 'error',
    detail: 'referral-rule',
    text: `\`Task/${String(task.id)}\` of this referral is still \`${String(task.status)}\`: complete the referral when it is closed, or revoke the referral.`,
    expression: `${at}.status`,
  }))
  return { guards, issues }
}
