/** The kinds of jobs of subscriptions. The key of each but PURGE and MEMBERSHIP_PERIOD is the id of the subscription. jobs/kinds.ts lists every kind. */

/** Sends the notifications that an endpoint has not accepted yet, in order. */
export const DELIVER = 'deliver'

/** Sends the handshake to a new endpoint. */
export const HANDSHAKE = 'handshake'

/** Sends a heartbeat to a subscription that requests it. */
export const HEARTBEAT = 'heartbeat'

/** Removes events that are older than they are kept. Its key is `events`. */
export const PURGE = 'purge-events'

/** Turns a subscription off at its end. */
export const EXPIRE = 'expire'

/** Notices that a membership of a participant's circle began or ended by its period. Its key is the id of the participant. */
export const MEMBERSHIP_PERIOD = 'membership-period'
