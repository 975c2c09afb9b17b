/** Definitions whose types say which of their search parameters are incomplete, and the state of the index behind it. */
import type { Definitions } from '../definitions/definitions.ts'
import {
  createIndexState,
  indexDigests,
  withIndexState,
  type IndexInputs,
  type IndexState,
} from '../write/index-state.ts'

export type IndexedDefinitions = {
  readonly definitions: Definitions
  readonly state: IndexState
  /** Takes the search parameters of these definitions for the ones in effect. */
  declare(next: Definitions): void
  /** From now on called after that: a reindex may be due. */
  onDeclared(call: () => void): void
}

export function indexedDefinitions(declared: Definitions, inputs: IndexInputs): IndexedDefinitions {
  const digestsOf = ({ capabilities }: Definitions) => indexDigests(capabilities, inputs)
  const state = createIndexState(digestsOf(declared))
  let after = (): void => undefined
  return {
    definitions: withIndexState(declared, state),
    state,
    declare(next) {
      state.declare(digestsOf(next))
      after()
    },
    onDeclared(call) {
      after = call
    },
  }
}
