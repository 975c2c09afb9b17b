/** The definitions as they change while the hub runs, and a validator for each state of them. */
import type { Definitions } from '../definitions/definitions.ts'
import { createLive } from '../definitions/live.ts'
import type { Store } from '../store/store.ts'
import type { ScheduledValidatorOptions } from '../validate/scheduled-validator.ts'
import type { Validator } from '../validate/validator.ts'
import { createPostedDefinitions, type PostedDefinitions, type PostedNeeds } from '../write/posted-definitions.ts'

export type DefinitionsInEffect = {
  /** Answer by the definitions in effect at each call. */
  readonly definitions: Definitions
  readonly validator: Validator
  /** Lets the board post definitions. */
  acceptPosted(store: Store, leftOut: PostedNeeds['leftOut']): PostedDefinitions
}

/** `onExchange` is called with the definitions whenever others are in effect. */
export function definitionsInEffect(
  start: Definitions,
  options: ScheduledValidatorOptions,
  onExchange: (next: Definitions) => void,
): DefinitionsInEffect {
  const live = createLive(start, onExchange)
  const validatorFor = validators(options)
  const faultOf: PostedDefinitions['faultOf'] = async (url, definitions) =>
    (await import('../validate/check-definitions.ts')).profileError(url, definitions)
  return {
    definitions: live.definitions,
    validator: {
      check: (resource, request) => validatorFor(live.definitions.current()).check(resource, request),
    },
    acceptPosted: (store, leftOut) => createPostedDefinitions({ store, start, live, faultOf, validatorFor, leftOut }),
  }
}

/** One validator for each state of the definitions. */
function validators(options: ScheduledValidatorOptions): (definitions: Definitions) => Validator {
  const made = new WeakMap<Definitions, Validator>()
  return (definitions) => {
    const validator = made.get(definitions) ?? lazyValidator(definitions, options)
    made.set(definitions, validator)
    return validator
  }
}

/** Loaded with the first resource to check: a start need not wait for it. */
function lazyValidator(definitions: Definitions, options: ScheduledValidatorOptions): Validator {
  let loading: Promise<Validator> | undefined
  const load = async (): Promise<Validator> =>
    (await import('../validate/scheduled-validator.ts')).createScheduledValidator(definitions, options)
  return { check: async (resource, request) => (await (loading ??= load())).check(resource, request) }
}
