/** What a rule of the work between agencies is: it looks at one change and the records as they will be. */
import type { Issue } from '../../fhir/outcome.ts'
import type { Guard, NewJob, Write } from '../../store/store.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'

/**
 * What a rule answers. `guards` hold in the commit what the rule saw before it; `jobs` and `writes` (internal records
 * that follow from the change) are written with it.
 */
export type RuleResult = {
  readonly issues?: readonly Issue[]
  readonly guards?: readonly Guard[]
  readonly jobs?: readonly NewJob[]
  readonly writes?: readonly Write[]
}

/** One rule, for the types it names (`*`: every type). @throws OutcomeError what ends the write at once */
export type Rule = {
  readonly types: readonly string[]
  check(change: PreparedChange, state: PendingState): Promise<RuleResult> | RuleResult
}
