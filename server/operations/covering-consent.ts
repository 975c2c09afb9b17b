/** The consent by which a recipient may be sent a referral. */
import { consentCovers } from '../domain/referral/consent.ts'
import { unrestricted } from '../records/view.ts'
import { consentsInForce } from '../write/consents-in-force.ts'
import { aboutParticipant } from '../search/query.ts'
import type { ReferralAttempt } from './referrals.ts'

/**
 * A reference to the Consent of the participant that covers each recipient; undefined where none does (the write path
 * refuses the referral then).
 */
export async function coveringConsents(
  { needs, call, view }: ReferralAttempt,
  participant: string,
  recipients: readonly (string | undefined)[],
): Promise<readonly (string | undefined)[]> {
  if (recipients.every((one) => one === undefined)) return recipients
  const all = unrestricted(needs.store)
  const consents = await consentsInForce(
    { visibility: needs.index.visibility, range: needs.range, now: call.now, read: (key) => all.resource(key) },
    await view.list('Consent', aboutParticipant(participant)),
  )
  return recipients.map((recipient) => {
    if (recipient === undefined) return undefined
    const covers = { recipient, now: call.now, range: needs.range, purpose: 'referral' } as const
    const covering = consents.find((one) => consentCovers([one], covers))
    return covering && `Consent/${covering.id}`
  })
}
