/** The subscriptions of the hub: the matcher that makes events, and the handlers of the jobs that deliver them. */
import { DELIVER, EXPIRE, HANDSHAKE, HEARTBEAT, MEMBERSHIP_PERIOD, PURGE } from '../domain/subscription/job-kinds.ts'
import type { LogReader } from '../jobs/log-reader.ts'
import type { JobHandler } from '../jobs/worker.ts'
import { deliver } from './deliver.ts'
import { expire } from './expire.ts'
import { handshake } from './handshake.ts'
import { heartbeat } from './heartbeat.ts'
import { createMatcher } from './matcher.ts'
import { membershipPeriod } from './membership-period.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { purge } from './purge.ts'

export type Subscriptions = {
  readonly matcher: LogReader
  /** For the worker, by kind of job. */
  readonly handlers: Readonly<Record<string, JobHandler>>
}

export const createSubscriptions = (needs: SubscriptionNeeds): Subscriptions => ({
  matcher: createMatcher(needs),
  handlers: {
    [DELIVER]: deliver(needs),
    [HANDSHAKE]: handshake(needs),
    [HEARTBEAT]: heartbeat(needs),
    [EXPIRE]: expire(needs),
    [PURGE]: purge(needs),
    [MEMBERSHIP_PERIOD]: membershipPeriod(needs),
  },
})
