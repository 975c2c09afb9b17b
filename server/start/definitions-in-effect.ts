/** The definitions as they change while the hub runs, and a validator for each state of them. */
import type { Definitions } from '../definitions/definitions.ts'
import { createLive } from '../definitions/live.ts'
import type { Means } from '../validate/fair.ts'
import type { Store } from '../store/store.ts'
import type { Validator } from '../validate/validator.ts'
import { createPostedDefinitions, type PostedDefinitions, type PostedNeeds } from '../write/posted-definitions.ts'

export type DefinitionsInEffect = {
  /** Answer by the definitions in effect at each call. */
  readonly definitions: Definitions
  readonly validator: Validator
  /** Lets the board post definitions. */
  acceptPosted(store: Store, leftOut: PostedNeeds['leftOut']): PostedDefinitions
}

export function definitionsInEffect(start: Definitions, options: Means): DefinitionsInEffect {
  const live = createLive(start)
  const validatorFor = validators(options)
  const faultOf: PostedDefinitions['faultOf'] = async (url, definitions) =>
    (await import('../validate/usable.ts')).profileFault(url, definitions)
  return {
    definitions: live.definitions,
    validator: {
      check: (resource, options) => validatorFor(live.definitions.current()).check(resource, options),
    },
    acceptPosted: (store, leftOut) => createPostedDefinitions({ store, start, live, faultOf, validatorFor, leftOut }),
  }
}

/** One validator for each state of the definitions. */
function validators(options: Means): (definitions: Definitions) => Validator {
  const made = new WeakMap<Definitions, Validator>()
  return (definitions) => {
    const validator = made.get(definitions) ?? lazyValidator(definitions, options)
    made.set(definitions, validator)
    return validator
  }
}

/** Loaded with the first resource to check: a start need not wait for it. */
function lazyValidator(definitions: Definitions, means: Means): Validator {
  let loading: Promise<Validator> | undefined
  const load = async (): Promise<Validator> =>
    (await import('../validate/fair.ts')).createFairValidator(definitions, means)
  return { check: async (resource, options) => (await (loading ??= load())).check(resource, options) }
}
