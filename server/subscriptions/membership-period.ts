/**
 * A membership that begins or ends by its period changes no record, so the hub writes the circle of the participant anew at
 * that instant: the commit is what the matcher makes events of (`participant-known`, `participant-lost`). The job is
 * enqueued by the matcher for each circle that has such a membership.
 */
import { MEMBERSHIP_PERIOD } from '../domain/subscription/job-kinds.ts'
import type { JobHandler } from '../jobs/worker.ts'
import { resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Commit, NewJob, Store } from '../store/store.ts'
import { CIRCLE } from '../write/circle.ts'
import { HUB } from '../write/reserved-agencies.ts'
import { membersAt, nextPeriodBound } from './access-changes.ts'
import type { SubscriptionNeeds } from './needs.ts'
import { commitUnderClaim } from './subscription-record.ts'

/** The jobs of the circles that these commits write. */
export const membershipJobs = (commits: readonly Commit[]): readonly NewJob[] =>
  commits
    .flatMap(({ versions }) => versions)
    .filter(({ type }) => type === CIRCLE)
    .flatMap((version) => {
      const due = nextPeriodBound(version, version.at)
      return due === undefined ? [] : [{ kind: MEMBERSHIP_PERIOD, key: version.id, due }]
    })

/** Whoever else writes the circle at that instant makes the events as well; then there is nothing left to write. */
export const membershipPeriod =
  ({ store, clock }: Pick<SubscriptionNeeds, 'clock'> & { readonly store: Store }): JobHandler =>
  async (job) => {
    const circle = await unrestricted(store).read({ type: CIRCLE, id: job.key })
    if (circle === undefined || circle.text === '') return { done: true }
    const now = clock.now()
    if (membersAt(circle, circle.at).join() !== membersAt(circle, now).join()) {
      const { meta: _, ...resource } = resourceOf(circle)
      const expect = { version: [circle.version] }
      const common = { kind: 'put', method: 'PUT', entries: [], audience: [], author: HUB, expect } as const
      const work = { writes: [{ ...common, resource: { ...resource, id: job.key } }], claim: job }
      if (!(await commitUnderClaim(store.commit(work)))) return { again: now }
    }
    const next = nextPeriodBound(circle, now)
    return next === undefined ? { done: true } : { again: next }
  }
