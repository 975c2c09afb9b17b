/** What a commit changes in who may claim open referrals: the versions of the records that say so (jobs/offer-record.ts). */
import { agenciesIn, OFFER } from '../jobs/offer-record.ts'
import { unrestricted } from '../records/view.ts'
import type { Commit } from '../store/store.ts'
import type { SubscriptionNeeds } from './needs.ts'

/** The agencies that may claim a referral by a commit, and those that may no longer. */
export type OfferChange = {
  /** The id of the Task. */
  readonly task: string
  readonly gained: readonly string[]
  readonly lost: readonly string[]
}

export function offerChangesOf(
  { store }: Pick<SubscriptionNeeds, 'store'>,
  { versions }: Pick<Commit, 'versions'>,
): Promise<readonly OfferChange[]> {
  const view = unrestricted(store)
  const offers = versions.filter(({ type }) => type === OFFER)
  return Promise.all(
    offers.map(async (version) => {
      const before = version.version > 1 ? agenciesIn(await view.vread(version, version.version - 1)) : []
      const after = agenciesIn(version)
      return {
        task: version.id,
        gained: after.filter((agency) => !before.includes(agency)),
        lost: before.filter((agency) => !after.includes(agency)),
      }
    }),
  )
}
