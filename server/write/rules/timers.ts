/** The timers of a referral are armed in the commit of the write that starts them: what is sent cannot be forgotten. */
import { armAt } from '../../domain/timer/arm.ts'
import { REFERRAL_TIMER } from '../../domain/timer/job-kind.ts'
import { checkOutputs } from '../../domain/timer/outputs.ts'
import { isReferral } from '../../domain/timer/thread.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule } from './rule.ts'

/** The job that took a step sets its own next time, so what the hub writes arms nothing. */
export const timerRules = ({ timers }: Pick<RuleTables, 'timers'>): readonly Rule[] => [
  {
    types: ['Task'],
    check({ key, before, after }, { caller, now }) {
      if (!after || !isReferral(after)) return {}
      const issues = checkOutputs(before, after, caller)
      const due = caller.role === 'hub' ? undefined : armAt(timers, { before, after, author: caller.agency, now })
      return { issues, jobs: due === undefined ? [] : [{ kind: REFERRAL_TIMER, key: key.id, due }] }
    },
  },
]
