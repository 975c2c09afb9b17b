/**
 * The validator of a hub that serves many at once: the same verdict, but nobody's resource keeps the others waiting.
 * Large ones are checked in a thread of their own, the others in turns.
 */
import type { Definitions } from '../definitions/definitions.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import { createValidator, type Rules } from './create.ts'
import type { Apart } from './large/apart.ts'
import { isLarge } from './large/weight.ts'
import type { Turns } from './turns.ts'
import type { Validator } from './validator.ts'

export type Means = {
  readonly rules: Rules
  readonly clock?: PathClock
  readonly apart: Apart
  readonly inTurn: Turns
}

export function createFairValidator(definitions: Definitions, { rules, clock, apart, inTurn }: Means): Validator {
  const here = createValidator(definitions, { rules, clock })
  return {
    check: (resource, ask) =>
      isLarge(resource) ? apart.check(definitions, resource, ask) : inTurn(() => here.check(resource, ask)),
  }
}
