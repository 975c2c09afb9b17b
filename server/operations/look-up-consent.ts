/** The consent of a person to be looked up, as it comes with $match: well-formed, for the caller alone, and in force. */
import { idOf, items } from '../fhir/element.ts'
import { isError, OutcomeError, type Issue } from '../fhir/outcome.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import { consentCovers } from '../domain/referral/consent.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import type { Call } from '../interactions/call.ts'
import { insight } from '../records/view.ts'
import { validatorOf } from '../write/complete.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { unknownReferences } from '../write/references.ts'

export type LookUpConsentNeeds = Pick<WriteNeeds, 'store' | 'validator' | 'policy'> & { readonly range: ReadDate }

/** Purposes for which somebody may be looked up: those that let an agency serve the person. */
const PURPOSES = ['referral', 'case-management'] as const

/**
 * The consent without a patient, whom the hub names when it is recorded. `at`: its expression in the body. What it refers
 * to is decided here, by what the caller may know: $request-access, which records it, looks at all records.
 * @throws OutcomeError (422) with every issue
 */
export async function lookUpConsent(
  { store, validator, policy, range }: LookUpConsentNeeds,
  { caller, now }: Call,
  sent: Resource,
  at: string,
): Promise<Resource> {
  const { patient: _, id: __, ...consent } = sent
  const named = forParticipant(consent as Resource, 'unknown')
  const invalid = (await validatorOf(validator, policy.complete).check(named, { at })).filter(isError)
  if (invalid.length > 0) throw new OutcomeError(invalid)
  const [provision] = items(consent.provision)
  const recipients = items(provision?.actor).map((actor) => idOf(actor.reference, 'Organization'))
  const collector = items(consent.organization).map((one) => idOf(one, 'Organization'))
  const covers = PURPOSES.some((purpose) =>
    consentCovers([consent as Resource], { recipient: caller.agency, now, range, purpose }),
  )
  const faults: readonly (readonly [isWrong: boolean, element: string, text: string])[] = [
    [
      recipients.some((one) => one !== caller.agency),
      '.provision.actor',
      `It names another recipient than you; only \`Organization/${caller.agency}\` may be one.`,
    ],
    [
      collector.some((one) => one !== caller.agency),
      '.organization',
      `It was collected by another agency; it must be \`Organization/${caller.agency}\`.`,
    ],
    [
      items(consent.performer).some(isSomebodyElse),
      '.performer',
      'Somebody else than the person gave it: an authority is of record only with a participant, so let the agency of entry record this consent.',
    ],
    [
      provision?.class !== undefined,
      '.provision.class',
      'It names a restricted class; an agency that holds records of the class releases them, after you have access.',
    ],
  ]
  const found = faults.filter(([isWrong]) => isWrong)
  if (found.length > 0) throw new OutcomeError(found.map(([, element, text]) => issue(text, `${at}${element}`)))
  // What names somebody else does not cover the caller either: that is one fault.
  if (!covers)
    throw new OutcomeError([
      issue('It does not permit you now, for referral or case management, to know of the person.', at),
    ])
  // Those two name the caller alone, as was checked.
  const { organization: ___, provision: ____, ...rest } = consent
  const unknown = await unknownReferences(insight(store, caller, now), rest as Resource, at)
  if (unknown.length > 0) throw new OutcomeError(unknown)
  return consent as Resource
}

const isSomebodyElse = ({ reference, type }: JsonObject): boolean =>
  type === 'RelatedPerson' || /^#|RelatedPerson\//.test(String(reference ?? ''))

/** The consent as one of this participant, who has given it unless it says who has. */
export const forParticipant = (consent: Resource, participant: string): Resource => {
  const patient: JsonObject = { reference: `Patient/${participant}` }
  return { ...consent, patient, performer: consent.performer ?? [patient] }
}

const issue = (text: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'look-up-consent',
  text: `The consent to be looked up cannot be used. ${text}`,
  expression,
})
