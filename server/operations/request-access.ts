/** Patient/$request-access: records the consent to be looked up that came with a $match. Defined in capability/operations. */
import { fullUrl } from '../fhir/bundle.ts'
import { serialize } from '../fhir/json.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { Resource } from '../fhir/types.ts'
import type { ReadRange } from '../domain/referral/consent.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { currentResource } from '../records/resource.ts'
import { disclosing, unrestricted } from '../records/view.ts'
import type { Access, AccessTokens } from '../write/access-tokens.ts'
import type { Attempts } from '../write/attempts.ts'
import { commit } from '../write/commit.ts'
import { requestOf } from '../write/context.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { deniesOf } from '../write/denies.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'
import { survivorOf } from '../write/survivor.ts'
import { operationDefinition } from './define.ts'
import { forParticipant } from './look-up-consent.ts'
import type { Operation } from './operation.ts'

export type RequestAccessNeeds = WriteNeeds & {
  readonly attempts: Attempts
  readonly tokens: AccessTokens
  readonly range: ReadRange
  newId(): string
}

export const requestAccess = (needs: RequestAccessNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'request-access')
  return {
    ...definition,
    levels: ['type'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const token = String(readParameters(takes, call).token)
      return retryOnConflict(() => grant(needs, call, token))
    },
  }
}

/** The consent, the end of the token, the count and the AuditEvent in one commit; a refusal is counted and reported too. */
async function grant(needs: RequestAccessNeeds, call: Call, token: string): Promise<Reply> {
  const { store, attempts, tokens, range } = needs
  const { caller, now } = call
  const attempt = await attempts.next('look-up', call)
  const found = await tokens.read(token, { agency: caller.agency, now })
  const view = unrestricted(store)
  // The record may have been merged into another since the token was given.
  const participant = found && (await survivorOf(view, found.access.participant))
  const denies = participant && (await deniesOf(view, participant.id, { agency: caller.agency, now, range }))
  const { access, use } = found ?? {}
  if (!access || !use || !participant || participant.active === false || !denies || denies.isDenied) {
    const text = 'A token was sent that cannot be used: unknown, used, expired, of another agency, or denied since.'
    await commit(store, {
      writes: attempt.writes({ subtype: 'request-access', outcome: '4', text }),
      ...requestOf(call),
    })
    throw unusable()
  }
  const consent = consentOf(needs, access, participant.id)
  const report = attempt.writes({
    subtype: 'request-access',
    outcome: '0',
    text: 'The agency may know of the participant, by a consent to be looked up.',
    participants: [participant.id],
    consent: access.consent,
  })
  const along = { writes: [use, ...report], guards: denies.guards }
  // The caller does not know of the participant yet, so the references of the consent are checked among all records.
  const [written] = await write(needs, { ...call, view }, [consent], along)
  return replyOf(needs, call, participant.id, currentResource(written?.version))
}

const consentOf = ({ newId }: RequestAccessNeeds, { consent }: Access, participant: string) => ({
  kind: 'put' as const,
  create: true,
  granted: true as const,
  resource: { ...forParticipant(consent, participant), id: newId() },
  at: 'Consent',
})

async function replyOf(
  { store }: RequestAccessNeeds,
  call: Call,
  participant: string,
  consent: Resource | undefined,
): Promise<Reply> {
  const answer = disclosing(store, call.caller, call.now)
  const patient = await answer.resource({ type: 'Patient', id: participant })
  if (consent?.id !== undefined) answer.disclose({ type: 'Consent', id: consent.id })
  const entry = [patient, consent].flatMap((resource) =>
    resource
      ? [{ fullUrl: fullUrl(call.base, { type: resource.resourceType, id: String(resource.id) }), resource }]
      : [],
  )
  return {
    status: 200,
    text: serialize({ resourceType: 'Bundle', type: 'collection', entry }),
    disclosed: answer.disclosed(),
  }
}

/** The same for a token that never was and for one whose participant has denied the caller since. */
const unusable = () =>
  refuse(
    'not-found',
    'There is no such token that you can use: a token can be used once, within an hour, by the agency that it was given to. Call Patient/$match again.',
    { expression: 'Parameters.parameter[0]' },
  )
