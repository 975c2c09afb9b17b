/** $revoke-consent: a participant no longer wants an agency to know. Defined in capability/operations. */
import { buildDenial } from '../domain/referral/denial.ts'
import { idOf, items, textOf } from '../fhir/element.ts'
import { operationOutcome, refuse } from '../fhir/outcome.ts'
import { readParameters, type Values } from '../fhir/parameters.ts'
import type { JsonObject } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { currentResource } from '../records/resource.ts'
import { disclosing, insight, unrestricted } from '../records/view.ts'
import type { Attempts } from '../write/attempts.ts'
import { commit } from '../write/commit.ts'
import { requestOf } from '../write/context.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'
import { BOARD, HUB_CALLER } from '../write/reserved-agencies.ts'
import { survivorOf } from '../write/survivor.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import type { ReferralNeeds } from './referrals.ts'
import { parameterAt } from './sent-expression.ts'

/** Withdrawals by whoever does not know the participant are counted as look-ups are. */
export type WithdrawalNeeds = ReferralNeeds & { readonly attempts: Attempts }

export const revokeConsent = (needs: WithdrawalNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'revoke-consent')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      const recipient = await recipientOf(needs, call, given)
      const source = sourceOf(call, given)
      const withdrawal = { participant: keyOf(call).id, recipients: [recipient], source }
      const isVisible = (await insight(needs.store, call.caller, call.now).resource(keyOf(call))) !== undefined
      if (isVisible) return withdraw(needs, call, withdrawal)
      if (given.signature === undefined) throw notFound(keyOf(call))
      return withdrawSigned(needs, call, withdrawal)
    },
  }
}

export type Withdrawal = {
  /** The participant's id. */
  readonly participant: string
  /** The agencies that may no longer know. */
  readonly recipients: readonly string[]
  readonly source: JsonObject
}

/** Records the denial for a caller that may know of the participant; what follows from it is part of the same commit. */
export async function withdraw(needs: ReferralNeeds, call: Call, withdrawal: Withdrawal): Promise<Reply> {
  const { caller, now } = call
  const resource = buildDenial({ ...withdrawal, id: needs.newId(), organization: caller.agency, now })
  const [written] = await retryOnConflict(() =>
    write(needs, call, [{ kind: 'put', create: true, resource, at: 'Consent' }]),
  )
  const denial = currentResource(written?.version)
  const answer = disclosing(needs.store, caller, now)
  answer.disclose({ type: 'Consent', id: resource.id })
  return { status: 200, ...(denial ? { resource: denial } : {}), disclosed: answer.disclosed() }
}

/**
 * Records it for an agency that may not know of the participant, in the name of the hub, so that neither side learns of
 * the other: the answer is the same whether or not there is such a participant. Counted, limited and reported to the
 * board, because nobody sees whether the signature is the participant's.
 * @throws OutcomeError `too-many-attempts`
 */
export async function withdrawSigned(needs: WithdrawalNeeds, call: Call, withdrawal: Withdrawal): Promise<Reply> {
  await retryOnConflict(() => withdrawOnce(needs, call, withdrawal))
  return { status: 202, resource: RECEIVED }
}

async function withdrawOnce(needs: WithdrawalNeeds, call: Call, withdrawal: Withdrawal): Promise<void> {
  const { now } = call
  const { store } = needs
  const attempt = await needs.attempts.next('look-up', call)
  const participant = (await survivorOf(unrestricted(store), withdrawal.participant))?.id
  const writes = attempt.writes({
    subtype: 'withdrawal',
    outcome: participant === undefined ? '4' : '0',
    text: `A signed withdrawal against ${withdrawal.recipients.join(', ')} came from an agency that does not know the participant.`,
    participants: participant === undefined ? [] : [participant],
  })
  if (participant === undefined) return void (await commit(store, { writes, ...requestOf(call) }))
  const resource = buildDenial({ ...withdrawal, participant, id: needs.newId(), organization: BOARD, now })
  const author = { ...call, caller: HUB_CALLER }
  await write(needs, author, [{ kind: 'put', create: true, resource, at: 'Consent' }], { writes })
}

const RECEIVED = {
  ...operationOutcome([]),
  issue: [
    {
      severity: 'information',
      code: 'informational',
      details: { text: 'The withdrawal is received. If the hub has a record of the person, it is in effect.' },
    },
  ],
}

async function recipientOf(needs: ReferralNeeds, call: Call, given: Values): Promise<string> {
  const id = idOf(given.recipient, 'Organization')
  const agency = id && (await insight(needs.store, call.caller, call.now).resource({ type: 'Organization', id }))
  if (id !== undefined && agency) return id
  throw refuse(
    'invalid-parameter',
    '`recipient` must refer to an agency of this hub, as `Organization/<id>`: the one that may no longer know.',
    { expression: parameterAt(call.body, 'recipient') },
  )
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const MOST_SIGNATURE = 100_000
const TITLE = 'Withdrawal of the participant'

/** Whatever is wrong with it is answered before anything is looked up, so that the answer tells of no participant. */
function sourceOf(call: Call, { source, signature }: Values): JsonObject {
  if (signature === undefined) return { title: textOf(source) ?? TITLE }
  const [signed] = items(signature)
  const [when, data = ''] = [textOf(signed?.when), textOf(signed?.data)]
  if (when !== undefined && data !== '' && data.length <= MOST_SIGNATURE && BASE64.test(data))
    return { contentType: 'application/octet-stream', data, title: TITLE }
  throw refuse(
    'invalid-parameter',
    '`signature` needs `when` and `data`: the signature of the participant, in base64, of at most 100,000 characters.',
    { expression: parameterAt(call.body, 'signature') },
  )
}
