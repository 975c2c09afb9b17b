/**
 * The validator of a running hub: the same verdict as createValidator, without blocking the event loop. Large resources
 * are checked in a worker thread, all others in time slices.
 */
import type { Definitions } from '../definitions/definitions.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import { createValidator, type RuleSet } from './create-validator.ts'
import type { WorkerThread } from './large/worker-thread.ts'
import { isLarge } from './large/size.ts'
import type { TimeSlicer } from './time-slice.ts'
import type { Validator } from './validator.ts'

export type ScheduledValidatorOptions = {
  readonly rules: RuleSet
  readonly clock?: PathClock
  readonly workerThread: WorkerThread
  readonly inTimeSlice: TimeSlicer
}

export function createScheduledValidator(
  definitions: Definitions,
  { rules, clock, workerThread, inTimeSlice }: ScheduledValidatorOptions,
): Validator {
  const inProcess = createValidator(definitions, { rules, clock })
  return {
    check: (resource, options) =>
      isLarge(resource)
        ? workerThread.check(definitions, resource, options)
        : inTimeSlice(() => inProcess.check(resource, options)),
  }
}
