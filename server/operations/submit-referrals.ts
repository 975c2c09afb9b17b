/**
 * $submit-referrals: sends what the participant accepted and records what was unchecked, each proposal of an
 * assessment at most once. Defined in capability/operations.
 */
import { idOf, items } from '../fhir/element.ts'
import { OutcomeError, refuse, type Issue } from '../fhir/outcome.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import { draftProposals, type Decision, type Referral } from '../domain/referral/draft.ts'
import { businessStatusOf } from '../domain/referral/task.ts'
import type { Proposal } from '../domain/referral/propose.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { insight, type View } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { PROPOSAL } from '../write/rules/numbers.ts'
import { aboutParticipant, assess } from './assessment.ts'
import { coveringConsents } from './covering-consent.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import {
  commitReferrals,
  draftingFor,
  referralBundle,
  type ReferralAttempt,
  type Once,
  type ReferralNeeds,
} from './referrals.ts'

type DecisionInput = { readonly rule: string; readonly accept: boolean; readonly reason?: string }

export const submitReferrals = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'submit-referrals')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      const input = given.decision as unknown as readonly DecisionInput[]
      const id = idOf(given.response, 'QuestionnaireResponse') ?? ''
      return retryOnConflict(async () => {
        const view = insight(needs.store, call.caller, call.now)
        return referralBundle(needs, call, await submit({ needs, call, view }, id, input))
      })
    },
  }
}

async function submit(
  attempt: ReferralAttempt,
  response: string,
  input: readonly DecisionInput[],
): Promise<readonly Referral[]> {
  const { needs, call, view } = attempt
  const participant = keyOf(call).id
  const form = await formOf(view, call, response)
  // Everything about the participant that is read from here on, in one call of the view.
  await view.listEach(['Task', 'ServiceRequest', 'EpisodeOfCare', 'Consent'], aboutParticipant(participant))
  const { proposals } = await assess(needs, view, call, form)
  const decided = decisions(proposals, input)
  const before = await Promise.all(
    decided.map((one) => submittedReferral(view, participant, proposalNumber(response, one.proposal))),
  )
  refuseOtherwise(decided, before)
  const open = sendable(
    decided.filter((_, index) => before[index] === undefined),
    input,
  )
  const consented = await withConsents(attempt, open)
  const submission = {
    participant,
    requester: call.caller.agency,
    response: `QuestionnaireResponse/${response}`,
    decisions: consented,
  }
  const drafts = draftProposals(submission, draftingFor(attempt))
  const numbered = drafts.map((referral, index) => {
    const decision = consented[index]
    return decision ? [withNumber(referral, proposalNumber(response, decision.proposal))] : []
  })
  const made = await commitReferrals(attempt, numbered.flat())
  return [...before.flatMap((one) => one ?? []), ...made]
}

const proposalNumber = (response: string, { rule }: Proposal): string => `${response}.${rule}`

async function formOf(view: View, call: Call, id: string): Promise<Resource> {
  const participant = keyOf(call)
  const key = { type: 'QuestionnaireResponse', id }
  await view.readMany([participant, key])
  if (!(await view.resource(participant))) throw notFound(participant)
  const form = await view.resource(key)
  if (form && idOf(form.subject, 'Patient') === participant.id) return form
  throw refuse(
    'reference-not-found',
    `\`QuestionnaireResponse/${id}\` is no assessment of \`Patient/${participant.id}\` that you may know of.`,
    { expression: 'Parameters.parameter' },
  )
}

/** The proposals with what was decided about them; those of one group follow the one that was named. */
function decisions(proposals: readonly Proposal[], input: readonly DecisionInput[]): readonly Decision[] {
  const unknown = input.filter((one) => !proposals.some((proposal) => proposal.rule === one.rule))
  const named = (proposal: Proposal) =>
    input.filter(
      (one) =>
        one.rule === proposal.rule || (proposal.group !== undefined && groupOf(proposals, one.rule) === proposal.group),
    )
  const torn = proposals.filter((proposal) => new Set(named(proposal).map((one) => one.accept)).size > 1)
  const issues = [
    ...unknown.map((one) =>
      issue(
        `\`${one.rule}\` is not proposed by this assessment; proposed are ${proposals.map((proposal) => `\`${proposal.rule}\``).join(', ') || 'none'}.`,
      ),
    ),
    ...torn.map((one) =>
      issue(`\`${one.rule}\` belongs to \`${one.group ?? ''}\`, which is one checkbox: accept or decline all of it.`),
    ),
  ]
  if (issues.length > 0) throw new OutcomeError(issues)
  return proposals.flatMap((proposal) => {
    const [decision] = named(proposal)
    return decision
      ? [{ proposal, accepted: decision.accept, ...(decision.reason ? { reason: decision.reason } : {}) }]
      : []
  })
}

