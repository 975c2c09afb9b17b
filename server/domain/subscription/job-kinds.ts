/** The kinds of jobs of subscriptions. The key of each is the id of the subscription. jobs/kinds.ts lists every kind. */

/** Sends the notifications that an endpoint has not accepted yet, in order. */
export const DELIVER = 'deliver'

/** Sends the handshake to a new endpoint. */
export const HANDSHAKE = 'handshake'

/** Sends a heartbeat to a subscription that requests it. */
export const HEARTBEAT = 'heartbeat'

/** Turns a subscription off at its end. */
export const EXPIRE = 'expire'
