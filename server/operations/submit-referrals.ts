/**
 * $submit-referrals: sends what the participant accepted and records what was unchecked, each proposal of an
 * assessment at most once. Defined in capability/operations.
 */
import { idOf, items } from '../fhir/element.ts'
import { OutcomeError, refuse, type Issue } from '../fhir/outcome.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { Json, JsonObject, Resource } from '../fhir/types.ts'
import { draftProposals, type Decision, type Referral } from '../domain/referral/draft.ts'
import { businessStatusOf, isReferral } from '../domain/referral/task.ts'
import type { Proposal } from '../domain/referral/propose.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { insight, type View } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { contactDays, provides } from '../domain/referral/area.ts'
import { PROPOSAL, proposalNumber } from '../domain/referral/earlier.ts'
import { aboutParticipant } from '../search/query.ts'
import { assess } from './assessment.ts'
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
import { issuesAsSent, parameterAt } from './sent-expression.ts'

type DecisionInput = {
  readonly rule: string
  readonly accept: boolean
  readonly reason?: string
  /** The agency to send it to, where the proposal names none or another is wanted. */
  readonly performer?: Json
  /** Send it without a receiver, for the agencies that may claim it. */
  readonly open?: boolean
  /** The parameter of the decision in the body. */
  readonly at: string
}

export const submitReferrals = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'submit-referrals')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      const input = (given.decision as unknown as readonly Omit<DecisionInput, 'at'>[]).map((one, nth) => ({
        ...one,
        at: parameterAt(call.body, 'decision', nth) ?? 'Parameters.parameter',
      }))
      const id = responseOf(call, given.response)
      return issuesAsSent(call, { QuestionnaireResponse: 'response' }, () =>
        retryOnConflict(async () => {
          const view = insight(needs.store, call.caller, call.now)
          return referralBundle(needs, call, await submit({ needs, call, view }, id, input))
        }),
      )
    },
  }
}

/** @throws OutcomeError `invalid-parameter` for a reference to something else */
function responseOf(call: Call, given: Json | undefined): string {
  const id = idOf(given, 'QuestionnaireResponse')
  if (id !== undefined) return id
  throw refuse('invalid-parameter', '`response` must refer to the assessment, as `QuestionnaireResponse/<id>`.', {
    expression: parameterAt(call.body, 'response'),
  })
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
  const { proposals, programs, area } = await assess(needs, view, call, form)
  const decided = decisions(proposals, input)
  const before = await Promise.all(decided.map((one) => submittedReferral(view, participant, response, one)))
  refuseOtherwise(decided, before)
  const open = sendable(decided.filter((_, index) => before[index] === undefined))
  const received = withReceivers(open, { programs, area, requester: call.caller.agency })
  const consented = await withConsents(attempt, received)
  const submission = {
    participant,
    requester: call.caller.agency,
    response: `QuestionnaireResponse/${response}`,
    decisions: consented,
  }
  const drafts = draftProposals(submission, draftingFor(attempt))
  const numbered = drafts.map((referral, index) => {
    const decision = consented[index]
    return decision ? [withNumber(referral, proposalNumber(response, decision.proposal.rule), decision.at)] : []
  })
  const made = await commitReferrals(attempt, numbered.flat())
  return [...before.flatMap((one) => one ?? []), ...made]
}

/** A decision about a proposal, by whom it is received, and where in the body it is. */
type Placed = Decision & {
  readonly at: string
  /** It was named itself, not only another of its group. */
  readonly named: boolean
  readonly performer?: Json
  readonly open?: boolean
}

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
    { expression: 'QuestionnaireResponse' },
  )
}

/** The proposals with what was decided about them; those of one group follow the one that was named. */
function decisions(proposals: readonly Proposal[], input: readonly DecisionInput[]): readonly Placed[] {
  const unknown = input.filter((one) => !proposals.some((proposal) => proposal.rule === one.rule))
  const about = (proposal: Proposal) => {
    const own = input.filter((one) => one.rule === proposal.rule)
    const group = input.filter((one) => proposal.group !== undefined && groupOf(proposals, one.rule) === proposal.group)
    return [...own, ...group.filter((one) => !own.includes(one))]
  }
  const torn = proposals.flatMap((proposal) => {
    const [first, ...others] = about(proposal)
    const other = others.find((one) => one.accept !== first?.accept)
    return other ? [{ group: proposal.group ?? proposal.rule, at: other.at }] : []
  })
  const issues = [
    ...unknown.map(({ rule, at }) =>
      issue(
        `\`${rule}\` is not proposed by this assessment; proposed are ${proposals.map((proposal) => `\`${proposal.rule}\``).join(', ') || 'none'}.`,
        at,
      ),
    ),
    ...[...new Map(torn.map((one) => [one.group, one])).values()].map(({ group, at }) =>
      issue(`\`${group}\` is one checkbox: accept or decline all of it.`, at),
    ),
  ]
  if (issues.length > 0) throw new OutcomeError(issues)
  return proposals.flatMap((proposal) => {
    const [decision] = about(proposal)
    if (!decision) return []
    const { accept: accepted, reason, performer, open, at, rule } = decision
    const named = rule === proposal.rule
    return [{ proposal, accepted, at, named, ...(reason ? { reason } : {}), ...(named ? { performer, open } : {}) }]
  })
}

const groupOf = (proposals: readonly Proposal[], rule: string): string | undefined =>
  proposals.find((one) => one.rule === rule)?.group

