/** The kind of the job that finds out which agencies may claim a referral; its key is the id of the Task. */
export const OFFER_REFERRAL = 'offer-referral'
