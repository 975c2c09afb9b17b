/** The kinds of jobs that there are. The key of each is the id of the subscription that it is about. */

/** Sends what a subscription has not been told yet, in order. */
export const DELIVER = 'deliver'

/** Asks a new endpoint whether it listens. */
export const HANDSHAKE = 'handshake'

/** Tells a subscription that has asked for it that nothing happened. */
export const HEARTBEAT = 'heartbeat'

/** Turns a subscription off at its end. */
export const EXPIRE = 'expire'