/** A decision is final: to answer the earlier referral would hide that the new decision had no effect. */
function refuseOtherwise(decided: readonly Placed[], before: readonly (Referral | undefined)[]): void {
  const issues = decided.flatMap(({ proposal, accepted, at }, index) => {
    const task = before[index]?.task
    if (!task || accepted !== isUnsent(task)) return []
    const name = `\`Task/${task.id}\``
    return [
      issue(
        accepted
          ? `\`${proposal.rule}\` was declined before, see ${name}; refer by \`$refer\`, or take the assessment anew.`
          : `\`${proposal.rule}\` was sent before, see ${name}; withdraw that referral instead.`,
        at,
      ),
    ]
  })
  if (issues.length > 0) throw new OutcomeError(issues)
}

const isUnsent = (task: Resource): boolean => businessStatusOf(task) === 'declined-before-send'

/** What follows a named one of its group is left out where the participant is served or referred already. */
function sendable(open: readonly Placed[]): readonly Placed[] {
  const served = open.filter((one) => one.accepted && faultOf(one) !== undefined)
  const issues = served.filter(({ named }) => named).map((one) => issue(faultOf(one) ?? '', one.at))
  if (issues.length > 0) throw new OutcomeError(issues)
  return open.filter((one) => !served.includes(one))
}

function faultOf({ proposal }: Decision): string | undefined {
  if (proposal.openReferral) return `\`${proposal.rule}\` is referred already: \`${proposal.openReferral}\` is open.`
  return proposal.alreadyServed
    ? `\`${proposal.rule}\`: the participant takes part in \`${proposal.program}\` already.`
    : undefined
}

type Receiving = { readonly programs: readonly Resource[]; readonly area?: string; readonly requester: string }

/** Nothing is sent to nobody by accident: a referral has a receiver, or its sender wants it open. */
function withReceivers(decided: readonly Placed[], receiving: Receiving): readonly Placed[] {
  const faults = decided.flatMap((one) => {
    const fault = one.accepted ? receiverFault(one, receiving) : undefined
    return fault === undefined ? [] : [issue(fault, one.at)]
  })
  if (faults.length > 0) throw new OutcomeError(faults)
  return decided.map((one) => (one.accepted ? { ...one, proposal: receivedProposal(one, receiving) } : one))
}

function receiverFault({ proposal, performer, open }: Placed, { programs, requester }: Receiving): string | undefined {
  const { rule, program, providers } = proposal
  if (performer === undefined) {
    if (open || proposal.performer) return undefined
    const names = providers.length > 0 ? ` (${providers.map((one) => `\`Organization/${one}\``).join(', ')})` : ''
    return `It is open which agency would receive \`${rule}\`: name one as \`performer\` of the decision${names}, or send it as an open referral by \`open\` \`true\`.`
  }
  if (open) return `\`${rule}\` is either sent to a \`performer\` or \`open\`; choose one.`
  const agency = idOf(performer, 'Organization')
  if (agency === requester) return `\`${agency}\` cannot refer to itself: name another agency as \`performer\`.`
  if (agency !== undefined && provides(programs, agency, program)) return undefined
  return `The \`performer\` of \`${rule}\` must be an agency that provides the program \`${program}\`, as \`Organization/<id>\`.`
}

function receivedProposal({ proposal, performer, open }: Placed, { programs, area }: Receiving): Proposal {
  const agency = idOf(performer, 'Organization')
  if (agency !== undefined) {
    const contactByDays = contactDays(programs, { agency, programs: [proposal.program], area })
    return { ...proposal, performer: agency, contactByDays }
  }
  return open ? { ...proposal, performer: undefined, contactByDays: undefined } : proposal
}

/** Each recipient needs a consent; the write path checks again, with the commit. */
async function withConsents(attempt: ReferralAttempt, open: readonly Placed[]): Promise<readonly Placed[]> {
  const recipients = open.map(({ accepted, proposal }) => (accepted ? proposal.performer : undefined))
  const consents = await coveringConsents(attempt, keyOf(attempt.call).id, recipients)
  return open.map((decision, index) => {
    const consent = consents[index]
    return consent === undefined ? decision : { ...decision, consent }
  })
}

/** The referral that an earlier call made of this proposal, if one did. */
async function submittedReferral(
  view: View,
  participant: string,
  response: string,
  { proposal, at }: Placed,
): Promise<Referral | undefined> {
  const number = proposalNumber(response, proposal.rule)
  const about = aboutParticipant(participant)
  const request = (await view.list('ServiceRequest', about)).find((one) =>
    items(one.identifier).some(({ system, value }) => system === PROPOSAL && value === number),
  )
  if (!request) return undefined
  const tasks = (await view.list('Task', about)).filter(isReferral)
  const task = tasks.find((one) => idOf(one.focus, 'ServiceRequest') === request.id)
  if (task) return { request, task }
  throw new OutcomeError([
    issue(
      `\`ServiceRequest/${request.id}\` is made of this proposal, but you may know of no Task of it; ask its requester.`,
      at,
    ),
  ])
}

function withNumber({ request, task }: Referral, code: string, at: string): Once {
  const others = (request.identifier ?? []) as readonly JsonObject[]
  return {
    referral: { request: { ...request, identifier: [...others, { system: PROPOSAL, value: code }] }, task },
    token: { system: PROPOSAL, code },
    at,
  }
}

const issue = (text: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'assessment-rule',
  text,
  expression,
})
