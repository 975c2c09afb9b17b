/**
 * The validator of a running hub: the same verdict as createValidator, without blocking the event loop. Large resources
 * are checked in a worker thread, all others in time slices.
 */
import type { Definitions } from '../definitions/definitions.ts'
import { createValidator, type RuleSet } from './create-validator.ts'
import type { EngineOptions } from './engine.ts'
import type { WorkerThread } from './large/worker-thread.ts'
import { isLarge } from '../fhir/size.ts'
import type { TimeSlicer } from './time-slice.ts'
import type { Validator } from './validator.ts'

export type ScheduledValidatorOptions = EngineOptions & {
  readonly rules: RuleSet
  readonly workerThread: WorkerThread
  readonly inTimeSlice: TimeSlicer
}

export function createScheduledValidator(
  definitions: Definitions,
  { rules, clock, stepLimit, workerThread, inTimeSlice }: ScheduledValidatorOptions,
): Validator {
  const inProcess = createValidator(definitions, { rules, clock, stepLimit })
  return {
    check: (resource, options) =>
      isLarge(resource)
        ? workerThread.check(definitions, resource, options)
        : inTimeSlice(() => inProcess.check(resource, options)),
  }
}
