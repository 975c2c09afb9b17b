/** The kind of the job that runs the timers of one referral; its key is the id of the Task. */
export const REFERRAL_TIMER = 'referral-timer'