const groupOf = (proposals: readonly Proposal[], rule: string): string | undefined =>
  proposals.find((one) => one.rule === rule)?.group

/** A decision is final: to answer the earlier referral would hide that the new decision had no effect. */
function refuseOtherwise(decided: readonly Decision[], before: readonly (Referral | undefined)[]): void {
  const issues = decided.flatMap(({ proposal, accepted }, index) => {
    const task = before[index]?.task
    if (!task || accepted !== isUnsent(task)) return []
    const name = `\`Task/${task.id}\``
    return [
      issue(
        accepted
          ? `\`${proposal.rule}\` was declined before, see ${name}; refer by \`$refer\`, or take the assessment anew.`
          : `\`${proposal.rule}\` was sent before, see ${name}; withdraw that referral instead.`,
      ),
    ]
  })
  if (issues.length > 0) throw new OutcomeError(issues)
}

const isUnsent = (task: Resource): boolean => businessStatusOf(task) === 'declined-before-send'

/** What follows a named one of its group is left out where the participant is served or referred already. */
function sendable(open: readonly Decision[], input: readonly DecisionInput[]): readonly Decision[] {
  const served = open.filter((one) => one.accepted && faultOf(one) !== undefined)
  const issues = served
    .filter((one) => input.some(({ rule }) => rule === one.proposal.rule))
    .map((one) => issue(faultOf(one) ?? ''))
  if (issues.length > 0) throw new OutcomeError(issues)
  return open.filter((one) => !served.includes(one))
}

function faultOf({ proposal }: Decision): string | undefined {
  if (proposal.openReferral) return `\`${proposal.rule}\` is referred already: \`${proposal.openReferral}\` is open.`
  return proposal.alreadyServed
    ? `\`${proposal.rule}\`: the participant takes part in \`${proposal.program}\` already.`
    : undefined
}

/** Each recipient needs a consent; the write path checks again, with the commit. */
async function withConsents(attempt: ReferralAttempt, open: readonly Decision[]): Promise<readonly Decision[]> {
  const recipients = open.map(({ accepted, proposal }) => (accepted ? proposal.performer : undefined))
  const consents = await coveringConsents(attempt, keyOf(attempt.call).id, recipients)
  return open.map((decision, index) => {
    const consent = consents[index]
    return consent === undefined ? decision : { ...decision, consent }
  })
}

/** The referral that an earlier call made of this proposal, if one did. */
async function submittedReferral(view: View, participant: string, number: string): Promise<Referral | undefined> {
  const about = aboutParticipant(participant)
  const request = (await view.list('ServiceRequest', about)).find((one) =>
    items(one.identifier).some(({ system, value }) => system === PROPOSAL && value === number),
  )
  if (!request) return undefined
  const task = (await view.list('Task', about)).find((one) => idOf(one.focus, 'ServiceRequest') === request.id)
  if (task) return { request, task }
  throw refuse(
    'assessment-rule',
    `\`ServiceRequest/${request.id}\` is made of this proposal, but you may know of no Task of it; ask its requester.`,
  )
}

function withNumber({ request, task }: Referral, code: string): Once {
  const others = (request.identifier ?? []) as readonly JsonObject[]
  return {
    referral: { request: { ...request, identifier: [...others, { system: PROPOSAL, value: code }] }, task },
    token: { system: PROPOSAL, code },
  }
}

const issue = (text: string): Issue => ({
  severity: 'error',
  detail: 'assessment-rule',
  text,
  expression: 'Parameters.parameter',
})
