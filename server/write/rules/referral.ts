/** Referrals: every write of a Task or its ServiceRequest is a step of the lifecycle, with the consent and the evidence it needs. */
import { idOf } from '../../fhir/element.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { keyText, type Key, type Resource } from '../../fhir/types.ts'
import type { Guard } from '../../store/store.ts'
import { consentCovers, newRecipients } from '../../domain/referral/consent.ts'
import { checkReferral } from '../../domain/referral/request.ts'
import { activitiesOf, checkActivity, checkFocus, focusOf } from '../../domain/referral/linked.ts'
import { outputsOf } from '../../domain/referral/task.ts'
import { checkTask } from '../../domain/referral/transition.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { PARTICIPANT } from '../../search/query.ts'
import type { PreparedChange, Rule, PendingState, RuleResult } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'
import { openTasksWhere } from '../open-tasks.ts'

export const referralRules: readonly Rule[] = [
  {
    types: ['Task'],
    check: ({ before, after }, { caller }, { lifecycle }) => ({
      issues: after ? checkTask(before, after, caller, lifecycle) : [],
    }),
  },
  {
    types: ['ServiceRequest'],
    check: ({ before, after }, { caller }) => ({ issues: after ? checkReferral(before, after, caller) : [] }),
  },
  { types: ['Task', 'ServiceRequest'], check: hasConsent },
  { types: ['Task'], check: fitsRequest },
  { types: ['Task'], check: provesService },
  { types: ['ServiceRequest'], check: leavesNoTaskOpen },
]

/** The participant agreed that each new recipient may know (hub-sr-1). */
async function hasConsent(
  { key, before, after, at }: PreparedChange,
  scene: PendingState,
  { visibility, range }: WriteNeeds,
): Promise<RuleResult> {
  const asked = after ? newRecipients(before, after) : []
  if (asked.length === 0 || !after || scene.caller.role === 'hub') return {}
  const participant = participantOf(visibility, after) ?? ''
  const consents = await scene.find('Consent', {
    op: 'reference',
    param: PARTICIPANT,
    type: 'Patient',
    id: participant,
  })
  const missing = asked.filter(
    (recipient) => !consentCovers(consents, { recipient, now: scene.now, range, purpose: 'referral' }),
  )
  const element = key.type === 'Task' ? 'owner' : 'performer'
  return { issues: missing.map((recipient) => noConsent(participant, recipient, `${at}.${element}`)) }
}

const noConsent = (participant: string, recipient: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'consent-missing',
  text:
    `No active Consent of \`Patient/${participant}\` permits \`Organization/${recipient}\` to know for the purpose of a referral; ` +
    'record the consent first, or send it in the same transaction.',
  expression,
})

/**
 * A Task fulfils a referral of the hub, of the same participant and requester, that is active when it is sent. The
 * commit holds the referral to the version that was looked at: it may be revoked meanwhile.
 */
async function fitsRequest({ before, after, at }: PreparedChange, scene: PendingState): Promise<RuleResult> {
  if (!after) return {}
  const sent = after.status === 'requested' && before?.status !== 'requested'
  if (before && !sent) return {}
  const strangers = PARTIES.filter(
    (name) => after[name] !== undefined && idOf(after[name], 'Organization') === undefined,
  )
  const id = focusOf(after)
  if (id === undefined || strangers.length > 0)
    return { issues: [...strangers, ...(id === undefined ? ['focus'] : [])].map((name) => notOfTheHub(name, at)) }
  const key = { type: 'ServiceRequest', id }
  const request = await scene.read(key)
  if (!request) return {} // the reference rule says it
  return { issues: checkFocus(before, after, request), guards: asItIs(key, request, scene) }
}

const PARTIES = ['requester', 'owner'] as const

const notOfTheHub = (name: string, at: string): Issue => ({
  severity: 'error',
  detail: 'referral-rule',
  text: `\`Task.${name}\` must refer to a record of this hub, as \`Type/<id>\`; an address elsewhere is none.`,
  expression: `${at}.${name}`,
})

/** hub-t-2: services received are shown by a service enrollment of the same participant by the owner. */
async function provesService({ before, after }: PreparedChange, scene: PendingState): Promise<RuleResult> {
  if (!after || after.status !== 'completed' || before?.status === 'completed') return {}
  const verdicts = await Promise.all(
    activitiesOf(after).map(async (id): Promise<RuleResult> => {
      const key = { type: 'Procedure', id }
      const procedure = await scene.read(key)
      if (!procedure) return {} // the reference rule says it
      return { issues: checkActivity(after, procedure), guards: asItIs(key, procedure, scene) }
    }),
  )
  return {
    issues: [
      ...outputsOf(after, 'resulting-activity')
        .filter((one) => idOf(one.valueReference, 'Procedure') === undefined)
        .map(() => notOfTheHub('output', 'Task')),
      ...verdicts.flatMap((one) => one.issues ?? []),
    ],
    guards: verdicts.flatMap((one) => one.guards ?? []),
  }
}

/** The record is still as it was looked at when the commit happens; one that the commit writes holds itself. */
function asItIs(key: Key, resource: Resource, { changes }: PendingState): readonly Guard[] {
  if (changes.some((one) => keyText(one.key) === keyText(key))) return []
  return [{ key, expect: { version: [Number(resource.meta?.versionId)] } }]
}

/** A referral that ends leaves no open Task behind: following.ts ends them, and none may come up meanwhile. */
function leavesNoTaskOpen({ key, before, after }: PreparedChange, scene: PendingState, needs: WriteNeeds): RuleResult {
  if (
    !after ||
    !before ||
    before.status === after.status ||
    !['revoked', 'entered-in-error'].includes(String(after.status))
  )
    return {}
  const ended = scene.changes.filter((one) => one.key.type === 'Task').map((one) => one.key.id)
  const where = {
    op: 'and' as const,
    of: [openTasksWhere(needs, key.id), { op: 'not' as const, of: { op: 'id' as const, ids: ended } }],
  }
  return { guards: [{ none: { type: 'Task', where, viewer: scene.viewer, limit: 1 } }] }
}
