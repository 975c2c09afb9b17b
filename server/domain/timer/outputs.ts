/** The outputs of a referral that tell of timers and decisions: only those write them who are named, and nobody takes them away. */
import type { Issue } from '../../fhir/outcome.ts'
import { sameJson } from '../../fhir/element.ts'
import type { Caller, Resource } from '../../fhir/types.ts'
import { outputsOf } from './thread.ts'

/** Who writes an output of this type. */
const WRITERS: Readonly<Record<string, Caller['role']>> = { warning: 'hub', escalation: 'hub', decision: 'board' }

/**
 * Whether a write leaves the outputs of the hub and of the area monitor alone. Without this an owner could settle the
 * warnings about itself. Answers `referral-rule` issues.
 */
export function checkOutputs(before: Resource | undefined, after: Resource, { role }: Caller): readonly Issue[] {
  return Object.entries(WRITERS).flatMap(([type, writer]): Issue[] => {
    const [was, is] = [outputsOf(before, type), outputsOf(after, type)]
    const kept = was.every((output) => is.some((other) => sameJson(output, other)))
    if (kept && (is.length === was.length || role === writer)) return []
    const who = writer === 'hub' ? 'the hub' : 'the board, for the area monitor,'
    return [
      {
        severity: 'error',
        detail: 'referral-rule',
        expression: 'Task.output',
        text: `Outputs \`${type}\` are written by ${who} alone, and stay; send those that the stored Task has (${was.length}) as they are.`,
      },
    ]
  })
}
