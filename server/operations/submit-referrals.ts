/**
 * $submit-referrals: sends what the participant accepted and records what was unchecked, each proposal of an
 * assessment at most once. Defined in capability/operations.
 */
import { idOf } from '../fhir/element.ts'
import { OutcomeError, refuse, type Issue } from '../fhir/outcome.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Calendar } from '../domain/calendar/working-days.ts'
import { consentCovers } from '../domain/referral/consent.ts'
import { draftProposals, type Decision, type Referral } from '../domain/referral/draft.ts'
import { businessStatusOf } from '../domain/referral/task.ts'
import type { Proposal } from '../domain/referral/propose.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { retryOnConflict } from '../write/pipeline.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { PROPOSAL } from '../write/rules/numbers.ts'
import { PARTICIPANT } from '../search/query.ts'
import { assess, readCurrent, findAll } from './assessment.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { commitReferrals, numberedReferral, referralBundle, type Once } from './referrals.ts'

export type SubmitNeeds = WriteNeeds & { newId(): string; readonly calendar: Calendar }
type DecisionInput = { readonly rule: string; readonly accept: boolean; readonly reason?: string }

export const submitReferrals = (needs: SubmitNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'submit-referrals')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      const asked = given.decision as unknown as readonly DecisionInput[]
      const id = idOf(given.response, 'QuestionnaireResponse') ?? ''
      return retryOnConflict(async () => referralBundle(await submit(needs, call, id, asked)))
    },
  }
}

async function submit(
  needs: SubmitNeeds,
  call: Call,
  response: string,
  asked: readonly DecisionInput[],
): Promise<readonly Referral[]> {
  const form = await formOf(needs, call, response)
  const { proposals } = await assess(needs, call, form)
  const decided = decisions(proposals, asked)
  const before = await Promise.all(decided.map((one) => already(needs, call, response, one.proposal.rule)))
  refuseOtherwise(decided, before)
  const open = sendable(
    decided.filter((_, index) => before[index] === undefined),
    asked,
  )
  const consented = await withConsents(needs, call, open)
  const submission = {
    participant: keyOf(call).id,
    requester: call.caller.agency,
    response: `QuestionnaireResponse/${response}`,
    decisions: consented,
  }
  const drafts = draftProposals(submission, {
    newId: needs.newId,
    now: call.now,
    workingDaysAfter: needs.calendar.workingDaysAfter,
  })
  const marked = drafts.map((referral, index) =>
    marking(referral, `${response}.${consented[index]?.proposal.rule ?? ''}`),
  )
  const made = await commitReferrals(needs, call, marked)
  return [...before.flatMap((one) => one ?? []), ...made]
}

async function formOf(needs: WriteNeeds, call: Call, id: string): Promise<Resource> {
  const participant = keyOf(call)
  if (!(await readCurrent(needs, call, 'Patient', participant.id))) throw notFound(participant)
  const form = await readCurrent(needs, call, 'QuestionnaireResponse', id)
  if (form && idOf(form.subject, 'Patient') === participant.id) return form
  throw refuse(
    'reference-not-found',
    `\`QuestionnaireResponse/${id}\` is no assessment of \`Patient/${participant.id}\` that you may know of.`,
    { expression: 'Parameters.parameter' },
  )
}

/** The proposals with what was decided about them; those of one group follow the one that was named. */
function decisions(proposals: readonly Proposal[], asked: readonly DecisionInput[]): readonly Decision[] {
  const unknown = asked.filter((one) => !proposals.some((proposal) => proposal.rule === one.rule))
  const named = (proposal: Proposal) =>
    asked.filter(
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

/** What was decided stays decided: an answer with the old referral would hide that nothing follows from the new word. */
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
function sendable(open: readonly Decision[], asked: readonly DecisionInput[]): readonly Decision[] {
  const served = open.filter((one) => one.accepted && faultOf(one) !== undefined)
  const issues = served
    .filter((one) => asked.some(({ rule }) => rule === one.proposal.rule))
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
async function withConsents(needs: WriteNeeds, call: Call, open: readonly Decision[]): Promise<readonly Decision[]> {
  const consents = await findAll(needs, call, 'Consent', {
    op: 'reference',
    param: PARTICIPANT,
    type: 'Patient',
    id: keyOf(call).id,
  })
  return open.map((decision) => {
    const recipient = decision.proposal.performer
    if (!decision.accepted || recipient === undefined) return decision
    const covering = consents.find((one) =>
      consentCovers([one], { recipient, now: call.now, range: needs.range, purpose: 'referral' }),
    )
    return covering ? { ...decision, consent: `Consent/${covering.id ?? ''}` } : decision
  })
}

/** The referral that an earlier call made of this proposal, if one did. */
async function already(needs: WriteNeeds, call: Call, response: string, rule: string): Promise<Referral | undefined> {
  const made = await numberedReferral(needs, call, { system: PROPOSAL, code: `${response}.${rule}` })
  if (!made) return undefined
  const { request, task } = made
  if (task) return { request, task }
  throw refuse(
    'assessment-rule',
    `\`ServiceRequest/${request.id}\` is made of this proposal, but you may know of no Task of it; ask its requester.`,
  )
}

function marking({ request, task }: Referral, code: string): Once {
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
