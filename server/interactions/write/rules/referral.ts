/** Referrals: every write of a Task or its ServiceRequest is a step of the lifecycle, with the consent and the evidence it needs. */
import { idOf } from '../../../fhir/element.ts'
import type { Issue } from '../../../fhir/outcome.ts'
import type { JsonObject, Resource } from '../../../fhir/types.ts'
import { consentCovers, newRecipients } from '../../../domain/referral/consent.ts'
import { checkReferral } from '../../../domain/referral/request.ts'
import { outputsOf, ownerOf } from '../../../domain/referral/task.ts'
import { checkTask } from '../../../domain/referral/transition.ts'
import { participantOf } from '../../../domain/visibility/audience.ts'
import { PARTICIPANT } from '../../../search/query.ts'
import type { Changed, Rule, Scene, Verdict } from '../change.ts'
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
  { key, before, after, at }: Changed,
  scene: Scene,
  { visibility, range }: WriteNeeds,
): Promise<Verdict> {
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
  code: 'consent-missing',
  text:
    `No active Consent of \`Patient/${participant}\` permits \`Organization/${recipient}\` to know for the purpose of a referral; ` +
    'record the consent first, or send it in the same transaction.',
  expression,
})

/** Elements of a Task that say the same as one of its ServiceRequest. */
const SAME = [
  ['for', 'subject'],
  ['requester', 'requester'],
] as const

/** A Task fulfils a referral of the same participant by the same requester. */
async function fitsRequest({ before, after, at }: Changed, scene: Scene): Promise<Verdict> {
  const id = after && !before ? idOf(after.focus, 'ServiceRequest') : undefined
  const request = id === undefined ? undefined : await scene.read({ type: 'ServiceRequest', id })
  if (!after || !request) return {}
  const differing = SAME.filter(([here, there]) => referenceIn(after, here) !== referenceIn(request, there))
  return {
    issues: differing.map(([here, there]): Issue => ({
      severity: 'error',
      code: 'referral-rule',
      text: `\`Task.${here}\` is \`${referenceIn(after, here)}\`, but the referral's \`${there}\` is \`${referenceIn(request, there)}\`; they must be the same.`,
      expression: `${at}.${here}`,
    })),
  }
}

const referenceIn = (resource: Resource, element: string): string =>
  String((resource[element] as JsonObject | undefined)?.reference)

/** hub-t-2: services received are shown by a service enrollment of the same participant by the owner. */
async function provesService({ before, after, at }: Changed, scene: Scene): Promise<Verdict> {
  if (!after || after.status !== 'completed' || before?.status === 'completed') return {}
  const shown = outputsOf(after, 'resulting-activity').flatMap((one) => idOf(one.valueReference, 'Procedure') ?? [])
  const issues = await Promise.all(shown.map((id) => notProof(id, after, scene, `${at}.output`)))
  return { issues: issues.flat() }
}

async function notProof(id: string, task: Resource, scene: Scene, expression: string): Promise<readonly Issue[]> {
  const procedure = await scene.read({ type: 'Procedure', id })
  if (!procedure) return [] // the reference rule says it
  const subject = (procedure.subject as JsonObject | undefined)?.reference
  const performers = (procedure.performer ?? []) as readonly JsonObject[]
  const faults = [
    subject === (task.for as JsonObject | undefined)?.reference ? '' : 'is about another participant',
    performers.some((one) => idOf(one.actor, 'Organization') === ownerOf(task))
      ? ''
      : `was not performed by the owner \`${ownerOf(task) ?? 'unknown'}\``,
    ['in-progress', 'completed'].includes(String(procedure.status))
      ? ''
      : `has the status \`${String(procedure.status)}\``,
  ].filter((one) => one !== '')
  return faults.map((fault) => ({
    severity: 'error',
    code: 'referral-rule',
    text: `\`Procedure/${id}\` does not show that services were received: it ${fault}.`,
    expression,
  }))
}

/** A referral that ends leaves no open Task behind: following.ts ends them, and none may come up meanwhile. */
function leavesNoTaskOpen({ key, before, after }: Changed, scene: Scene, needs: WriteNeeds): Verdict {
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
  return { guards: [{ none: { type: 'Task', where, sight: scene.sight, limit: 1 } }] }
}
